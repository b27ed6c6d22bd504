"""The cost of one request of each kind: derived from measurements, and used to predict any mix of requests.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

API, DATABASE, BACKGROUND = "api_s", "database_s", "background_s"
"""Processor seconds of the API workers, of PostgreSQL, and of scheduler, job runner and supervisor."""

BUSY = "busy_s"
"""Seconds for which database sessions were active, waiting for the disk at commit included."""

WAL = "wal_bytes"
UP, DOWN = "up_bytes", "down_bytes"
"""Bytes on the wire, from facilities and to them; see `wire.py`."""

STORED = "stored "
"""Prefix of a table's name: bytes by which the table with its indexes grew."""

PROCESSORS = (API, DATABASE, BACKGROUND)
SECONDS = frozenset({*PROCESSORS, BUSY})

MIN_ROW_BYTES = 40.0
"""Bytes of the smallest row with an index entry. A table that grows by less per request does not grow by
requests.
"""

_Number = TypeVar("_Number", int, float)

Amounts = Mapping[str, float]
"""The amount of each quantity."""


@dataclass(frozen=True, slots=True)
class Consumption:
    """What a period consumed: seconds, answered requests by kind, amounts of all quantities."""

    seconds: float
    requests: Mapping[str, int]
    amounts: Amounts

    def __add__(self, other: Consumption) -> Consumption:
        return Consumption(
            self.seconds + other.seconds,
            _sum(self.requests, other.requests),
            _sum(self.amounts, other.amounts),
        )


NO_CONSUMPTION = Consumption(0.0, {}, {})


@dataclass(frozen=True, slots=True)
class Costs:
    """The cost of one request by kind, and what an idle second consumes."""

    of: Mapping[str, Amounts]
    idle: Amounts = field(default_factory=dict)

    @classmethod
    def solve(cls, idle: Consumption, measured: Sequence[tuple[str, Consumption]]) -> Costs:
        """Derive the costs from an idle period and one period for each kind.

        What a period consumed beyond idleness and beyond its requests of other kinds, which must be listed
        before it, is the cost of its own kind. Negative amounts are noise and become 0; so does a table's
        growth by less than a row.
        """
        base = {name: amount / idle.seconds for name, amount in idle.amounts.items()}
        known: dict[str, Amounts] = {}
        for kind, consumed in measured:
            others = cls(known, base).predict(consumed.seconds, {**consumed.requests, kind: 0})
            count = consumed.requests[kind]
            known[kind] = {
                name: _without_noise(name, (amount - others.get(name, 0.0)) / count)
                for name, amount in consumed.amounts.items()
            }
        return cls(known, base)

    def predict(self, seconds: float, requests: Mapping[str, int]) -> dict[str, float]:
        """What a period with these requests consumes. Raises KeyError for a kind that was not measured."""
        amounts = {name: rate * seconds for name, rate in self.idle.items()}
        for kind, count in requests.items():
            for name, cost in self.of[kind].items() if count else ():
                amounts[name] = amounts.get(name, 0.0) + cost * count
        return amounts

    @property
    def growing_tables(self) -> list[str]:
        """Every table that grows by requests."""
        names = {name for amounts in self.of.values() for name, amount in amounts.items() if amount > 0}
        return sorted(name.removeprefix(STORED) for name in names if name.startswith(STORED))


def _sum(one: Mapping[str, _Number], other: Mapping[str, _Number]) -> dict[str, _Number]:
    both = dict(one)
    for name, amount in other.items():
        both[name] = both[name] + amount if name in both else amount
    return both


def _without_noise(name: str, cost: float) -> float:
    return cost if cost >= (MIN_ROW_BYTES if name.startswith(STORED) else 0.0) else 0.0
