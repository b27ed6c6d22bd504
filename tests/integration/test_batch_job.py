"""The job of batch checks: steps, interruptions, misses and retention."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from eligibility_api import scheduler
from eligibility_api.audit.recompute import recompute
from eligibility_api.batches import job
from eligibility_api.batches.job import ROWS_PER_STEP, RateLimiter
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.tokens import Credential
from eligibility_api.database.connections import Database
from eligibility_api.eligibility.by_number import look_up
from eligibility_api.platform.settings import Settings
from tests.builders.batches import (
    accepted,
    batch_job,
    enrolled,
    fetched,
    get,
    row_of,
    run_until_idle,
    submit,
    unknown_row,
)
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_CLINIC

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def clinic(fund: Fund) -> Credential:
    """Another terminal of the same facility."""
    return await fund.terminal(rights=(Right.ELIGIBILITY,))


@pytest.fixture(autouse=True)
async def nothing_open(fund: Fund) -> None:
    """Delete the batches of other tests."""
    await fund.owner.fetch("DELETE FROM batch_check", [])


async def test_another_job_continues_after_one_that_ended_between_steps(fund: Fund) -> None:
    batch = await accepted(fund, [unknown_row(n) for n in range(3 * ROWS_PER_STEP)])
    while await batch_job(fund).run_step():
        pass
    results = await fetched(fund, batch)
    assert [r["row"] for r in results] == list(range(1, 3 * ROWS_PER_STEP + 1))


async def test_a_job_that_is_killed_within_a_step_loses_and_repeats_no_visible_answer(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await accepted(fund, [unknown_row(n) for n in range(2 * ROWS_PER_STEP)])
    await batch_job(fund).run_step()
    visible = await fetched(fund, batch)

    calls = 0

    async def killed_at_the_fifth(*arguments: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise asyncio.CancelledError
        return await look_up(*arguments, **more)

    monkeypatch.setattr(job, "look_up", killed_at_the_fifth)
    with pytest.raises(asyncio.CancelledError):
        await batch_job(fund).run_step()
    assert await fetched(fund, batch) == visible
    monkeypatch.setattr(job, "look_up", look_up)
    await run_until_idle(fund)

    results = await fetched(fund, batch)
    records = await fund.records("kind = 'eligibility.batch'")
    named = [r["answer"]["record_id"] for r in results]
    assert results[:ROWS_PER_STEP] == visible
    assert len(set(named)) == 2 * ROWS_PER_STEP
    # The records of the four lost answers remain.
    assert set(named) < {str(r["record_id"]) for r in records[-2 * ROWS_PER_STEP - 4 :]}


async def test_only_look_ups_commit_without_waiting_for_the_disk(fund: Fund) -> None:
    look_ups = Database(fund.database.dsn("api"), durable=False)
    await look_ups.open()
    shown = [
        await d.fetch("SHOW synchronous_commit", []) for d in (look_ups, fund.state.database, fund.batch)
    ]
    await look_ups.close()
    assert [row["synchronous_commit"] for [row] in shown] == ["off", "on", "on"]


async def test_a_row_that_raises_an_internal_error_does_not_block_the_others(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await accepted(fund, [unknown_row(1), unknown_row(2)])

    async def failing(database: Any, caller: Any, question: Any, **more: Any) -> Any:
        if question.membership.number == "nobody-1":
            raise RuntimeError("a fault")
        return await look_up(database, caller, question, **more)

    monkeypatch.setattr(job, "look_up", failing)
    await run_until_idle(fund)

    assert [r["code"] for r in await fetched(fund, batch)] == ["internal", None]


async def test_during_an_outage_nothing_is_answered_and_the_step_is_retried(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await accepted(fund, [unknown_row(1), unknown_row(2)])

    async def unavailable(*_: Any, **__: Any) -> Any:
        raise ShikakuError("database-unavailable")

    monkeypatch.setattr(job, "look_up", unavailable)
    with pytest.raises(ShikakuError):
        await batch_job(fund).run_step()
    assert (await get(fund, batch)).json()["answered"] == 0
    monkeypatch.setattr(job, "look_up", look_up)
    await run_until_idle(fund)

    assert [r["code"] for r in await fetched(fund, batch)] == [None, None]


async def test_an_auditor_can_recompute_every_answer_of_a_batch(fund: Fund) -> None:
    person = await enrolled(fund)
    batch = await accepted(fund, [row_of(person), unknown_row(), row_of(person, branch=None)])
    await run_until_idle(fund)

    auditor = Database(fund.database.dsn("auditor"))
    again = []
    async with auditor.transaction() as connection:
        for result in await fetched(fund, batch):
            record_id = UUID(result["answer"]["record_id"])
            answers = recompute(connection, version_key=fund.state.keys.version, record_id=record_id)
            again += [answer.model_dump(mode="json") async for answer in answers]
    await auditor.close()

    assert again == [result["answer"] for result in await fetched(fund, batch)]


async def test_open_batches_take_turns(fund: Fund) -> None:
    other = await fund.terminal(institution_code=OTHER_CLINIC)
    large = await accepted(fund, [unknown_row(n) for n in range(5 * ROWS_PER_STEP)])
    small = await accepted(fund, [unknown_row()], other)
    runner = batch_job(fund)
    await runner.run_step()
    await runner.run_step()
    answers = [(await get(fund, large)).json(), (await get(fund, small, other)).json()]
    assert [(a["state"], a["answered"]) for a in answers] == [("processing", ROWS_PER_STEP), ("done", 1)]


async def test_misses_in_a_batch_are_logged_as_streaks_and_do_not_count_for_single_look_ups(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    streaks: list[int] = []
    monkeypatch.setattr(job, "log_streak", lambda _, streak: streaks.append(streak))
    person = await enrolled(fund)
    limit = Settings().number_misses_per_hour
    batch = await accepted(
        fund, [row_of(person), *(unknown_row(n) for n in range(limit + 1)), row_of(person)]
    )
    await run_until_idle(fund)

    assert streaks == [0, *range(1, limit + 2), 0]
    assert {r["code"] for r in await fetched(fund, batch)} == {None}
    assert (await fund.post("/v1/eligibility/number", unknown_row())).status_code == 200


async def test_beyond_the_limit_of_misses_per_day_nothing_is_looked_up(fund: Fund) -> None:
    person = await enrolled(fund)
    batch = await accepted(
        fund, [unknown_row(1), row_of(person), unknown_row(2), row_of(person, tag="P-4"), unknown_row(3)]
    )
    recorded = len(await fund.records("kind = 'eligibility.batch'"))
    await run_until_idle(fund, misses_per_day=2)

    results = await fetched(fund, batch)

    assert [r["code"] for r in results] == [None, None, None, "number-miss-limit", "number-miss-limit"]
    assert (results[3]["tag"], results[3]["answer"]) == ("P-4", None)
    assert len(await fund.records("kind = 'eligibility.batch'")) == recorded + 3


async def test_misses_per_day_are_counted_over_all_batches_of_a_facility_and_survive_a_restart(
    fund: Fund, clinic: Credential
) -> None:
    other = await fund.terminal(institution_code=OTHER_CLINIC)
    codes = []
    for terminal in (None, clinic, other):
        batch = await accepted(fund, [unknown_row(n) for n in range(ROWS_PER_STEP + 1)], terminal)
        await run_until_idle(fund, misses_per_day=ROWS_PER_STEP + 2)
        lines = (await get(fund, f"{batch}/results", terminal)).text.splitlines()
        codes.append([json.loads(line)["code"] for line in lines].count("number-miss-limit"))
    assert codes == [0, ROWS_PER_STEP, 0]

    await fund.owner.fetch("UPDATE batch_check SET last_worked_at = now() - interval '1 day'", [])
    batch = await accepted(fund, [unknown_row()])
    await run_until_idle(fund, misses_per_day=ROWS_PER_STEP + 2)
    assert [r["code"] for r in await fetched(fund, batch)] == [None]


async def test_requests_are_deleted_once_they_are_answered(fund: Fund) -> None:
    person = await enrolled(fund)
    await accepted(fund, [row_of(person), unknown_row()])
    await run_until_idle(fund)
    rows = await fund.owner.fetch("SELECT request, result FROM batch_row", [])
    assert [row["request"] for row in rows] == [None, None]


async def test_after_seven_days_a_batch_is_hidden_and_deleted(fund: Fund) -> None:
    response = await submit(fund, [unknown_row()])
    batch = response.json()
    assert timedelta(days=7) - timedelta(minutes=1) < _life(batch) <= timedelta(days=7)

    await fund.owner.fetch("UPDATE batch_check SET kept_until = now()", [])
    assert (await get(fund, batch["batch_id"])).json()["code"] == "not-found"
    assert await batch_job(fund).run_step() is False

    await scheduler._delete_expired_batches(fund.batch)
    assert await fund.owner.fetch("SELECT FROM batch_row", []) == []


def _life(batch: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(batch["kept_until"]) - datetime.fromisoformat(batch["accepted_at"])


async def test_a_terminal_that_was_closed_meanwhile_gets_no_more_answers(fund: Fund) -> None:
    closing = await fund.terminal()
    batch = await accepted(fund, [unknown_row()], closing)
    await fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [closing.client_id]
    )
    await run_until_idle(fund)

    assert [r["code"] for r in await fetched(fund, batch)] == ["client-closed"]
    assert (await get(fund, batch, closing)).json()["code"] == "client-closed"
    assert (await submit(fund, [unknown_row()], closing)).json()["code"] == "client-closed"


async def test_slots_are_evenly_spaced_and_a_missed_one_is_not_made_up_for() -> None:
    waited: list[float] = []
    now = 100.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        waited.append(round(seconds, 3))
        now += seconds

    limiter = RateLimiter(10, now=lambda: now, sleep=sleep)
    for passing in (0, 0, 0.04, 7, 0):
        now += passing
        await limiter.wait()
    assert waited == [0, 0.1, 0.06, 0, 0.1]
