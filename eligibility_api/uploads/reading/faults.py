"""Faults of rows as the reader finds them."""

from __future__ import annotations

from typing import NamedTuple

from eligibility_api.contract.uploads import RowFault


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
