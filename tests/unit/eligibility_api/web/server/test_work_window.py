"""How much work a worker has in progress, by what it did lately."""

from __future__ import annotations

import pytest

from eligibility_api.web.server.request_kind import LOOK_UP, NOT_COUNTED, USUAL, RequestKind
from eligibility_api.web.server.work_window import (
    MIN_PART,
    NEW_VISITS_PART,
    SECONDS_OF_WORK,
    WorkWindow,
)

LARGEST = 64 * LOOK_UP
UNDER_WAY = RequestKind(continues_visit=True)
SWEEP = 0.25


def filled() -> WorkWindow:
    """A window that is full, and was asked for more."""
    window = WorkWindow(LARGEST)
    window.adapt(0.0)
    while window.admits(UNDER_WAY):
        window.begin(UNDER_WAY)
    return window


def work(window: WorkWindow, per_second: float, seconds: float, began: float = 0.0) -> float:
    """Let a full worker do so many look-ups a second for a time; the last instant."""
    owed, ticks = 0.0, 50
    for tick in range(1, round(seconds / SWEEP) * ticks + 1):
        owed += per_second * SWEEP / ticks
        while owed >= 1:
            window.end(USUAL)
            owed -= 1
        while window.admits(UNDER_WAY):
            window.begin(UNDER_WAY)
        if tick % ticks == 0:
            window.adapt(began + tick * SWEEP / ticks)
    return began + seconds


@pytest.mark.parametrize(("kind", "capacity"), [(USUAL, NEW_VISITS_PART), (UNDER_WAY, 1.0)])
def test_new_visits_may_use_a_part_and_visits_under_way_all(kind: RequestKind, capacity: float) -> None:
    window = WorkWindow(LARGEST)
    while window.admits(kind):
        window.begin(kind)
    assert window.in_progress == LARGEST * capacity


def test_what_costs_nothing_is_always_admitted() -> None:
    assert filled().admits(NOT_COUNTED)


@pytest.mark.parametrize(
    ("per_second", "expected"),
    [
        (2_000, 64),
        (320, 64),
        (200, 200 * SECONDS_OF_WORK),
        (150, 150 * SECONDS_OF_WORK),
        (100, 64 * MIN_PART),
        (4, 64 * MIN_PART),
        (0, 64 * MIN_PART),
    ],
)
def test_a_full_window_holds_what_is_done_in_its_time(per_second: float, expected: float) -> None:
    window = filled()
    work(window, per_second, 10.0)
    assert window.size == pytest.approx(expected * LOOK_UP, rel=0.05)


def test_one_adaptation_halves_it_at_most() -> None:
    window = filled()
    window.adapt(SWEEP)
    assert window.size == LARGEST / 2


def test_it_is_as_large_as_before_within_a_second_after_a_stall() -> None:
    window = filled()
    now = work(window, 0, 5.0)
    assert window.size == LARGEST * MIN_PART
    work(window, 1_000, 1.0, now)
    assert window.size == LARGEST


def test_it_is_not_made_smaller_while_it_has_capacity() -> None:
    window = WorkWindow(LARGEST)
    for now in range(1, 20):
        window.begin(USUAL)
        window.end(USUAL)
        window.adapt(now * SWEEP)
    assert window.size == LARGEST


def test_two_adaptations_at_one_instant_change_nothing() -> None:
    window = filled()
    window.adapt(SWEEP)
    assert not window.admits(UNDER_WAY)
    window.adapt(SWEEP)
    assert window.size == LARGEST / 2
