"""The record that is being read, and where its faults are told."""

from __future__ import annotations

from typing import NamedTuple

from eligibility_api.claims.reading.faults import BadRecord
from eligibility_api.claims.reading.layouts import Layout
from eligibility_api.contract.claims import ClaimsFault


class Present(NamedTuple):
    """One record, with its line of the file."""

    number: int
    record: str
    text: str
    layout: Layout

    def wrong(self, name: str, code: ClaimsFault) -> BadRecord:
        """It is, in this field."""
        return self.layout.fault(name, code, self.text)
