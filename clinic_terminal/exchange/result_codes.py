"""The codes of results: our own (`SHK-…`), one for each error of the catalogues, with the catalogue's sentences."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.console.notices import renewal_notice, retry_notice
from eligibility_api.contract.eligibility import CertificateRenewal
from eligibility_api.contract.errors import ShikakuError

PREFIX = "SHK-"


class Level(StrEnum):
    """What a code is about; see the head of `result_codes.toml`."""

    REMARK = "remark"
    MESSAGE = "message"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class ResultCode:
    """A code and its level."""

    number: str
    level: Level


@dataclass(frozen=True, slots=True)
class Notice:
    """A code with its sentence, as a result carries them."""

    code: ResultCode
    text: Bilingual

    @property
    def concerns_person(self) -> bool:
        """Whether one person is refused; otherwise the whole message failed."""
        return self.code.level is Level.PERSON


def _read() -> dict[str, ResultCode]:
    data = tomllib.loads(files(__package__).joinpath("result_codes.toml").read_text(encoding="utf-8"))
    return {
        code: ResultCode(number, Level(level))
        for level, rows in data.items()
        for code, number in rows.items()
    }


RESULT_CODES: Mapping[str, ResultCode] = _read()
"""The codes of results by the catalogues' codes, and those of remarks."""


def notice_of(error: ShikakuError) -> Notice:
    """The code and sentence of an error; with the seconds to wait, where they are known."""
    text = Bilingual(error.entry.ja, error.entry.en)
    if error.retry_after is not None:
        when = retry_notice(error.retry_after)
        text = Bilingual(f"{text.ja}{when.ja}。", f"{text.en} {when.en}.")
    return Notice(RESULT_CODES[error.code], text)


def remark_of(renewal: CertificateRenewal) -> Notice:
    """The remark on a successful answer by a card whose certificate has expired, or expires soon."""
    return Notice(RESULT_CODES[f"certificate-{renewal.status}"], renewal_notice(renewal))
