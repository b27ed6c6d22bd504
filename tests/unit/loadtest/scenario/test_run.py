"""How a plan is driven."""

from __future__ import annotations

from typing import Any, cast

from loadtest.generator.client_faults import ClientFault
from loadtest.scenario.run import RunOptions


class FakeInflicting:
    client_faults = (ClientFault(20, 40, cut=""),)

    async def run(self, context: object) -> None:
        raise AssertionError(context)


async def beside(_: object) -> None:
    raise AssertionError


def test_a_fault_joins_what_is_done_to_lines_and_what_goes_on_beside() -> None:
    before = RunOptions(client_faults=[ClientFault(1, 2)], background_tasks=[cast(Any, beside)])
    injection = FakeInflicting()
    how = before.with_fault(cast(Any, injection))
    assert list(how.client_faults) == [ClientFault(1, 2), ClientFault(20, 40, cut="")]
    assert list(how.background_tasks) == [beside, injection.run]
    assert how.generators == before.generators
