"""A fault on its way through a run: inflicted, lifted whatever happens, judged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from loadtest.faults.fault import Expectation, Fault, Remark, Window, always
from loadtest.faults.injection import Inflicting
from loadtest.generator.client_faults import Disturbance
from loadtest.scenario.run_stats import Seen, Series
from loadtest.target import LoadError
from tests.unit.loadtest.faults.builders import scene

WINDOW = Window(10, 20)


class Noted:
    """An inflictor that notes what it is told to do."""

    def __init__(
        self, notes: list[str], remark: Remark | None = None, failure: Exception | None = None
    ) -> None:
        self._notes = notes
        self._remark = remark
        self._failure = failure

    async def inflict(self) -> None:
        self._notes.append("inflicted")
        if self._failure is not None:
            raise self._failure

    async def lift(self) -> None:
        self._notes.append("lifted")

    async def remarks(self, answers: Sequence[bytes]) -> list[Remark]:
        return [Remark("answers", len(answers)), *([self._remark] if self._remark else [])]


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
        "made-up", "something is made up", expected, make, lambda w: [Disturbance(w.began, w.lifted)]
    )


def quiet() -> Series:
    seen = Seen()
    seen.check_began(0.5)
    seen.check_ended(0.5, 0.01, answered=True)
    return seen.series


def test_it_is_inflicted_and_lifted_at_its_instants() -> None:
    notes: list[str] = []
    inflicting = Inflicting(fault(lambda _: Noted(notes)), scene(window=WINDOW))
    asyncio.run(inflicting.run(cast(Any, FakeCourse(notes))))
    assert notes == ["10 s", "inflicted", "20 s", "lifted"]
    assert inflicting.disturbances == [Disturbance(10, 20)]


def test_it_is_lifted_when_the_drive_ends_too_early_and_when_inflicting_failed() -> None:
    notes: list[str] = []

    async def cut_short() -> None:
        inflicting = Inflicting(fault(lambda _: Noted(notes)), scene(window=WINDOW))
        task = asyncio.create_task(inflicting.run(cast(Any, FakeCourse(notes, hold=20))))
        while "inflicted" not in notes:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(cut_short())
    assert notes == ["10 s", "inflicted", "lifted"]
    notes.clear()
    failing = Inflicting(fault(lambda _: Noted(notes, failure=LoadError("no"))), scene(window=WINDOW))
    with pytest.raises(LoadError):
        asyncio.run(failing.run(cast(Any, FakeCourse(notes))))
    assert notes == ["10 s", "inflicted", "lifted"]


@pytest.mark.parametrize("remark", [None, Remark("odd", 1, "something was odd")])
def test_the_part_of_the_report_says_what_was_expected_and_what_came(remark: Remark | None) -> None:
    notes: list[str] = []

    async def run() -> Any:
        inflicting = Inflicting(fault(lambda _: Noted(notes, remark)), scene(window=WINDOW))
        await inflicting.run(cast(Any, FakeCourse(notes)))
        return await inflicting.judged(quiet(), 30, [b"{}"])

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
    inflicting = Inflicting(fault(lambda _: Noted([])), scene(window=WINDOW))
    with pytest.raises(LoadError, match="over before"):
        asyncio.run(inflicting.judged(quiet(), 30, []))
