"""Reader of the drug master (医薬品マスター, `y` CSV): a file in the real column order (OQS 13.4).

CP932 or UTF-8, with or without quotes. Only the columns needed for a history are read, of at least 35; later
editions append more. A master with a fault is not loaded: a partial master would leave drugs without names.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

COLUMNS = 35
"""The minimum number of columns of a row."""

MAX_FAULTS = 100
"""The maximum number of faults reported."""

ERASED = "1"
"""変更区分 of a drug that was entered by mistake.

An abolished one (9, 廃止) keeps its name: claims go five years back.
"""

_CHANGES = {"0", ERASED, "3", "5", "9"}
"""変更区分: unchanged, 抹消, 新規, 変更, 廃止."""

_GENERIC = {"0": False, "1": True}
_DAY = re.compile(r"(\d{8})?")
_PRICE_LIST_CODE = re.compile(r"([0-9A-Z]{12})?")


class MasterDrug(NamedTuple):
    """The stored values of a row."""

    drug_code: str
    name: str
    unit_code: str | None
    unit: str | None
    generic: bool
    price_list_code: str | None


@dataclass(frozen=True, slots=True)
class Master:
    """A master: the drugs that it names, and the codes that it erases."""

    drugs: list[MasterDrug]
    erased: list[str]


class MasterFaults(ValueError):
    """The faults of a master: for each its line, from 1, and the column or rule."""

    def __init__(self, faults: list[tuple[int, str]]) -> None:
        self.faults = faults
        super().__init__(f"{len(faults)} faults")


def read_master(content: bytes) -> Master:
    """The drugs of a master. Raises MasterFaults for the first hundred faulty lines."""
    drugs: dict[str, MasterDrug] = {}
    erased: list[str] = []
    faults: list[tuple[int, str]] = []
    for line, row in _rows(_text(content)):
        fault = _fault(row) or ("医薬品コード: twice" if row[2] in drugs else None)
        if fault is not None:
            faults.append((line, fault))
            if len(faults) == MAX_FAULTS:
                break
        elif row[0] == ERASED:
            erased.append(row[2])
        else:
            drugs[row[2]] = _drug(row)
    if not (drugs or erased or faults):
        faults.append((1, "empty"))
    if faults:
        raise MasterFaults(faults)
    return Master(list(drugs.values()), erased)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with its line. Raises MasterFaults if the text is not CSV."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    if "\0" in text:
        raise MasterFaults([(1, "no line of a table")])
    try:
        for row in rows:
            yield rows.line_num, row
    except csv.Error as error:
        raise MasterFaults([(rows.line_num or 1, "no line of a table")]) from error


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.removesuffix(b"\x1a").decode(encoding)
        except UnicodeDecodeError:
            continue
    raise MasterFaults([(1, "neither UTF-8 nor CP932")])


def _fault(row: list[str]) -> str | None:
    """The first faulty column of a row; None if the row is valid."""
    if len(row) < COLUMNS:
        return f"{len(row)} columns, not {COLUMNS}"
    rules = (
        ("変更区分", row[0] in _CHANGES),
        ("マスター種別", row[1] == "Y"),
        ("医薬品コード", re.fullmatch(r"\d{9}", row[2], re.ASCII)),
        ("漢字名称", row[4].strip()),
        ("単位コード", re.fullmatch(r"\d{0,3}", row[7], re.ASCII)),
        ("後発品", row[16] in _GENERIC),
        ("廃止年月日", _DAY.fullmatch(row[30])),
        ("薬価基準収載医薬品コード", _PRICE_LIST_CODE.fullmatch(row[31].strip())),
    )
    return next((name for name, valid in rules if not valid), None)


def _drug(row: list[str]) -> MasterDrug:
    return MasterDrug(
        drug_code=row[2],
        name=row[4].strip(),
        unit_code=row[7] or None,
        unit=row[9].strip() or None,
        generic=_GENERIC[row[16]],
        price_list_code=row[31].strip() or None,
    )
