"""The seconds of a run compared with a fault's expectation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from loadtest.faults.evaluation import Evaluation, evaluate
from loadtest.faults.fault import Expectation, Window
from loadtest.scenario.run_stats import RunStats
from tests.unit.loadtest.faults.builders import text

SECONDS = 30
WINDOW = Window.of(SECONDS)
NO_EFFECT = Expectation(text("No effect."))
REFUSED = Expectation(text("Refused."), errors=frozenset({"overloaded"}), min_answered=0.0, p99_ms=None)


def run(*changes: Callable[[RunStats, int], bool | None], fast_ms: float = 20) -> RunStats:
    """Ten checks a second, five of them by number; a change that returns True replaces a second's checks."""
    stats = RunStats()
    for second in range(SECONDS):
        if not any(change(stats, second) for change in changes):
            checks(stats, second, fast_ms)
    return stats


def checks(stats: RunStats, second: int, milliseconds: float, *, answered: bool = True) -> None:
    for n in range(10):
        stats.check_began(second + 0.05)
        stats.check_ended(second + 0.05, milliseconds / 1000, answered=answered, by_number=n < 5)


def failing(begin: int, end: int, code: str = "overloaded") -> Callable[[RunStats, int], bool]:
    def change(stats: RunStats, second: int) -> bool:
        if not begin <= second < end:
            return False
        checks(stats, second, 20, answered=False)
        for _ in range(10):
            stats.error(code, second)
        return True

    return change


def slow(begin: int, end: int, milliseconds: float = 900) -> Callable[[RunStats, int], bool]:
    def change(stats: RunStats, second: int) -> bool:
        if begin <= second < end:
            checks(stats, second, milliseconds)
        return begin <= second < end

    return change


def evaluated(stats: RunStats, expectation: Expectation, window: Window = WINDOW) -> Evaluation:
    return evaluate(stats.series, SECONDS, window, expectation)


def test_a_fault_lasts_from_a_third_of_the_run_to_two_thirds_or_is_instantaneous() -> None:
    assert Window.of(60) == Window(20, 40)
    assert Window.of(60, instantaneous=True) == Window(20, 20)
    assert Window.of(60).seconds == 20


def test_a_run_without_any_effect_is_as_expected() -> None:
    evaluation = evaluated(run(), NO_EFFECT)
    assert evaluation.violations == ()
    assert evaluation.figures["recovered_after_s"] == 0
    assert evaluation.figures["during"]["answered_share"] == 1.0


@pytest.mark.parametrize(
    ("change", "expectation", "violation"),
    [
        (failing(3, 4), REFUSED, "10 × overloaded before the fault"),
        (failing(12, 14), NO_EFFECT, "20 × overloaded which the fault does not explain"),
        (failing(12, 14, "internal"), REFUSED, "20 × internal which the fault does not explain"),
        (failing(10, 16), replace(REFUSED, min_answered=0.5), "40.0% of the checks were answered meanwhile, not 50%"),
        (slow(10, 20), NO_EFFECT, "a p99 of 900 ms meanwhile, more than 500"),
        (slow(10, 20), replace(REFUSED, numbers_unaffected=True), "a p99 of 900 ms by number meanwhile, more than 500"),
        (failing(10, 11), replace(REFUSED, numbers_unaffected=True), "5 checks by number were not answered meanwhile"),
        (failing(10, 26), replace(REFUSED, recovery_within_s=5), "recovered after 6 s, not within 5"),
        (failing(10, 30), REFUSED, "the fund did not recover within the run"),
        (failing(24, 25), REFUSED, "10 × overloaded after the recovery"),
        (slow(23, 30), REFUSED, "a p99 of 900 ms after the recovery, more than 500"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_violation_is_described(
    change: Callable[[RunStats, int], bool], expectation: Expectation, violation: str
) -> None:
    assert violation in {one.en for one in evaluated(run(change), expectation).violations}


def test_errors_of_the_expected_codes_are_explained_until_the_recovery() -> None:
    evaluation = evaluated(run(failing(9, 23)), REFUSED)
    assert evaluation.violations == ()
    assert evaluation.explained == Counter(overloaded=140)
    assert evaluation.figures["recovered_after_s"] == 3


def test_a_visit_in_flight_at_the_injection_is_explained_and_no_earlier_one() -> None:
    assert evaluated(run(failing(8, 12)), REFUSED).violations == ()
    [early] = evaluated(run(failing(7, 12)), REFUSED).violations
    assert early.en == "10 × overloaded before the fault"


def test_a_single_normal_second_is_no_recovery() -> None:
    evaluation = evaluated(run(failing(10, 21), failing(22, 24)), REFUSED)
    assert evaluation.figures["recovered_after_s"] == 4


def test_an_instantaneous_fault_is_evaluated_by_its_recovery_alone() -> None:
    window = Window.of(SECONDS, instantaneous=True)
    evaluation = evaluated(run(failing(10, 17)), replace(REFUSED, min_answered=1.0, p99_ms=500.0), window)
    assert evaluation.violations == ()
    assert (evaluation.figures["recovered_after_s"], evaluation.figures["during"]["checks"]) == (7, 70)


def test_a_fault_that_is_recovered_from_meanwhile_is_evaluated_from_its_injection() -> None:
    expectation = replace(REFUSED, recovers_meanwhile=True, min_answered=1.0, recovery_within_s=6)
    evaluation = evaluated(run(failing(10, 16)), expectation)
    assert evaluation.violations == ()
    assert (evaluation.figures["recovered_after_s"], evaluation.figures["during"]["checks"]) == (6, 60)


@pytest.mark.parametrize(
    ("changes", "violation"),
    [
        ([failing(10, 17)], "recovered after 7 s, not within 6"),
        ([failing(10, 12), failing(20, 21)], "10 × overloaded after the recovery"),
    ],
    ids=["too late", "again at its removal"],
)
def test_the_removal_of_a_fault_that_is_recovered_from_has_no_effect(
    changes: list[Callable[[RunStats, int], bool]], violation: str
) -> None:
    expectation = replace(REFUSED, recovers_meanwhile=True, recovery_within_s=6)
    [found] = evaluated(run(*changes), expectation).violations
    assert found.en == violation


def test_seconds_without_any_event_are_normal() -> None:
    stats = RunStats()
    checks(stats, 0, 20)
    assert evaluate(stats.series, SECONDS, WINDOW, NO_EFFECT).violations == ()
