"""The injection of a fault in a run: injected, removed in any case, evaluated."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from loadtest.errors import LoadError
from loadtest.faults.evaluation import evaluate
from loadtest.faults.fault import Expectation, Fault, Finding, Window, always
from loadtest.faults.injection import Injection, fault_section
from loadtest.generator.client_faults import ClientFault
from loadtest.scenario.run_stats import RunStats, TimeSeries
from tests.unit.loadtest.faults.builders import fault_context, text

WINDOW = Window(10, 20)


class RecordingInjector:
    """Records its calls."""

    def __init__(
        self, calls: list[str], finding: Finding | None = None, failure: Exception | None = None
    ) -> None:
        self._calls = calls
        self._finding = finding
        self._failure = failure

    async def inject(self) -> None:
        self._calls.append("injected")
        if self._failure is not None:
            raise self._failure

    async def remove(self) -> None:
        self._calls.append("removed")

    async def findings(self, answers: Sequence[bytes]) -> list[Finding]:
        found = [self._finding] if self._finding else []
        return [Finding("answers", len(answers), took_hold=True), *found]


class FakeContext:
    """A run whose time passes at once. `never`: the instant that is never reached."""

    def __init__(self, calls: list[str], never: float | None = None) -> None:
        self._calls = calls
        self._never = never

    async def until(self, seconds: float) -> None:
        if seconds == self._never:
            await asyncio.Event().wait()
        self._calls.append(f"{seconds:g} s")


def fault(make: Callable[[object], RecordingInjector]) -> Fault:
    expected = always(Expectation(text("No effect.")))
    return Fault(
        "made-up",
        text("something is made up"),
        expected,
        make,
        lambda window: [ClientFault(window.began, window.ended)],
    )


def injection(calls: list[str], **options: Any) -> Injection:
    return Injection(fault(lambda _: RecordingInjector(calls, **options)), fault_context(window=WINDOW))


def undisturbed() -> TimeSeries:
    stats = RunStats()
    stats.check_began(0.5)
    stats.check_ended(0.5, 0.01, answered=True)
    return stats.series


def test_a_fault_is_injected_and_removed_at_its_times() -> None:
    calls: list[str] = []
    one = injection(calls)
    asyncio.run(one.run(cast(Any, FakeContext(calls))))
    assert calls == ["10 s", "injected", "20 s", "removed"]
    assert one.client_faults == [ClientFault(10, 20)]


def test_a_fault_is_removed_when_the_run_ends_early() -> None:
    calls: list[str] = []

    async def cut_short() -> None:
        task = asyncio.create_task(injection(calls).run(cast(Any, FakeContext(calls, never=20))))
        while "injected" not in calls:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(cut_short())
    assert calls == ["10 s", "injected", "removed"]


def test_a_fault_is_removed_when_its_injection_fails() -> None:
    calls: list[str] = []
    failing = injection(calls, failure=LoadError("no"))
    with pytest.raises(LoadError):
        asyncio.run(failing.run(cast(Any, FakeContext(calls))))
    assert calls == ["10 s", "injected", "removed"]


@pytest.mark.parametrize("finding", [None, Finding("odd", 1, text("something was odd"))])
def test_the_section_contains_the_expectation_and_the_verdict(finding: Finding | None) -> None:
    calls: list[str] = []

    async def run() -> Any:
        one = injection(calls, finding=finding)
        await one.run(cast(Any, FakeContext(calls)))
        return await one.section(undisturbed(), 30, [b"{}"])

    section = asyncio.run(run())
    json = section.as_json()
    assert (section.name, section.span, json["name"], json["answers"]) == ("fault", (10, 20), "made-up", 1)
    assert json["expectation"] == "No effect."
    assert section.met is (finding is None)
    assert (json["verdict_ja"], json["verdict"]) == section.sentences[-1]
    assert json["verdict"].startswith(
        "As expected" if finding is None else "Not as expected: something was odd"
    )
    assert json["verdict_ja"].startswith("想定どおりです" if finding is None else "想定外です：試験")


def test_a_run_that_ended_before_the_injection_is_not_evaluated() -> None:
    with pytest.raises(LoadError, match="over before"):
        asyncio.run(injection([]).section(undisturbed(), 30, []))


@pytest.mark.parametrize(
    ("findings", "missing"),
    [
        ([], "the fault did not take hold ()"),
        ([Finding("probes", 0)], "the fault did not take hold ()"),
        ([Finding("probes", 0, took_hold=False)], "the fault did not take hold (probes: 0)"),
        (
            [Finding("rows", 3, took_hold=True), Finding("probes", 0, took_hold=False)],
            "the fault did not take hold (probes: 0)",
        ),
    ],
    ids=["nothing counted", "no counter of the fault", "a counter at zero", "one of two"],
)
def test_a_fault_that_did_not_take_hold_fails(findings: list[Finding], missing: str) -> None:
    made_up, window = fault(lambda _: RecordingInjector([])), WINDOW
    evaluation = evaluate(undisturbed(), 30, window, made_up.expected(window))
    section = fault_section(made_up, window, evaluation, findings)
    assert not section.met
    assert missing in section.as_json()["verdict"]


def test_the_evidence_of_a_run_is_among_the_figures() -> None:
    counted = Finding("sign_ins", 7, took_hold=True)
    calls: list[str] = []

    async def run() -> Any:
        made_up = replace(fault(lambda _: RecordingInjector(calls)), evidence=lambda *_: counted)
        one = Injection(made_up, fault_context(window=WINDOW))
        await one.run(cast(Any, FakeContext(calls)))
        return await one.section(undisturbed(), 30, [])

    section = asyncio.run(run())
    assert (section.met, section.as_json()["sign_ins"]) == (True, 7)
