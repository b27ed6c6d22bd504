"""A receipt file, part by part: bytes in, receipts and faults out."""

from __future__ import annotations

from collections import Counter

from eligibility_api.claims.reading.block import Block


class Reader:
    """Reads one file of one insurer in flat memory. Not for use by several threads at a time."""

    def __init__(self, insurer_number: str) -> None:
        self._insurer_number = insurer_number

    def feed(self, part: bytes) -> Block:
        """What ends in `part`, which may be cut anywhere. Raises `claims-unreadable`."""
        raise NotImplementedError

    def finish(self) -> Block:
        """What ends with the file. Raises `claims-unreadable`."""
        return Block([], [], 0, 0, Counter())
