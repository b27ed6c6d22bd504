"""Which transactions were committed between two snapshots of the database, as ranges of their numbers. Pure functions.

A record's id says when it was written, not when it was committed: a lower id may be committed later. A snapshot
says exactly which transactions had ended (PostgreSQL: `pg_current_snapshot`), so that what lies between two of
them is complete and final.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """Transactions from `first` up to, and without, `end`."""

    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Transactions below `end` had ended, except those in `running`."""

    end: int
    running: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> Snapshot:
        """Parse PostgreSQL's text of a `pg_snapshot`: `xmin:xmax:running,…`. Raises ValueError."""
        _, end, running = text.split(":")
        return cls(int(end), frozenset(int(number) for number in running.split(",") if number))

    def sees(self, transaction: int) -> bool:
        """Whether the transaction had ended."""
        return transaction < self.end and transaction not in self.running


def ended_between(former: Snapshot, latter: Snapshot) -> list[Range]:
    """The ranges that contain every transaction which `latter` sees and `former` does not.

    They may contain transactions that `latter` does not see either. Raises ValueError if `latter` is older.
    """
    if latter.end < former.end:
        raise ValueError("the latter snapshot is older")
    ended = [number for number in sorted(former.running) if latter.sees(number)]
    ranges = [Range(number, number + 1) for number in ended]
    return ranges + ([Range(former.end, latter.end)] if latter.end > former.end else [])
