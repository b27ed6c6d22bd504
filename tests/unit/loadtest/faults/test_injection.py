"""A fault on its way through a run: inflicted, lifted whatever happens, judged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from loadtest.faults.fault import Expectation, Fault, Finding, Window, always
from loadtest.faults.injection import Injection
from loadtest.generator.client_faults import ClientFault
from loadtest.scenario.run_stats import RunStats, Series
from loadtest.target import LoadError
from tests.unit.loadtest.faults.builders import fault_context

WINDOW = Window(10, 20)


class Noted:
    """An inflictor that notes what it is told to do."""

    def __init__(
        self, notes: list[str], remark: Finding | None = None, failure: Exception | None = None
    ) -> None:
        self._notes = notes
        self._remark = remark
        self._failure = failure

    async def inject(self) -> None:
        self._notes.append("inflicted")
        if self._failure is not None:
            raise self._failure

    async def lift(self) -> None:
        self._notes.append("lifted")

    async def findings(self, answers: Sequence[bytes]) -> list[Finding]:
        return [Finding("answers", len(answers)), *([self._remark] if self._remark else [])]


class FakeCourse:
    """A drive whose time passes at once; `hold`: the instant that never comes."""

    def __init__(self, notes: list[str], hold: float | None = None) -> None:
        self._notes = notes
        self._hold = hold

    async def until(self, seconds: float) -> None:
        if seconds == self._hold:
            await asyncio.Event().wait()
        self._notes.append(f"{seconds:g} s")


def fault(make: Callable[[object], Noted]) -> Fault:
    expected = always(Expectation("Nobody notices."))
    return Fault(
        "made-up", "something is made up", expected, make, lambda w: [ClientFault(w.began, w.lifted)]
    )


def quiet() -> Series:
    seen = RunStats()
    seen.check_began(0.5)
    seen.check_ended(0.5, 0.01, answered=True)
    return seen.series


def test_it_is_inflicted_and_lifted_at_its_instants() -> None:
    notes: list[str] = []
    injection = Injection(fault(lambda _: Noted(notes)), fault_context(window=WINDOW))
    asyncio.run(injection.run(cast(Any, FakeCourse(notes))))
    assert notes == ["10 s", "inflicted", "20 s", "lifted"]
    assert injection.client_faults == [ClientFault(10, 20)]


def test_it_is_lifted_when_the_drive_ends_too_early_and_when_inflicting_failed() -> None:
    notes: list[str] = []

    async def cut_short() -> None:
        injection = Injection(fault(lambda _: Noted(notes)), fault_context(window=WINDOW))
        task = asyncio.create_task(injection.run(cast(Any, FakeCourse(notes, hold=20))))
        while "inflicted" not in notes:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(cut_short())
    assert notes == ["10 s", "inflicted", "lifted"]
    notes.clear()
    failing = Injection(fault(lambda _: Noted(notes, failure=LoadError("no"))), fault_context(window=WINDOW))
    with pytest.raises(LoadError):
        asyncio.run(failing.run(cast(Any, FakeCourse(notes))))
    assert notes == ["10 s", "inflicted", "lifted"]


@pytest.mark.parametrize("remark", [None, Finding("odd", 1, "something was odd")])
def test_the_part_of_the_report_says_what_was_expected_and_what_came(remark: Finding | None) -> None:
    notes: list[str] = []

    async def run() -> Any:
        injection = Injection(fault(lambda _: Noted(notes, remark)), fault_context(window=WINDOW))
        await injection.run(cast(Any, FakeCourse(notes)))
        return await injection.judged(quiet(), 30, [b"{}"])

    part = asyncio.run(run())
    told = part.as_json()
    assert (part.name, part.span, told["name"], told["answers"]) == ("fault", (10, 20), "made-up", 1)
    assert told["expectation"] == "Nobody notices."
    assert part.held is (remark is None)
    assert told["verdict"] == part.sentences[-1]
    assert part.sentences[-1].startswith(
        "As expected" if remark is None else "Not as expected: something was odd"
    )


def test_a_run_that_was_over_before_has_no_fault_to_judge() -> None:
    injection = Injection(fault(lambda _: Noted([])), fault_context(window=WINDOW))
    with pytest.raises(LoadError, match="over before"):
        asyncio.run(injection.judged(quiet(), 30, []))
