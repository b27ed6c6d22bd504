"""The conductor of `loadtest run` and Locust's workers, with a fake fund: what would make a report untrue."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from random import Random

import psutil
import pytest

from loadtest.arrivals import RatePeriod, arrivals
from loadtest.conductor.run_handle import LOCAL_COMMAND, Conductor, RunResult
from loadtest.errors import LoadError
from loadtest.generator.partition import make_assignments
from loadtest.piped_child import PipedChild
from loadtest.scenario.plan import Plan
from tests.builders.conductor.fake_fund import FakeFund
from tests.depth import DEEP
from tests.unit.loadtest.generator.builders import BY_NUMBER, visitors

LOOK_UP = "/v1/eligibility/number"
PLAN = Plan(BY_NUMBER, seconds=2.0, scale=1.0, seed=5)
ELSEWHERE = LOCAL_COMMAND.replace("/loadtest/locustfile.py", "/loadtest/../loadtest/locustfile.py")
"""A command line that is not the local one: its worker is a process even if it is the only one."""
STANDS_STILL_SECONDS = 1.5

Meanwhile = Callable[[Conductor], Awaitable[None]]


async def nothing(_: Conductor) -> None:
    """Meanwhile nothing happens."""


def conducted(
    fund: FakeFund,
    command_lines: Sequence[str],
    plan: Plan = PLAN,
    *,
    before: Meanwhile = nothing,
    during: Meanwhile = nothing,
) -> RunResult:
    """The result of a plan. `before`: what happens when every worker is ready; `during`: in the run."""

    async def run() -> RunResult:
        assignments = make_assignments(fund.url, plan, visitors(4), len(command_lines))
        async with Conductor(command_lines, fund.url, plan, assignments) as conductor:
            await before(conductor)
            await conductor.start_load()
            _, result = await asyncio.gather(during(conductor), conductor.result())
            return result

    return asyncio.run(run())


def scheduled(plan: Plan) -> int:
    return sum(1 for _ in arrivals([RatePeriod(plan.seconds, plan.checks_per_s)], Random(plan.seed)))


async def address_is_loopback_and_a_late_worker_is_refused(conductor: Conductor) -> None:
    assert conductor._process is not None
    listening = {
        connection.laddr
        for connection in psutil.Process(conductor._process.pid).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert {address.ip for address in listening} == {"127.0.0.1"}
    [port] = [address.port for address in listening]
    late = await PipedChild.start(
        [word.replace("{master_port}", str(port)) for word in LOCAL_COMMAND.split()]
    )
    text = await late.failure("the late worker")
    assert late.exit_code == 3, text
    assert "the master refused this worker: it is late" in text


def test_two_workers_run_the_plan_of_the_seed_and_the_slowest_visits_are_in_the_result() -> None:
    """The fund stands still from before the last visit to long after it. A late worker takes nothing of it."""
    with FakeFund(stands_still=(100, STANDS_STILL_SECONDS)) as fund:
        result = conducted(fund, [LOCAL_COMMAND] * 2, before=address_is_loopback_and_a_late_worker_is_refused)
    parts = [one.plan for one in make_assignments("http://127.0.0.1:1", PLAN, visitors(4), 2)]
    stats = result.stats
    assert stats.offered == stats.answered == fund.requests[LOOK_UP] == sum(map(scheduled, parts)) > 100
    assert len(result.sampled) == stats.answered
    waited = (
        PLAN.checks_per_s * STANDS_STILL_SECONDS / stats.offered
    )  # share of the visits, had the plan gone on
    for share in (0.9, 0.99):  # who arrived meanwhile waited for the rest of it
        expected_ms = 1000 * STANDS_STILL_SECONDS * (1 - (1 - share) / waited)
        assert stats.checks.percentile_ms(share) == pytest.approx(expected_ms, rel=0.15)
    assert stats.errors.total() == 0
    assert len(result.usages) == 2
    assert all(usage.cpu_seconds > 0 for usage in result.usages)


def test_a_killed_worker_fails_the_run() -> None:
    async def kill(conductor: Conductor) -> None:
        while conductor.latest is None or not conductor.latest.answered:
            await asyncio.sleep(0.05)
        os.kill(conductor.workers[0].pid, signal.SIGKILL)

    plan = Plan(BY_NUMBER, seconds=60.0, scale=1.0, seed=5)
    with FakeFund() as fund, pytest.raises(LoadError, match="a generator exited with -9"):
        conducted(fund, [ELSEWHERE], plan, during=kill)


@pytest.mark.skipif(
    not DEEP, reason="two processes more; tests/unit/loadtest/conductor has the master's part; `make deep`"
)
def test_a_worker_with_other_sources_fails_the_run_before_its_load() -> None:
    other = LOCAL_COMMAND.replace("loadtest/locustfile.py", "tests/builders/conductor/other_sources.py")
    with FakeFund() as fund, pytest.raises(LoadError, match="runs other sources than the master"):
        conducted(fund, [other])
    assert fund.requests[LOOK_UP] == 0


def test_the_conductor_alone_states_what_it_needs() -> None:
    async def run() -> str:
        child = await PipedChild.start(
            [sys.executable, "-m", "loadtest.conductor.run_process"], line_limit=1000
        )
        await child.write(b"an order\n")
        await child.end(60.0)
        return await child.failure("the conductor")

    text = asyncio.run(run())
    assert text.startswith("the conductor exited with 3")
    assert "`loadtest run` starts this process" in text
    assert "Traceback" not in text
