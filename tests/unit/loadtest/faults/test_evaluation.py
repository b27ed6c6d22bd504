"""Seconds of a run held against a fault's expectation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from loadtest.faults.evaluation import Evaluation, judge
from loadtest.faults.fault import Expectation, Window
from loadtest.scenario.run_stats import RunStats

SECONDS = 30
WINDOW = Window.of(SECONDS)
NOBODY_NOTICES = Expectation("Nobody notices.")
REFUSED = Expectation("Refused.", errors=frozenset({"overloaded"}), answered=0.0, p99_ms=None)


def run(*changes: Callable[[RunStats, int], bool | None], fast_ms: float = 20) -> RunStats:
    """Ten checks a second, five of them by number; a change that gives True takes the place of a second's checks."""
    seen = RunStats()
    for second in range(SECONDS):
        if not any(change(seen, second) for change in changes):
            checks(seen, second, fast_ms)
    return seen


def checks(seen: RunStats, second: int, milliseconds: float, *, answered: bool = True) -> None:
    for n in range(10):
        seen.check_began(second + 0.05)
        seen.check_ended(second + 0.05, milliseconds / 1000, answered=answered, by_number=n < 5)


def failing(begin: int, end: int, code: str = "overloaded") -> Callable[[RunStats, int], bool]:
    def change(seen: RunStats, second: int) -> bool:
        if not begin <= second < end:
            return False
        checks(seen, second, 20, answered=False)
        for _ in range(10):
            seen.error(code, second)
        return True

    return change


def slow(begin: int, end: int, milliseconds: float = 900) -> Callable[[RunStats, int], bool]:
    def change(seen: RunStats, second: int) -> bool:
        if begin <= second < end:
            checks(seen, second, milliseconds)
        return begin <= second < end

    return change


def judged(seen: RunStats, expectation: Expectation, window: Window = WINDOW) -> Evaluation:
    return judge(seen.series, SECONDS, window, expectation)


def test_a_fault_is_inflicted_at_a_third_and_lifted_at_two_thirds_or_at_once() -> None:
    assert Window.of(60) == Window(20, 40)
    assert Window.of(60, instantaneous=True) == Window(20, 20)
    assert Window.of(60).seconds == 20


def test_what_nobody_notices_is_as_expected() -> None:
    evaluation = judged(run(), NOBODY_NOTICES)
    assert evaluation.broken == ()
    assert evaluation.figures["back_after_s"] == 0
    assert evaluation.figures["during"]["answered_share"] == 1.0


@pytest.mark.parametrize(
    ("change", "expectation", "said"),
    [
        (failing(3, 4), REFUSED, "10 × overloaded before the fault"),
        (failing(12, 14), NOBODY_NOTICES, "20 × overloaded which the fault does not explain"),
        (failing(12, 14, "internal"), REFUSED, "20 × internal which the fault does not explain"),
        (failing(10, 16), replace(REFUSED, answered=0.5), "40.0% of the checks were answered meanwhile, not 50%"),
        (slow(10, 20), NOBODY_NOTICES, "a p99 of 900 ms meanwhile, more than 500"),
        (slow(10, 20), replace(REFUSED, numbers_unaffected=True), "a p99 of 900 ms by number meanwhile, more than 500"),
        (failing(10, 11), replace(REFUSED, numbers_unaffected=True), "5 checks by number were not answered meanwhile"),
        (failing(10, 26), replace(REFUSED, recovery_within_s=5), "back after 6 s, not within 5"),
        (failing(10, 30), REFUSED, "the fund did not come back within the run"),
        (failing(24, 25), REFUSED, "10 × overloaded after it was back"),
        (slow(23, 30), REFUSED, "a p99 of 900 ms after it was back, more than 500"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_not_as_expected_is_said(
    change: Callable[[RunStats, int], bool], expectation: Expectation, said: str
) -> None:
    assert said in judged(run(change), expectation).broken


def test_errors_of_the_expected_codes_are_explained_until_the_fund_is_back() -> None:
    evaluation = judged(run(failing(9, 23)), REFUSED)
    assert evaluation.broken == ()
    assert evaluation.explained == Counter(overloaded=140)
    assert evaluation.figures["back_after_s"] == 3


def test_a_visit_that_was_under_way_when_the_fault_came_is_explained_by_it_and_no_earlier_one() -> None:
    assert judged(run(failing(8, 12)), REFUSED).broken == ()
    assert judged(run(failing(7, 12)), REFUSED).broken == ("10 × overloaded before the fault",)


def test_a_single_second_in_order_is_no_recovery() -> None:
    evaluation = judged(run(failing(10, 21), failing(22, 24)), REFUSED)
    assert evaluation.figures["back_after_s"] == 4


def test_a_fault_that_is_over_at_once_is_judged_by_its_recovery_alone() -> None:
    window = Window.of(SECONDS, instantaneous=True)
    evaluation = judged(run(failing(10, 17)), replace(REFUSED, answered=1.0, p99_ms=500.0), window)
    assert evaluation.broken == ()
    assert (evaluation.figures["back_after_s"], evaluation.figures["during"]["checks"]) == (7, 70)


def test_seconds_that_a_run_ended_without_are_in_order() -> None:
    seen = RunStats()
    checks(seen, 0, 20)
    assert judge(seen.series, SECONDS, WINDOW, NOBODY_NOTICES).broken == ()
