"""Deliveries of webhooks while a target is down, silent or gone, and while the job is killed: in order, once or more, or listed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

from eligibility_api.contract.webhooks import WEBHOOKS_PATH
from eligibility_api.domain.webhooks import DISABLED_AFTER, RETRY_DELAYS
from eligibility_api.webhooks.deliveries import RESERVED
from tests.builders.consents import code_of
from tests.builders.fund import Fund
from tests.builders.fund_clients import INSURER, OTHER_INSURER
from tests.builders.webhooks import (
    FixedClock,
    Receiver,
    WebhookSteps,
    delete_all,
    failures,
    record_file,
    run_at,
    send_test,
    subscribe,
    webhook_job,
    webhooks_of,
)

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
async def job(fund: Fund, receiver: Receiver) -> AsyncIterator[WebhookSteps]:
    """The job, which has read everything that was recorded before the test."""
    async with webhook_job(fund, receiver) as opened:
        await opened.run()
        yield opened
        await delete_all(fund)


async def test_a_failed_event_is_sent_again_with_the_same_id_and_later_ones_wait(
    fund: Fund, job: WebhookSteps, receiver: Receiver
) -> None:
    """Rule E6, by a clock that is passed in."""
    subscription = await subscribe(fund, fund.insurer, "/down")
    receiver.statuses["/down"] = 503
    first, second = str(uuid4()), str(uuid4())
    clock = FixedClock(fund.clock() + SECOND)
    async with webhook_job(fund, receiver, clock=clock) as fixed:
        await record_file(fund, first)
        await record_file(fund, second)
        await fixed.run()
        assert len(receiver.of("/down")) == 1
        for attempts, delay in enumerate(RETRY_DELAYS, start=1):
            clock.now += delay - SECOND
            await fixed.run()
            assert len(receiver.of("/down")) == attempts, "too early"
            clock.now += SECOND
            await fixed.run()
            assert receiver.ids("/down")[: attempts + 1] == [receiver.ids("/down")[0]] * (attempts + 1)
        # The first one's time is over: it is listed, and the second is sent.
        assert len(set(receiver.ids("/down"))) == 2
        receiver.statuses["/down"] = 200
        clock.now += RETRY_DELAYS[0]
        await fixed.run()
    assert receiver.events("/down")[-1]["data"] == {"upload_id": second}
    assert [event["data"]["upload_id"] for event in receiver.events("/down")].count(first) == len(
        RETRY_DELAYS
    ) + 1
    [failure] = await failures(fund, fund.insurer, subscription)
    assert failure["event"]["data"] == {"upload_id": first}
    assert (failure["attempts"], failure["last_result"]) == (len(RETRY_DELAYS) + 1, "status-503")
    assert failure["event_id"] == receiver.ids("/down")[0]


async def test_a_target_that_accepts_nothing_is_disabled_with_a_record_and_a_list(
    fund: Fund, job: WebhookSteps, receiver: Receiver
) -> None:
    """Rule E7."""
    subscription = await subscribe(fund, fund.insurer, "/dead")
    receiver.statuses["/dead"] = 500
    uploads = [str(uuid4()) for _ in range(3)]
    for upload in uploads:
        await record_file(fund, upload)
    await job.run()
    await run_at(fund, job, DISABLED_AFTER + SECOND)
    fund.reset_clock()
    await job.run()

    [record] = await fund.records("kind = 'webhook.disabled' AND detail->>'webhook' = $1", subscription.id)
    assert record["insurer_number"] == INSURER
    listed = await failures(fund, fund.insurer, subscription)
    assert [failure["event"]["data"]["upload_id"] for failure in listed] == uploads[::-1]
    [shown] = [w for w in await webhooks_of(fund, fund.insurer) if w["webhook_id"] == subscription.id]
    assert (shown["state"], shown["disabled_because"]) == ("disabled", "failing")
    before = len(receiver.of("/dead"))
    await record_file(fund, str(uuid4()))
    await job.run()
    assert len(receiver.of("/dead")) == before

    receiver.statuses["/dead"] = 200
    enabled = await fund.post(f"{WEBHOOKS_PATH}/{subscription.id}/enable", {}, fund.insurer)
    assert enabled.json()["state"] == "active"
    await record_file(fund, upload := str(uuid4()))
    await job.run()
    assert receiver.events("/dead")[-1]["data"] == {"upload_id": upload}


async def test_a_target_that_is_gone_is_disabled_at_once(
    fund: Fund, job: WebhookSteps, receiver: Receiver
) -> None:
    """Rule E7."""
    subscription = await subscribe(fund, fund.insurer, "/gone")
    receiver.statuses["/gone"] = 410
    event = await send_test(fund, fund.insurer, subscription)
    await job.run()
    [failure] = await failures(fund, fund.insurer, subscription)
    assert (failure["event_id"], failure["last_result"]) == (event, "status-410")
    refused = await fund.post(f"{WEBHOOKS_PATH}/{subscription.id}/test", {}, fund.insurer)
    assert code_of(refused) == "not-found"


async def test_a_silent_target_holds_up_no_other(fund: Fund, receiver: Receiver) -> None:
    """With a single place left, the others are sent one after the other."""
    receiver.silent = {"/silent"}
    other = await fund.admit_insurer(OTHER_INSURER)
    async with webhook_job(fund, receiver, places=2) as job:
        await job.run()
        silent = await subscribe(fund, fund.insurer, "/silent")
        await send_test(fund, fund.insurer, silent)
        assert await job.sender.start_due() == 1
        for path in ("/a", "/b"):
            await send_test(fund, other, await subscribe(fund, other, path))
        async with asyncio.timeout(10):
            while not (receiver.of("/a") and receiver.of("/b")):
                await job.sender.start_due()
                await asyncio.sleep(0)
        assert len(receiver.of("/silent")) == 1
    await delete_all(fund)


async def test_an_attempt_that_was_killed_is_made_again_with_the_same_id(
    fund: Fund, receiver: Receiver
) -> None:
    """At least once: the target had the message, and the fund died before it noted that."""
    receiver.silent = {"/killed"}
    async with webhook_job(fund, receiver) as job:
        await job.run()
        subscription = await subscribe(fund, fund.insurer, "/killed")
        event = await send_test(fund, fund.insurer, subscription)
        assert await job.sender.start_due() == 1
        async with asyncio.timeout(10):
            while not receiver.of("/killed"):
                await asyncio.sleep(0)
    receiver.silent = set()
    async with webhook_job(fund, receiver) as job:
        await job.run()
        assert receiver.ids("/killed") == [event], "its reservation is not over"
        await run_at(fund, job, RESERVED + SECOND)
    assert receiver.ids("/killed") == [event, event]
    await delete_all(fund)


async def test_two_job_runners_send_each_event_once(fund: Fund, receiver: Receiver) -> None:
    subscription = await subscribe(fund, fund.insurer, "/once")
    async with webhook_job(fund, receiver) as one, webhook_job(fund, receiver) as another:
        await one.run()
        events = [await send_test(fund, fund.insurer, subscription) for _ in range(5)]
        for _ in range(20):
            await asyncio.gather(one.run(), another.run())
    assert receiver.ids("/once") == events
    await delete_all(fund)
