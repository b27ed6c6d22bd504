"""Plans changes of one entitlement: which versions to close, and which to open.

The current periods [acquired_on, lost_on) of an entitlement never share a day (rule T1); every plan preserves
this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from typing import Generic, TypeVar

from eligibility_api.contract.errors import ShikakuError

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Period:
    """Days of one entitlement and the digest of its content.

    `version` identifies a current period in the store; for a new one it is the caller's own number.
    """

    version: int
    acquired_on: date
    lost_on: date | None
    digest: bytes

    def overlaps(self, other: Period) -> bool:
        """Whether the two have a day in common."""
        return self.acquired_on < (other.lost_on or date.max) and other.acquired_on < (
            self.lost_on or date.max
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Versions to close, and the numbers of the new periods to open."""

    close: tuple[int, ...] = ()
    open: tuple[int, ...] = ()


class RowsOverlap(ValueError):
    """Two new periods of one entitlement share a day (rule T5).

    `code` is the fault code in the file's report.
    """

    code = "rows-overlap"


def plan_enrol(current: Sequence[Period], new: Period) -> Plan:
    """Add `new` to the current periods. Raises `enrolment-overlap` (rule T2)."""
    if any(new.overlaps(period) for period in current):
        raise ShikakuError("enrolment-overlap")
    return Plan(open=(new.version,))


def plan_end(current: Sequence[Period], lost_on: date) -> int:
    """The version to shorten: begun before `lost_on`, and running beyond it.

    Raises `enrolment-unknown` (rule T3).
    """
    for period in current:
        if period.acquired_on < lost_on and (period.lost_on is None or lost_on < period.lost_on):
            return period.version
    raise ShikakuError("enrolment-unknown")


def plan_replace(current: Sequence[Period], rows: Sequence[Period]) -> Plan:
    """Replace the current periods that share a day with a file's rows of the same entitlement (rule T5).

    A row equal to a current period changes nothing; a period that no row touches stays. Raises RowsOverlap.
    """
    if any(one.overlaps(other) for one, other in combinations(rows, 2)):
        raise RowsOverlap
    kept = {row.digest for row in rows} & {period.digest for period in current}
    close = [p.version for p in current if p.digest not in kept and any(p.overlaps(row) for row in rows)]
    return Plan(close=tuple(close), open=tuple(row.version for row in rows if row.digest not in kept))


@dataclass(frozen=True, slots=True)
class KnownValue(Generic[Value]):
    """A value with its transaction time: known from `opened_at` (None: not yet) until `closed_at`."""

    value: Value
    opened_at: datetime | None
    closed_at: datetime | None = None


def known_at(history: Iterable[KnownValue[Value]], instant: datetime) -> list[Value]:
    """The values known at `instant`: opened by then, and not yet closed (rules R5, T7)."""
    return [
        known.value
        for known in history
        if known.opened_at is not None
        and known.opened_at <= instant
        and (known.closed_at is None or instant < known.closed_at)
    ]
