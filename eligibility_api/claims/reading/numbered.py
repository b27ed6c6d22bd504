"""The layout in which insurers receive claims: each line begins with データ識別, 行番号 and 枝番号.

Each claim has its own header and there is no trailer. Lines that examiners and insurers added or replaced
carry another データ識別 than the claim itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from eligibility_api.claims.reading.lines import Lines

_NUMBERS = re.compile("([0-9]{1,2}),[0-9]{0,9},[0-9]{0,9},(?=[A-Z]{2}(?:,|$))")
_BEGINNINGS = frozenset({"MN", "IR", "YK", "HM"})
"""Records that begin a claim in this layout."""

_CHECK = "SN"
"""Checks of the membership count, also those that were added."""


def is_numbered(line: str) -> bool:
    """Whether a line of a file begins with these numbers."""
    return _NUMBERS.match(line) is not None


class Numbered:
    """Takes the numbers off the lines of a file, and passes over those that are not the claim's own."""

    def __init__(self, pass_over: Callable[[str], None]) -> None:
        self._pass_over = pass_over
        self._data: str | None = None
        """データ識別 of the open claim's RE."""

    def strip(self, lines: Lines) -> Lines:
        """The lines as records; those that do not count are empty, so that line numbers stay."""
        return Lines([self._strip(line) for line in lines.texts], lines.faulty)

    def _strip(self, line: str) -> str:
        numbers = _NUMBERS.match(line)
        if numbers is None:
            return line
        text = line[numbers.end() :]
        record, data = text[:2], numbers[1]
        if record in _BEGINNINGS:
            self._data = None
        elif record == "RE" and self._data is None:
            self._data = data
        elif data != self._data and record != _CHECK:
            self._pass_over(record)
            return ""
        return text
