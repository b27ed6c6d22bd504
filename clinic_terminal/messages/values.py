"""Types of the values of elements: length, form and canonical value, checked before any other code sees the text.

Lengths follow the number rules of the interface (OQS 12); where none is public, the fund's own limits hold. Read
are the texts of messages; a Python value of the type (a date, a number) is taken as it is.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from clinic_terminal.clock import JAPAN
from clinic_terminal.messages.characters import MAX_HALF_WIDTH_LENGTH, half_width_kana, wide_spaces
from clinic_terminal.messages.elements import ValueFormat
from eligibility_api.contract import wire
from eligibility_api.contract.bounds import MAX_TEXT_LENGTH, before
from eligibility_api.contract.days import EARLIEST_DAY

_DAY = re.compile(r"[0-9]{8}")
_INSTANT = re.compile(r"[0-9]{14}")
_INSURER_NUMBER = re.compile(r" {0,2}([0-9]{6}|[0-9]{8})")
_INTEGER = re.compile(r"[0-9]{1,9}")

MAX_SHORT_TEXT_LENGTH = 100
"""Characters of a text whose length is not public: identifiers that a clinic's software chooses, own codes."""


def _day(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not _DAY.fullmatch(value):
        raise PydanticCustomError("day", "a day, YYYYMMDD")
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        raise PydanticCustomError("day", "a day that exists, YYYYMMDD") from None


def _instant(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not _INSTANT.fullmatch(value):
        raise PydanticCustomError("instant", "an instant, YYYYMMDDhhmmss")
    try:
        return datetime.strptime(value, "%Y%m%d%H%M%S").replace(tzinfo=JAPAN)
    except ValueError:
        raise PydanticCustomError("instant", "an instant that exists, YYYYMMDDhhmmss") from None


def _not_too_early(value: date) -> date:
    """A year of fewer than four digits would not be written as it was read, and has no day a month before its first."""
    if value < EARLIEST_DAY:
        raise PydanticCustomError("day", "a day of 1868 or later")
    return value


def _in_japan(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise PydanticCustomError("instant", "an instant with its time zone")
    if value.year < EARLIEST_DAY.year:
        raise PydanticCustomError("instant", "an instant of 1868 or later")
    return value.astimezone(JAPAN).replace(microsecond=0)


def _integer(value: object) -> object:
    if isinstance(value, str):
        if not _INTEGER.fullmatch(value):
            raise PydanticCustomError("integer", "a number of at most nine digits")
        return int(value)
    if isinstance(value, bool):
        raise PydanticCustomError("integer", "a number of at most nine digits")
    return value


def _insurer_number(value: object) -> object:
    """Six or eight digits, of a text that may be filled up to eight with spaces or zeros: no law and no prefecture
    is 00.
    """
    if not isinstance(value, str):
        return value
    found = _INSURER_NUMBER.fullmatch(value)
    if not found:
        raise PydanticCustomError("insurer_number", "six or eight digits, filled up to eight on the left")
    digits = found[1]
    return digits[2:] if len(digits) == 8 and digits.startswith("00") else digits


def _not_blank(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("blank", "more than spaces")
    return value


Day = Annotated[date, before(8, _day, fault="day"), AfterValidator(_not_too_early), ValueFormat("YYYYMMDD")]
"""A day."""

Instant = Annotated[
    datetime,
    before(14, _instant, fault="instant"),
    AfterValidator(_in_japan),
    ValueFormat("YYYYMMDDhhmmss"),
]
"""An instant: aware in Python, with Japan's time on the wire; to the second."""

Month = Annotated[
    str,
    StringConstraints(pattern=r"^[1-9][0-9]{3}(0[1-9]|1[0-2])$", max_length=6),
    ValueFormat("YYYYMM"),
]
"""A month, as its six digits."""

InsurerNumber = Annotated[
    str,
    before(8, _insurer_number, fault="insurer_number"),
    ValueFormat("8 characters, left padding", width=8),
]
"""保険者番号: six or eight digits in Python; eight characters on the wire, filled up on the left.

Files fill up with spaces, the web face with zeros; read are both. The check digit is verified by the fund.
"""

InstitutionCode = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{10}$", max_length=10), ValueFormat("10 digits")
]
"""医療機関コード. Public samples carry wrong check digits: not verified here."""

MembershipText = Annotated[wire.MembershipText, ValueFormat("≤ 20 characters")]
"""記号 or 番号 as written; never a My Number."""

BranchNumber = Annotated[wire.BranchNumber, ValueFormat("2 digits")]
"""枝番."""

PostalCode = Annotated[wire.PostalCode, ValueFormat("123-4567")]
"""郵便番号."""

Ratio = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{3}$", max_length=3), ValueFormat("3 digits, percent")
]
"""A share that the patient pays: `020`."""

Yen = Annotated[int, before(9, _integer, fault="integer"), Field(ge=0, le=999_999_999), ValueFormat("yen")]
"""An amount of money."""

Count = Annotated[
    int, before(9, _integer, fault="integer"), Field(ge=0, le=999_999_999), ValueFormat("number")
]
"""A number of things."""

ShortText = Annotated[
    wire.Text,
    StringConstraints(min_length=1, max_length=MAX_SHORT_TEXT_LENGTH),
    AfterValidator(_not_blank),
    ValueFormat(f"text, ≤ {MAX_SHORT_TEXT_LENGTH}"),
]
"""A text of up to 100 characters."""

LongText = Annotated[
    wire.Text,
    StringConstraints(min_length=1, max_length=MAX_TEXT_LENGTH),
    AfterValidator(_not_blank),
    ValueFormat(f"text, ≤ {MAX_TEXT_LENGTH}"),
]
"""A text of up to 200 characters: names of institutions and medicines, sentences."""

ReferenceNumber = Annotated[
    wire.Text,
    StringConstraints(min_length=1, max_length=50),
    AfterValidator(_not_blank),
    ValueFormat("text, ≤ 50"),
]
"""照会番号: the facility's own number for a person."""

Name = Annotated[LongText, AfterValidator(wide_spaces), ValueFormat(f"name, ≤ {MAX_TEXT_LENGTH}")]
"""A name in kanji, as insurers write it; its parts are separated by a full-width space."""

KanaName = Annotated[
    wire.Text,
    StringConstraints(min_length=1, max_length=MAX_HALF_WIDTH_LENGTH),
    AfterValidator(half_width_kana),
    AfterValidator(_not_blank),
    ValueFormat("half-width kana"),
]
"""A reading in half-width kana with half-width spaces. Other kana are converted."""

ItemCode = Annotated[
    wire.Text,
    StringConstraints(min_length=1, max_length=20),
    AfterValidator(_not_blank),
    ValueFormat("text, ≤ 20"),
]
"""A code or a quantity of up to 20 characters, as the fund has it: codes of medicines, items, units."""
