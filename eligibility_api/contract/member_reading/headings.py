"""Reads the heading row: which column each cell belongs to, by our names or by those that clerks use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from eligibility_api.contract.bounds import MAX_TEXT_LENGTH, normalized
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.member_columns import COLUMN_TEXTS
from eligibility_api.contract.member_file import MEMBER_COLUMNS, REQUIRED_COLUMNS

MAX_COLUMNS = 500
"""Columns of a file, those included that are passed over."""

_MAX_SHOWN = 40
_DROPPED = re.compile(r"[\s()\[\]【】「」・･_/\-]")
_DIGITS = re.compile(r"[0-9]{4}")


class HeadingError(ShikakuError):
    """`file-header`: the first row is not that of a member file. Names our columns only, nothing of the file."""

    def __init__(self, missing: Sequence[str] = (), repeated: Sequence[str] = ()) -> None:
        super().__init__("file-header", missing=list(missing), repeated=list(repeated))
        self.missing = tuple(missing)
        """Required columns that the file lacks."""
        self.repeated = tuple(repeated)
        """Columns that several of its headings name."""


@dataclass(frozen=True, slots=True)
class UnknownColumn:
    """A column that no member file has: its place (from 0), and its heading as far as it is shown."""

    place: int
    heading: str

    @property
    def letters(self) -> str:
        """The column's letters in a spreadsheet: A to Z, AA and so on."""
        letters, rest = "", self.place + 1
        while rest:
            rest, letter = divmod(rest - 1, len(ascii_uppercase))
            letters = ascii_uppercase[letter] + letters
        return letters


@dataclass(frozen=True, slots=True)
class Headings:
    """The columns of a file in their order; None for one that is passed over."""

    columns: tuple[str | None, ...]
    unknown: tuple[UnknownColumn, ...] = ()


def _folded(heading: str) -> str:
    """A heading for comparison: width, case, spaces, brackets and middle dots do not matter."""
    if len(heading) > MAX_TEXT_LENGTH:
        return ""
    narrow = normalized("NFKC", heading, max_length=MAX_TEXT_LENGTH)
    return _DROPPED.sub("", narrow).casefold()


_COLUMNS = {
    _folded(heading): column
    for column, texts in COLUMN_TEXTS.items()
    for heading in (column, texts.ja, texts.en, *texts.headings)
}


def column_of(heading: str) -> str | None:
    """The column that a heading names, in our words or the clerks'; None if no member file has it."""
    return _COLUMNS.get(_folded(heading))


def read_headings(cells: Sequence[str]) -> Headings:
    """The columns that a file's first row names.

    Raises HeadingError if a required one is missing, one is named twice, or there are too many.
    """
    if len(cells) > MAX_COLUMNS:
        raise HeadingError
    columns = tuple(map(column_of, cells))
    named = [column for column in columns if column is not None]
    missing = [column for column in REQUIRED_COLUMNS if column not in named]
    repeated = [column for column in MEMBER_COLUMNS if named.count(column) > 1]
    if missing or repeated:
        raise HeadingError(missing, repeated)
    unknown = tuple(
        UnknownColumn(place, _shown(cell))
        for place, (cell, column) in enumerate(zip(cells, columns, strict=True))
        if column is None
    )
    return Headings(columns, unknown)


def _shown(heading: str) -> str:
    """A heading on one short line. One with a number in it may be a value, and is not shown."""
    shown = " ".join(heading[:MAX_TEXT_LENGTH].split())
    if _DIGITS.search(normalized("NFKC", shown, max_length=MAX_TEXT_LENGTH)) or not shown.isprintable():
        return ""
    return shown if len(shown) <= _MAX_SHOWN else f"{shown[:_MAX_SHOWN]}…"
