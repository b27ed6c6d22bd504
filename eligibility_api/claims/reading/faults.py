"""What may be wrong with a value or a record, on its way to a place in the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from eligibility_api.contract.claims import ClaimsFault


class BadValue(ValueError):
    """A text that breaks the rule `code`. `part` is its faulty field, counted from the field's own, and that one's text."""

    def __init__(self, code: ClaimsFault, part: tuple[int, str] | None = None) -> None:
        super().__init__(code.value)
        self.code = code
        self.part = part


class FieldFault(NamedTuple):
    """A fault within a record; a whole record has no field."""

    field: int | None
    name: str | None
    code: ClaimsFault
    shape: str | None


class BadRecord(ValueError):
    """A record with faults."""

    def __init__(self, *faults: FieldFault) -> None:
        super().__init__()
        self.faults: Sequence[FieldFault] = faults


def whole(code: ClaimsFault) -> BadRecord:
    """A record that is wrong as a whole."""
    return BadRecord(FieldFault(None, None, code, None))
