"""What is gathered of refusals: whom they concern, and those of one source in one minute."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

RECORDS_A_MINUTE = 100
"""Records of one source in a minute; further refusals are counted."""


@dataclass(frozen=True, slots=True)
class Source:
    """Whom a refusal concerns: a client with its facility or insurer, or an address."""

    client_id: UUID | None = None
    institution_code: str | None = None
    insurer_number: str | None = None
    address: str | None = None

    @property
    def key(self) -> str:
        """The key under which its refusals are counted; the same in every worker."""
        return str(self.client_id) if self.client_id is not None else f"address {self.address or 'unknown'}"


OTHERS = Source(address="others")
"""All sources beyond those that a process keeps apart."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal: kind of record, cause (an error code), instant by the worker's clock, purpose of the challenge."""

    kind: str
    cause: str
    at: datetime
    purpose: str | None = None


@dataclass(slots=True)
class Minute:
    """The refusals of one source in one minute that are not written yet."""

    source: Source
    minute: datetime
    records: list[Refusal] = field(default_factory=list)
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Beyond the records: kind and cause."""

    def add(self, refusal: Refusal) -> None:
        """Add one: as a record as long as this worker knows no hundred."""
        if len(self.records) < RECORDS_A_MINUTE and self.source is not OTHERS:
            self.records.append(refusal)
        else:
            self.counted[refusal.kind, refusal.cause] += 1
