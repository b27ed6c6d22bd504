"""What one request of a kind costs: how it is taken apart out of what was measured, and put together again for any mix.

Pure: what was measured is `measuring.py`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

API, DATABASE, BESIDE = "api_s", "database_s", "beside_s"
"""Processor seconds of the API's workers, of PostgreSQL, and of keeper, worker and supervisor."""

BUSY = "busy_s"
"""Seconds for which database sessions were busy with it, waiting for the disk at the commit among them."""

WAL = "wal_bytes"
UP, DOWN = "up_bytes", "down_bytes"
"""Bytes on the wire, from facilities and to them; see `wire.py`."""

STORED = "stored "
"""Before a table's name: bytes by which the table with its indexes grew."""

PROCESSORS = (API, DATABASE, BESIDE)
SECONDS = frozenset({*PROCESSORS, BUSY})

LEAST_ROW = 40.0
"""Bytes of the smallest row with an index entry. By less a table grows not because of a request, but beside it."""

_Number = TypeVar("_Number", int, float)

Amounts = Mapping[str, float]
"""So much of each quantity."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a stretch of asking took in all: `requests` answered, by kind, in so many seconds."""

    seconds: float
    requests: Mapping[str, int]
    amounts: Amounts

    def __add__(self, other: Taken) -> Taken:
        return Taken(
            self.seconds + other.seconds,
            _sum(self.requests, other.requests),
            _sum(self.amounts, other.amounts),
        )


NOTHING_TAKEN = Taken(0.0, {}, {})


@dataclass(frozen=True, slots=True)
class Costs:
    """By kind of request what one costs, and what is taken every second though nobody asks anything."""

    of: Mapping[str, Amounts]
    idle: Amounts = field(default_factory=dict)

    @classmethod
    def solve(cls, idle: Taken, measured: Sequence[tuple[str, Taken]]) -> Costs:
        """The costs, out of a stretch in which nobody asked, and one for each kind.

        What a stretch took beyond idleness and beyond the other kinds that it asked, which have to come before it, is
        its own kind's. An amount below nothing is noise, and nothing; so is what a table grew by without a row of it.
        """
        base = {name: amount / idle.seconds for name, amount in idle.amounts.items()}
        known: dict[str, Amounts] = {}
        for kind, taken in measured:
            before = cls(known, base).predict(taken.seconds, {**taken.requests, kind: 0})
            count = taken.requests[kind]
            known[kind] = {
                name: _plausible(name, (amount - before.get(name, 0.0)) / count)
                for name, amount in taken.amounts.items()
            }
        return cls(known, base)

    def predict(self, seconds: float, requests: Mapping[str, int]) -> dict[str, float]:
        """What a stretch with these requests takes in all. Raises KeyError for a kind that was not measured."""
        amounts = {name: rate * seconds for name, rate in self.idle.items()}
        for kind, count in requests.items():
            for name, cost in self.of[kind].items() if count else ():
                amounts[name] = amounts.get(name, 0.0) + cost * count
        return amounts

    @property
    def stored(self) -> list[str]:
        """Every table that grows by requests."""
        names = {name for amounts in self.of.values() for name, amount in amounts.items() if amount > 0}
        return sorted(name.removeprefix(STORED) for name in names if name.startswith(STORED))


def _sum(one: Mapping[str, _Number], other: Mapping[str, _Number]) -> dict[str, _Number]:
    both = dict(one)
    for name, amount in other.items():
        both[name] = both[name] + amount if name in both else amount
    return both


def _plausible(name: str, cost: float) -> float:
    """What of a difference is a cost."""
    return cost if cost >= (LEAST_ROW if name.startswith(STORED) else 0.0) else 0.0
