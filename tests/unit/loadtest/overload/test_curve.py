"""The curve of offered against achieved: what each step is, and what is expected of it."""

from __future__ import annotations

import pytest

from loadtest.machine.sampling import Sample, Usage
from loadtest.overload.curve import (
    MAX_ACCEPTED_MS,
    MAX_REFUSED_MS,
    RECOVERY_SECONDS,
    REST,
    TIMES,
    TRANSITION_SECONDS,
    Cores,
    Curve,
    Step,
    curve_of,
)
from loadtest.scenario.run_stats import SecondStats, TimeSeries

CAPACITY, SECONDS = 500, 10


def stats(
    offered: int, answered: int, *, broken: int = 0, refused_ms: float = 60.0, accepted_ms: float = 200.0,
    errors: dict[str, int] | None = None,
) -> SecondStats:  # fmt: skip
    """Statistics of ten seconds, the same in each."""
    second = SecondStats(offered * SECONDS, answered * SECONDS, broken * SECONDS)
    second.errors.update(errors or {})
    if answered:
        second.accepted.add(accepted_ms)
    if offered > answered:
        second.refused.add(refused_ms)
        second.errors["overloaded"] += (offered - answered) * SECONDS
    return second


def held(times: float, cores: Cores | None = None, **other: object) -> Step:
    """A step at which the capacity is completed, however much is offered."""
    offered = round(CAPACITY * times)
    given = {"offered": offered, "answered": min(offered, CAPACITY)} | other
    return Step(times, SECONDS, stats(**given), cores)  # type: ignore[arg-type]


def curve(*replaced: Step, recovered: Step | None = None) -> Curve:
    """A curve as expected, with some steps replaced."""
    own = {step.times: step for step in replaced}
    rest = recovered or Step(REST, SECONDS, stats(250, 250))
    return Curve([own.get(times, held(times)) for times in TIMES], rest, processors=2)


def test_a_curve_as_expected_is_met() -> None:
    assert curve().met
    assert curve().peak.goodput_per_s == CAPACITY
    assert set(curve().expectations) == {
        "goodput_at_2", "goodput_at_4", "refused_soon", "accepted_in_time", "no_other_error", "in_order_again",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("step", "unmet"),
    [
        (held(2.0, answered=449), "goodput_at_2"),
        (held(4.0, answered=449), "goodput_at_4"),
        (held(4.0, broken=51), "goodput_at_4"),
        (held(1.5, refused_ms=MAX_REFUSED_MS + 5), "refused_soon"),
        (held(4.0, accepted_ms=MAX_ACCEPTED_MS + 10), "accepted_in_time"),
        (held(3.0, errors={"network: timeout": 1}), "no_other_error"),
        (held(0.25, errors={"overloaded without Retry-After": 1}), "no_other_error"),
    ],
)
def test_a_step_that_is_not_as_expected_is_reported(step: Step, unmet: str) -> None:
    measured = curve(step)
    assert not measured.met
    assert [name for name, met in measured.expectations.items() if not met] == [unmet]


@pytest.mark.parametrize(
    ("step", "met"),
    [
        (held(2.0, answered=450), True),
        (held(4.0, answered=450), True),
        (held(3.0, answered=300), True),  # not judged by itself
        (held(1.5, refused_ms=MAX_REFUSED_MS), True),
        (held(4.0, accepted_ms=MAX_ACCEPTED_MS), True),
    ],
)
def test_what_is_just_inside_the_limits_is_met(step: Step, met: bool) -> None:
    assert curve(step).met is met


@pytest.mark.parametrize(
    "recovered",
    [
        Step(REST, SECONDS, stats(250, 249)),
        Step(REST, SECONDS, stats(250, 250, errors={"database-unavailable": 1})),
        Step(REST, SECONDS, stats(250, 250, accepted_ms=MAX_ACCEPTED_MS + 10)),
        Step(REST, SECONDS, SecondStats()),
    ],
    ids=["refused", "another error", "late", "nothing"],
)
def test_what_is_not_in_order_afterwards_is_reported(recovered: Step) -> None:
    assert [name for name, met in curve(recovered=recovered).expectations.items() if not met] == [
        "in_order_again"
    ]


PEAK = held(1.0, Cores(1.4, 0.5, 0.1))


@pytest.mark.parametrize(
    ("cores", "holds"),
    [
        (Cores(1.0, 0.9, 0.1), True),  # 357 for each core at the peak, 380 here
        (Cores(1.3, 0.6, 0.1), False),  # the fund had nearly as much, and completed less
        (Cores(1.0, 0.5, 0.1), False),  # the machine was not full: somebody waited
        (None, False),
    ],
)
def test_goodput_counts_for_each_core_that_the_fund_had_of_a_full_machine(
    cores: Cores | None, holds: bool
) -> None:
    step = held(4.0, cores, answered=380)
    at_peak = Step(1.0, SECONDS, stats(600, 500, accepted_ms=10), PEAK.cores)
    others = [held(times, answered=min(round(CAPACITY * times), 490)) for times in (1.5, 2.0, 3.0)]
    measured = curve(at_peak, step, *others)
    assert measured.peak is at_peak
    assert measured.holds(step) is holds


def test_a_target_that_answers_nothing_holds_nothing() -> None:
    silent = curve(*(held(times, answered=0) for times in TIMES))
    assert not silent.met
    assert silent.share_of_peak(silent.steps[0]) == 0


def sample(at: float, **used: float) -> Sample:
    others = used.pop("others", 0.0)
    processes = {name.replace("_", " "): Usage(cores, 0.0) for name, cores in used.items()}
    return Sample(at, processes, 0.0, 0.0, others)


def test_cores_are_those_of_the_samples() -> None:
    samples = [sample(1.0, api_1=0.4, api_2=0.5, database=0.6, generator_1=0.3, stack=0.1, others=0.2)] * 2
    cores = Cores.of(samples)
    assert cores is not None
    assert (cores.fund, cores.generator, cores.rest) == pytest.approx((1.5, 0.3, 0.3))
    assert Cores.of([]) is None


def test_a_run_is_cut_into_its_steps_without_their_beginnings() -> None:
    series = TimeSeries()
    ended = len(TIMES) * SECONDS
    for second in range(ended + 20):
        series.at(second).offered = 1 if second < ended else 100
        series.at(second).answered = second
    samples = [sample(second, api=float(second)) for second in range(ended + 20)]
    cut = curve_of(series, samples, SECONDS, 20, 2)
    assert [step.times for step in cut.steps] == list(TIMES)
    for place, step in enumerate(cut.steps):
        begin = place * SECONDS + int(TRANSITION_SECONDS)
        seconds = range(begin, (place + 1) * SECONDS)
        assert step.seconds == len(seconds)
        assert step.stats.answered == sum(seconds)
        assert step.cores is not None
        assert begin < step.cores.fund <= (place + 1) * SECONDS
    assert cut.recovered.stats.offered == 100 * (20 - RECOVERY_SECONDS)
    assert cut.recovered.seconds == 20 - RECOVERY_SECONDS


def test_the_json_has_a_row_for_each_step() -> None:
    described = curve().as_json()
    rows = described["steps"]
    assert isinstance(rows, list)
    assert [(row["times"], row["offered_per_s"], row["goodput_per_s"]) for row in rows] == [
        (times, CAPACITY * times, min(CAPACITY * times, CAPACITY)) for times in TIMES
    ]
    assert rows[-1]["share_of_peak"] == 1
    assert rows[-1]["share_per_core"] is None
    assert described["expectations"] == dict(curve().expectations)
