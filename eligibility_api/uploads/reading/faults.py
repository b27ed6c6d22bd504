"""Faults of rows as the reader finds them, and the shape of a value, which tells what is wrong and not of whom."""

from __future__ import annotations

from typing import NamedTuple

from eligibility_api.contract.uploads import RowFault

_LONGEST_SHAPE = 40


class Fault(NamedTuple):
    """One fault of one row; `row` counts from 1, `column` and `shape` are None where the whole line is meant."""

    row: int
    column: str | None
    code: RowFault
    shape: str | None


class BadValue(ValueError):
    """A cell that breaks the rule `code`."""

    def __init__(self, code: RowFault) -> None:
        super().__init__(code.value)
        self.code = code


def shape(value: str) -> str:
    """`value` with `9` for each digit, `a` for each Latin letter and `あ` for what is not ASCII; its first 40 places."""
    return "".join(map(_shape_of, value[:_LONGEST_SHAPE])) + ("…" if len(value) > _LONGEST_SHAPE else "")


def _shape_of(character: str) -> str:
    if not character.isascii() or not character.isprintable():
        return "あ"
    if character.isdigit():
        return "9"
    return "a" if character.isalpha() else character
