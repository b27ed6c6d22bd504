"""A generator's schedule from its first visit to its result, with a fake fund."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from loadtest.dataset.terminals import sign_in_all
from loadtest.generator.client_faults import ClientFault
from loadtest.generator.messages import Assignment, Done
from loadtest.generator.scheduled_run import run_schedule
from loadtest.scenario.answer_sample import AnswerSample
from loadtest.scenario.executor import Executor
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import RunStats
from tests.unit.loadtest.generator.builders import BY_NUMBER, PLAN, FakePool, assignment

LOOK_UP = "/v1/eligibility/number"


def run(pool: FakePool, work: Assignment) -> tuple[Done, Executor]:
    async def signed_in() -> tuple[Done, Executor]:
        executor, visitors = Executor(RunStats(), AnswerSample()), work.visitors()
        await sign_in_all(cast(Any, pool), visitors.terminals)
        return await run_schedule(work, visitors, cast(Any, pool), executor), executor

    return asyncio.run(signed_in())


def test_the_result_has_every_visit_of_the_schedule() -> None:
    pool = FakePool()
    done, executor = run(pool, assignment())
    stats = RunStats.from_message(done.stats)
    assert stats.offered == stats.answered == len(executor.sample.drain()) > 0
    assert pool.calls[:4] == ["/v1/token"] * 4
    assert pool.calls[4:] == [LOOK_UP] * stats.offered
    assert done.usage.cpu_seconds > 0
    assert done.usage.connections == pool.peak


@pytest.mark.parametrize("seed", [1, 2])
def test_the_seed_draws_the_visits_and_nothing_else_does(seed: int) -> None:
    work = assignment(plan=Plan(BY_NUMBER, seconds=0.1, scale=1.0, seed=seed))
    first, second = (RunStats.from_message(run(FakePool(), work)[0].stats).offered for _ in range(2))
    assert first == second > 0


def test_client_faults_are_applied_in_the_run_and_undone_by_its_end() -> None:
    pool = FakePool()
    faults = (
        ClientFault(0.0, 600.0, blocked_prefix="/v1/token"),
        ClientFault(0.01, 0.01, new_connections=3, tokens_lost=True),
    )
    run(pool, assignment(*faults, plan=PLAN))
    assert [call for call in pool.calls if " " in call] == [
        "block /v1/token", "reconnect 3", "unblock /v1/token",
    ]  # fmt: skip
    assert pool.calls.count("/v1/token") > 4  # again, when the tokens were lost
