"""Texts in Japanese and English, and tables that must have one for every member of an enumeration."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

Member = TypeVar("Member", bound=Enum)
Value = TypeVar("Value")

_MAX_HELP_CELLS = 32
"""Width of a line of Japanese in the help of an option: typer's table cuts off what it cannot break at a
space.
"""

_UNITS = re.compile(r"[!-~]+\s?|.[、。，．）」・：？ー]*", re.DOTALL)
"""Where a line of Japanese may be broken: around a word in Latin letters, and before any character but a
closing one.
"""


@dataclass(frozen=True, slots=True)
class Bilingual:
    """The same text in both languages. `str` is for lone labels only: sentences use `lines`."""

    ja: str
    en: str

    def __str__(self) -> str:
        return f"{self.ja} / {self.en}"

    @property
    def lines(self) -> str:
        """A line for each language, Japanese first."""
        return f"{self.ja}\n{self.en}"


def option_help(ja: str, en: str) -> str:
    """The help of an option or argument: Japanese in short lines, then English as a paragraph of its own."""
    lines = [""]
    for unit in _UNITS.findall(ja):
        if _cells(lines[-1] + unit.rstrip()) > _MAX_HELP_CELLS:
            lines.append("")
        lines[-1] += unit
    return "\n\n".join([*(line.strip() for line in lines), en])


def command_help(ja: str, en: str, exit_codes: str) -> str:
    """The help of a command: a paragraph in Japanese, one in English, and the exit codes.

    Line breaks are removed.
    """
    japanese = "".join(line.strip() for line in ja.splitlines())
    english = (" ".join(paragraph.split()) for paragraph in en.split("\n\n"))
    return "\n\n".join([japanese, *english, exit_codes])


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "FWA" else 1 for character in text)


def exhaustive(members: type[Member], table: Mapping[Member, Value]) -> Mapping[Member, Value]:
    """`table` itself. Raises ValueError, when its module is imported, if a member has no entry."""
    if missing := set(members) - set(table):
        raise ValueError(f"{members.__name__} without an entry: {sorted(str(one) for one in missing)}")
    return table
