"""Code tables of messages: enumerations that the fund's interface does not have, and all tables as data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files


class LimitConsent(StrEnum):
    """限度額適用認定証提供同意 (OQSCD001)."""

    NOT_GIVEN = "0"
    GIVEN = "1"


class ReferenceClassification(StrEnum):
    """照会区分 (OQSCD002)."""

    CARD = "1"
    CERTIFICATE = "2"


class SegmentOfResult(StrEnum):
    """処理結果区分 (OQSCD003)."""

    DONE = "1"
    PROCESSING = "2"
    FAILED = "9"


class ProcessingResultStatus(StrEnum):
    """処理結果状況 (OQSCD004), of one person."""

    DONE = "1"
    ERROR = "2"


class CharacterCode(StrEnum):
    """文字コード識別 (OQSCD005)."""

    UTF_8 = "0"
    SHIFT_JIS = "1"


class LimitCertificateChange(StrEnum):
    """限度額適用認定証情報の変更 (OQSCD014)."""

    UNCHANGED = "0"
    CHANGED_OR_UNKNOWN = "1"


class Preschool(StrEnum):
    """未就学区分 (OQSCD015)."""

    PRESCHOOL = "1"


class ConsentFlag(StrEnum):
    """同意区分 (OQSCD016)."""

    NOT_GIVEN = "0"
    GIVEN = "1"
    EXPIRED = "2"
    NOT_OBTAINABLE = "3"
    """同意取得困難."""


class PrescriptionForm(StrEnum):
    """処方箋発行形態 (OQSCD017)."""

    ELECTRONIC = "1"
    PAPER = "2"


class Applies(StrEnum):
    """あり・なし: 社会保険 (OQSCD021), 感染症法第37条の2 (023), 後期高齢者医療 (024), 都道府県費 (025)."""

    YES = "01"
    NO = "02"


class Consistency(StrEnum):
    """整合性 (OQSCD022)."""

    INCONSISTENT = "1"


class DesignatedInstitution(StrEnum):
    """指定医療機関確認 (OQSCD026): whether the ticket is the asking institution's."""

    SAME = "0"
    OTHER = "1"


class FileCategory(StrEnum):
    """The form of a history's result; no code table (OQS 7.1)."""

    PDF = "1"
    XML = "2"
    MEDICINES_AND_TREATMENT_PDF = "3"
    MEDICINES_AND_TREATMENT_XML = "4"


@dataclass(frozen=True, slots=True)
class CodeTable:
    """One code table: its code, Japanese name, and the Japanese meaning of each value."""

    code: str
    name: str
    values: Mapping[str, str]


def _tables() -> dict[str, CodeTable]:
    text = files(__package__).joinpath("code_tables.toml").read_text(encoding="utf-8")
    return {code: CodeTable(code, **table) for code, table in tomllib.loads(text).items()}


CODE_TABLES: Mapping[str, CodeTable] = _tables()
"""Every table by its code, OQSCD001 to OQSCD044."""
