"""Plans of changes: what closes, what opens, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.timeline import (
    KnownValue,
    Period,
    Plan,
    RowsOverlap,
    known_at,
    plan_end,
    plan_enrol,
    plan_replace,
)

START = date(2026, 1, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


def period(version: int, first: int, end: int | None = None, digest: bytes | None = None) -> Period:
    """Days [first, end) counted from 2026-01-01; the content is equal where the days are."""
    content = digest or f"{first} {end}".encode()
    return Period(version, day(first), None if end is None else day(end), content)


@pytest.mark.parametrize(
    ("current", "new"),
    [
        ([], period(9, 0)),
        ([period(1, 0, 10)], period(9, 10)),
        ([period(1, 10, 20)], period(9, 0, 10)),
        ([period(1, 0, 10), period(2, 20)], period(9, 10, 20)),
    ],
)
def test_a_new_period_is_added(current: list[Period], new: Period) -> None:
    """Rule T1."""
    assert plan_enrol(current, new) == Plan(open=(9,))


@pytest.mark.parametrize(
    "new", [period(9, 19), period(9, 0, 11), period(9, 12, 15), period(9, 0), period(9, 10, 20)]
)
def test_a_new_period_that_shares_a_day_is_refused(new: Period) -> None:
    """Rule T2."""
    with pytest.raises(ShikakuError) as refusal:
        plan_enrol([period(1, 10, 20)], new)
    assert refusal.value.code == "enrolment-overlap"


@pytest.mark.parametrize(("lost", "version"), [(1, 1), (9, 1), (21, 2), (500, 2)])
def test_the_period_that_runs_beyond_the_end_is_shortened(lost: int, version: int) -> None:
    """Rule T3."""
    assert plan_end([period(1, 0, 10), period(2, 20)], day(lost)) == version


@pytest.mark.parametrize("lost", [-1, 0, 10, 15, 20])
def test_an_end_without_a_period_is_refused(lost: int) -> None:
    """Rule T3."""
    with pytest.raises(ShikakuError) as refusal:
        plan_end([period(1, 0, 10), period(2, 20)], day(lost))
    assert refusal.value.code == "enrolment-unknown"


@pytest.mark.parametrize(
    ("current", "rows", "plan"),
    [
        pytest.param([], [period(7, 0)], Plan((), (7,)), id="a new member"),
        pytest.param([period(1, 0)], [period(7, 0)], Plan(), id="nothing changed"),
        pytest.param([period(1, 0)], [], Plan(), id="the file says nothing"),
        pytest.param([period(1, 0)], [period(7, 0, 10)], Plan((1,), (7,)), id="an end"),
        pytest.param([period(1, 0)], [period(7, 0, None, b"x")], Plan((1,), (7,)), id="another content"),
        pytest.param([period(1, 0)], [period(7, -5)], Plan((1,), (7,)), id="acquired before: corrected"),
        pytest.param([period(1, 0, 10)], [period(7, 10)], Plan((), (7,)), id="an older period stays"),
        pytest.param([period(1, 0, 10), period(2, 20)], [period(7, 20, 30)], Plan((2,), (7,)), id="one of two"),
        pytest.param([period(1, 0, 10), period(2, 20)], [period(7, 5, 25)], Plan((1, 2), (7,)), id="both"),
        pytest.param([period(1, 0)], [period(7, 0, 10), period(8, 20)], Plan((1,), (7, 8)), id="a gap is made"),
        pytest.param([period(1, 0, 10)], [period(7, 0, 10), period(8, 10)], Plan((), (8,)), id="one unchanged"),
    ],
)  # fmt: skip
def test_rows_replace_the_periods_that_they_touch(
    current: list[Period], rows: list[Period], plan: Plan
) -> None:
    """Rule T5."""
    assert plan_replace(current, rows) == plan


def test_rows_that_share_a_day_are_a_fault_of_the_file() -> None:
    """Rule T5."""
    with pytest.raises(RowsOverlap) as fault:
        plan_replace([], [period(7, 0, 11), period(8, 10)])
    assert fault.value.code == "rows-overlap"


@st.composite
def timelines(draw: st.DrawFn, first_version: int) -> list[Period]:
    """Periods without a common day, some of them alike in two draws."""
    edges = sorted(draw(st.sets(st.integers(0, 12), max_size=8)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    return [period(first_version + n, first, end) for n, (first, end) in enumerate(pairs)]


@given(timelines(1), timelines(100))
def test_a_replaced_timeline_equals_the_rows_and_shares_no_day(
    current: list[Period], rows: list[Period]
) -> None:
    """Rules T1, T5."""
    plan = plan_replace(current, rows)
    after = [p for p in current if p.version not in plan.close] + [r for r in rows if r.version in plan.open]
    content = {(p.acquired_on, p.lost_on, p.digest) for p in after}
    assert content >= {(r.acquired_on, r.lost_on, r.digest) for r in rows}
    assert not any(a.overlaps(b) for a in after for b in after if a is not b)


T = datetime(2026, 4, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("instant", "known"), [(T - HOUR, []), (T, ["old"]), (T + HOUR, ["new"]), (T + 9 * HOUR, ["new"])]
)
def test_the_values_known_at_an_instant(instant: datetime, known: list[str]) -> None:
    """Rules R5, T7."""
    history = [
        KnownValue("old", T, T + HOUR),
        KnownValue("new", T + HOUR),
        KnownValue("in preparation", None),
    ]
    assert known_at(history, instant) == known
