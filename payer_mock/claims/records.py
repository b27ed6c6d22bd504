"""Records of a claim file: their letters, number of fields (OQS 13.2, 13.3), and text encoding."""

from __future__ import annotations

import codecs
from datetime import date

ENCODING = "cp932"
LINE_END = b"\r\n"
END_OF_FILE = b"\x1a"

FILLER = "●"
"""Replaces a character that the encoding does not have, as institutions' programs do."""

MEDICAL_FIELDS = {
    "IR": 9, "RE": 37, "HO": 14, "KO": 11, "SN": 8, "SY": 7, "SI": 43, "IY": 43, "TO": 47, "CO": 4, "SJ": 2, "GO": 3,
}  # fmt: skip
"""Fields of a medical claim's records, the letters not counted."""

PHARMACY_FIELDS = {
    "YK": 8, "RE": 41, "HO": 13, "KO": 9, "SN": 8, "JD": 32, "MF": 32, "SH": 9, "CZ": 70, "IY": 9, "TO": 6, "CO": 2,
    "TK": 2, "KI": 113, "ST": 15, "GO": 3,
}  # fmt: skip
"""The same for a pharmacy's claim."""

MAX_NAME_BYTES = 40
"""Maximum of a person's, an institution's or a disease's name."""

Values = str | int | None


def record(letters: str, fields: int, *values: Values) -> str:
    """A record of `fields` fields, of which `values` are the first; the others are empty."""
    written = ["" if value is None else str(value) for value in values]
    return ",".join((letters, *written)) + "," * (fields - len(written))


def compact(day: date) -> str:
    """A day as YYYYMMDD."""
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def encode(text: str) -> bytes:
    """Encode a text; characters that the encoding does not have become fillers."""
    return text.encode(ENCODING, _WITH_FILLER)


def truncated(text: str, max_bytes: int) -> str:
    """The longest prefix of a text that takes at most `max_bytes` bytes."""
    while len(encode(text)) > max_bytes:
        text = text[:-1]
    return text


def _filled(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return FILLER * (error.end - error.start), error.end


_WITH_FILLER = "payer_mock.filler"
codecs.register_error(_WITH_FILLER, _filled)
