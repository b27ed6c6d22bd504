"""Planning changes of what is known of one entitlement: which versions close, and which open. Nothing is done here.

An entitlement's current periods [acquired_on, lost_on) never share a day; every plan keeps it so.
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
    """Days of one entitlement and a digest of all that is said for them.

    `version` names a current period in the store; of a new one it is the caller's own number.
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
    """Two new periods of one entitlement have a day in common. `code` names the fault of the file."""

    code = "rows-overlap"


def plan_enrol(current: Sequence[Period], new: Period) -> Plan:
    """`new` beside what is there. Raises `enrolment-overlap`."""
    if any(new.overlaps(period) for period in current):
        raise ShikakuError("enrolment-overlap")
    return Plan(open=(new.version,))


def plan_end(current: Sequence[Period], lost_on: date) -> int:
    """The version that is shortened: begun before `lost_on`, and running beyond it. Raises `enrolment-unknown`."""
    for period in current:
        if period.acquired_on < lost_on and (period.lost_on is None or lost_on < period.lost_on):
            return period.version
    raise ShikakuError("enrolment-unknown")


def plan_replace(current: Sequence[Period], rows: Sequence[Period]) -> Plan:
    """A file's rows of one entitlement in place of the current periods with which they share a day.

    A row that says what is current already changes nothing, and a current period that no row touches stays. Raises
    RowsOverlap.
    """
    if any(one.overlaps(other) for one, other in combinations(rows, 2)):
        raise RowsOverlap
    kept = {row.digest for row in rows} & {period.digest for period in current}
    close = [p.version for p in current if p.digest not in kept and any(p.overlaps(row) for row in rows)]
    return Plan(close=tuple(close), open=tuple(row.version for row in rows if row.digest not in kept))


@dataclass(frozen=True, slots=True)
class KnownValue(Generic[Value]):
    """A value with the instants (aware) between which it was known; not at all while `opened_at` is None."""

    value: Value
    opened_at: datetime | None
    closed_at: datetime | None = None


def known_at(history: Iterable[KnownValue[Value]], instant: datetime) -> list[Value]:
    """The values that were known at `instant`: opened by then, and not yet closed."""
    return [
        known.value
        for known in history
        if known.opened_at is not None
        and known.opened_at <= instant
        and (known.closed_at is None or instant < known.closed_at)
    ]
