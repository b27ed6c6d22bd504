"""What a soak is judged by: what may not grow, and what must hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from loadtest.sections import Text
from loadtest.soak.reading import Reading
from loadtest.soak.verdict import MIN_READINGS, Closing, Judgement, PhaseResult, judge, passed

COUNT = 20

RESULT = PhaseResult(
    "publish", met=True, wrong=0, compared=500, p99_ms=30.0, verdict=Text("想定どおりです。", "As expected.")
)
CLOSING = Closing(
    log={"holds": True, "leaves": 900, "records": 900},
    backup={"holds": True},
    backups=7,
    claims=20,
    refused=0,
    claims_failures=0,
    before_month=400,
    after_month=500,
)

Figure = Callable[[int], float]


def constant(value: float) -> Figure:
    return lambda _: value


STEADY_MEMORY, STEADY_FILES, STEADY_CONNECTIONS = constant(200), constant(60), constant(20)
STEADY_DISK, STEADY_P99 = constant(2000), constant(30)


def growing(first: float, last: float) -> Figure:
    return lambda place: first + (last - first) * place / (COUNT - 1)


def early(first: float, later: float) -> Figure:
    """Grows while caches fill only."""
    return lambda place: first if place < COUNT // 5 else later


def readings(
    *,
    memory: Figure = STEADY_MEMORY,
    files: Figure = STEADY_FILES,
    connections: Figure = STEADY_CONNECTIONS,
    per_check: Figure = STEADY_DISK,
    count: int = COUNT,
) -> list[Reading]:
    """One for each phase, with a thousand checks each."""
    disk, made = 10**9, []
    for place in range(count):
        disk += int(per_check(place) * 1000)
        kinds = {"api": memory(place), "jobs": 100.0}
        made.append(
            Reading(
                place * 600.0, kinds, {"api": int(files(place))}, int(connections(place)), disk, place * 1000
            )
        )
    return made


def results(p99: Figure = STEADY_P99, count: int = COUNT, **changes: Any) -> list[PhaseResult]:
    made = [replace(RESULT, p99_ms=p99(place)) for place in range(count)]
    return [*made[:-1], replace(made[-1], **changes)]


def judged(
    name: str,
    phases: Sequence[PhaseResult] | None = None,
    states: Sequence[Reading] | None = None,
    **closing: Any,
) -> Judgement:
    """One criterion."""
    every = judge(phases or results(), states or readings(), replace(CLOSING, **closing))
    [found] = [one for one in every if one.name == name]
    return found


def test_a_soak_without_growth_in_which_everything_holds_has_passed() -> None:
    every = judge(results(), readings(), CLOSING)
    assert [one.name for one in every] == [
        "answers", "faults", "log", "backup", "claims", "month-end", "memory: api", "memory: jobs", "open-files: api",
        "connections: database", "disk", "p99",
    ]  # fmt: skip
    assert [one.name for one in every if one.met is not True] == []
    assert passed(every)


@pytest.mark.parametrize(
    ("name", "states", "met"),
    [
        ("memory: api", readings(memory=growing(200, 202)), True),
        ("memory: api", readings(memory=growing(200, 300)), False),
        ("memory: api", readings(memory=early(100, 300)), True),
        ("memory: jobs", readings(memory=growing(200, 300)), True),
        ("open-files: api", readings(files=growing(60, 70)), True),
        ("open-files: api", readings(files=growing(60, 200)), False),
        ("connections: database", readings(connections=growing(20, 25)), True),
        ("connections: database", readings(connections=growing(20, 80)), False),
        ("disk", readings(per_check=growing(2000, 2400)), True),
        ("disk", readings(per_check=growing(1000, 9000)), False),
        ("disk", readings(per_check=early(90_000, 2000)), True),
        ("disk", readings(per_check=constant(0)), True),
    ],
    ids=[
        "memory hardly grows", "memory grows", "memory fills caches", "another process", "few files more", "files grow",
        "few connections more", "connections grow", "disk as checks", "disk faster than checks", "disk at first", "no disk",
    ],
)  # fmt: skip
def test_what_may_not_grow(name: str, states: list[Reading], met: bool) -> None:
    assert judged(name, states=states).met is met


@pytest.mark.parametrize(
    ("p99", "met"),
    [(growing(30, 40), True), (growing(30, 500), False), (early(900, 30), True)],
    ids=["hardly grows", "grows", "slow at first"],
)
def test_the_p99_of_the_undisturbed_thirds_stays(p99: Figure, met: bool) -> None:
    assert judged("p99", results(p99)).met is met


@pytest.mark.parametrize("count", [1, MIN_READINGS - 1])
def test_growth_is_not_judged_by_a_few_readings(count: int) -> None:
    every = judge(results(count=count), readings(memory=growing(1, 10**6), count=count), CLOSING)
    unjudged = {one.name for one in every if one.met is None}
    assert unjudged == {
        "memory: api",
        "memory: jobs",
        "open-files: api",
        "connections: database",
        "disk",
        "p99",
    }
    assert passed(every)


@pytest.mark.parametrize(
    ("name", "phases", "closing", "sentence"),
    [
        ("answers", results(wrong=2), {}, "2 of 10,000 answers compared with the reference model were wrong."),
        ("answers", [replace(RESULT, compared=0)], {}, "0 of 0 answers compared with the reference model were wrong."),
        ("faults", results(met=False), {}, "1 of 20 faults were not as expected (publish)."),
        ("log", None, {"log": {"holds": False, "leaves": 9, "records": 8}},
         "The audit log does not hold: 9 leaves, 8 records."),
        ("log", None, {"log": {"holds": True}}, "The audit log does not hold: 0 leaves, 0 records."),
        ("log", None, {"log": {"holds": "yes", "records": 1}}, "The audit log does not hold: 0 leaves, 1 records."),
        ("backup", None, {"backup": {"holds": False}}, "7 back-ups; restored aside they do not hold."),
        ("backup", None, {"backups": 0}, "0 back-ups; restored aside they do not hold."),
        ("claims", None, {"refused": 1}, "20 claim files were sent, 1 of them refused; 0 sent again after technical failures."),
        ("claims", None, {"claims": 0}, "0 claim files were sent, 0 of them refused; 0 sent again after technical failures."),
        ("month-end", None, {"after_month": 0}, "400 records are before the month's end and 0 after it."),
        ("month-end", None, {"before_month": 0}, "0 records are before the month's end and 500 after it."),
    ],
    ids=["a wrong answer", "nothing compared", "a fault", "the log", "an empty log", "no verdict of the log", "back-ups",
         "no back-up", "a refused file", "no claims", "before the month's end only", "after it only"],
)  # fmt: skip
def test_what_must_hold(
    name: str, phases: list[PhaseResult] | None, closing: dict[str, Any], sentence: str
) -> None:
    found = judged(name, phases, **closing)
    assert (found.met, found.sentence.en) == (False, sentence)
    assert not passed([found])
    assert not found.sentence.ja.isascii()


def test_a_soak_without_phases_has_not_passed() -> None:
    assert not passed(judge([], [], CLOSING))
