"""Faults of values, records and claims, with their place in the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from eligibility_api.contract.claims import ClaimsFault

MAX_FAULTS_PER_CLAIM = 100
"""Faults reported of one claim, or of the lines between two."""

HARMLESS = frozenset({ClaimsFault.LEFT_OUT, ClaimsFault.UNKNOWN_RECORD})
"""Faults that are reported, but do not reject the claim."""


class BadValue(ValueError):
    """A text that violates the rule `code`.

    Where several fields are one text, `part` is the faulty field, counted from the first of them, and its
    text.
    """

    def __init__(self, code: ClaimsFault, part: tuple[int, str] | None = None) -> None:
        super().__init__(code.value)
        self.code = code
        self.part = part


class FieldFault(NamedTuple):
    """A fault within a record; `field` and `name` are None if the whole record is meant."""

    field: int | None
    name: str | None
    code: ClaimsFault
    shape: str | None


class BadRecord(ValueError):
    """A record with faults. `values` are those of its fields if all of its faults are harmless."""

    def __init__(self, *faults: FieldFault, values: Sequence[Any] | None = None) -> None:
        super().__init__()
        self.faults: Sequence[FieldFault] = faults
        self.values = values


def bad_record(code: ClaimsFault) -> BadRecord:
    """A record that is faulty as a whole."""
    return BadRecord(FieldFault(None, None, code, None))


class Fault(NamedTuple):
    """A fault by place and rule (`contract.claims.ClaimsFaultPlace`), with the shape of the value only."""

    line: int
    record: str | None
    field: int | None
    name: str | None
    claim: int | None
    code: ClaimsFault
    shape: str | None


class FaultLog:
    """Reports the first 100 faults of one claim (by its number), or of lines outside a claim."""

    def __init__(self, report: Callable[[Fault], None], claim: int | None) -> None:
        self.rejects = False
        """Whether one of the faults rejects the claim."""
        self._count = 0
        self._report = report
        self._claim = claim

    def add_whole(self, line: int, record: str | None, code: ClaimsFault) -> None:
        """Add a record that is faulty as a whole, or a fault that belongs to no record."""
        self._add(Fault(line, record, None, None, self._claim, code, None))

    def add_record(self, line: int, record: str, bad: BadRecord) -> None:
        """Add a record's faults."""
        for field, name, code, shape in bad.faults:
            self._add(Fault(line, record, field, name, self._claim, code, shape))

    def _add(self, fault: Fault) -> None:
        if fault.code not in HARMLESS:
            self.rejects = True
        self._count += 1
        if self._count <= MAX_FAULTS_PER_CLAIM:
            self._report(fault)
