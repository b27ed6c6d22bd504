"""How a plan is driven."""

from __future__ import annotations

from typing import Any, cast

from loadtest.generator.client_faults import Disturbance
from loadtest.scenario.run import Drive


class FakeInflicting:
    disturbances = (Disturbance(20, 40, cut=""),)

    async def run(self, course: object) -> None:
        raise AssertionError(course)


async def beside(_: object) -> None:
    raise AssertionError


def test_a_fault_joins_what_is_done_to_lines_and_what_goes_on_beside() -> None:
    before = Drive(disturbances=[Disturbance(1, 2)], besides=[cast(Any, beside)])
    inflicting = FakeInflicting()
    how = before.with_fault(cast(Any, inflicting))
    assert list(how.disturbances) == [Disturbance(1, 2), Disturbance(20, 40, cut="")]
    assert list(how.besides) == [beside, inflicting.run]
    assert how.generators == before.generators
