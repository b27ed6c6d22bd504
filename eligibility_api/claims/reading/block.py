"""What the reader gives back of a part of a file."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from eligibility_api.contract.claims import ClaimsFault, ReceiptKind
from eligibility_api.domain.receipts import Receipt


class Fault(NamedTuple):
    """One fault, by place and rule (`contract.claims.ClaimsFaultPlace`), with the value's shape, never the value."""

    line: int
    record: str | None
    field: int | None
    name: str | None
    receipt: int | None
    code: ClaimsFault
    shape: str | None


class Block(NamedTuple):
    """What ended in a part: the good receipts in file order, the faults found, and what was counted."""

    receipts: list[Receipt]
    faults: list[Fault]
    sections: int
    """Sections (IR or YK) that began."""
    found: int
    """Receipts that ended, bad and unread ones too."""
    kinds: Counter[ReceiptKind]
    """The same by kind; a receipt below a header that tells no kind is none of them."""
