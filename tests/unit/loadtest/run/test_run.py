"""The options of a run."""

from __future__ import annotations

from typing import Any, cast

from loadtest.generator.client_faults import ClientFault
from loadtest.run.run import RunOptions


class FakeInjection:
    client_faults = (ClientFault(20, 40, blocked_prefix=""),)

    async def run(self, context: object) -> None:
        raise AssertionError(context)


async def task(_: object) -> None:
    raise AssertionError


def test_an_injection_is_added_to_client_faults_and_background_tasks() -> None:
    before = RunOptions(client_faults=[ClientFault(1, 2)], background_tasks=[cast(Any, task)])
    injection = FakeInjection()
    options = before.with_injection(cast(Any, injection))
    assert list(options.client_faults) == [ClientFault(1, 2), ClientFault(20, 40, blocked_prefix="")]
    assert list(options.background_tasks) == [task, injection.run]
    assert options.generators == before.generators
