"""However many files one insurer sends, and however large they are, another insurer's file has its turn."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from uuid import uuid4

import pytest

from eligibility_api import jobs
from eligibility_api.claims.queue import QUEUE as CLAIMS
from eligibility_api.contract.tokens import Credential
from eligibility_api.files.queue import SMALL_FILE_BYTES
from eligibility_api.files.streaming import in_turn
from eligibility_api.uploads.queue import QUEUE as UPLOADS
from tests.builders.fund import Fund
from tests.builders.fund_clients import INSURER, OTHER_INSURER
from tests.builders.member_files import csv_file, member, run_jobs, upload

pytestmark = pytest.mark.anyio

MANY_FILES, SOME_FILES = 40, 6


@pytest.fixture(scope="module")
async def other(fund: Fund) -> Credential:
    return await fund.admit_insurer(OTHER_INSURER)


@pytest.fixture
async def pending(fund: Fund, other: Credential) -> None:
    """Some files of one insurer wait, then one of another."""
    await send(fund, other, SOME_FILES)


async def send(fund: Fund, other: Credential, count: int) -> None:
    for _ in range(count):
        assert (await upload(fund, csv_file([member(fund.person())]))).status_code == 202
    row = member(fund.person(), OTHER_INSURER)
    assert (await upload(fund, csv_file([row]), other)).status_code == 202


async def turns(fund: Fund, count: int, max_bytes: int | None = None) -> list[str]:
    """The insurers of the next turns, each of which does nothing."""
    served = []
    for _ in range(count):
        async with fund.batch.transaction() as guard:
            task = await UPLOADS.next_task(guard, max_bytes)
            served.append(task.insurer_number if task is not None else "")
    return served


async def test_while_one_of_an_insurers_many_files_is_processed_the_others_is_next(
    fund: Fund, other: Credential
) -> None:
    await send(fund, other, MANY_FILES)
    async with fund.batch.transaction() as first, fund.batch.transaction() as second:
        tasks = [await UPLOADS.next_task(first), await UPLOADS.next_task(second)]
        assert {task.insurer_number for task in tasks if task} == {INSURER, OTHER_INSURER}
        async with fund.batch.transaction() as third:
            assert await UPLOADS.next_task(third) is None
    await run_jobs(fund, 1_000)


async def test_insurers_take_turns_whatever_the_age_of_their_files(fund: Fund, pending: None) -> None:
    assert Counter(await turns(fund, 10)) == {INSURER: 5, OTHER_INSURER: 5}
    await run_jobs(fund, 1_000)


async def test_an_insurers_own_files_keep_their_order(fund: Fund, pending: None) -> None:
    async with fund.batch.transaction() as guard:
        found = [await UPLOADS.next_task(guard) for _ in range(2)]
    own = next(task for task in found if task is not None and task.insurer_number == INSURER)
    oldest = "SELECT min(revision) AS oldest FROM upload WHERE insurer_number = $1 AND state = 'received'"
    [row] = await fund.owner.fetch(oldest, (INSURER,))
    assert own.revision == row["oldest"]
    await run_jobs(fund, 1_000)


async def test_a_place_for_small_files_passes_over_an_insurer_whose_next_file_is_large(
    fund: Fund, pending: None
) -> None:
    enlarge = "UPDATE upload SET size = $2 WHERE insurer_number = $1 AND state = 'received'"
    await fund.owner.fetch(enlarge, (INSURER, SMALL_FILE_BYTES + 1))
    assert set(await turns(fund, 4, SMALL_FILE_BYTES)) == {OTHER_INSURER}
    assert Counter(await turns(fund, 4)) == {INSURER: 2, OTHER_INSURER: 2}
    await run_jobs(fund, 1_000)


async def test_files_being_published_come_first(fund: Fund, pending: None) -> None:
    publish = "UPDATE upload SET state = 'publishing' WHERE insurer_number = $1 AND state = 'received'"
    await fund.owner.fetch(publish, (OTHER_INSURER,))
    assert await turns(fund, 3) == [OTHER_INSURER] * 3
    await fund.owner.fetch(
        "UPDATE upload SET state = 'received' WHERE insurer_number = $1 AND state = 'publishing'",
        (OTHER_INSURER,),
    )
    await run_jobs(fund, 1_000)


async def test_claim_files_take_turns_alike(fund: Fund, other: Credential) -> None:
    for client, count in ((fund.insurer, MANY_FILES), (other, 1)):
        headers = {"Authorization": f"Bearer {await fund.token(client)}"}
        for _ in range(count):
            response = await fund.http.post("/v1/claims", content=uuid4().bytes, headers=headers)
            assert response.status_code == 202
    served = []
    for _ in range(6):
        async with fund.batch.transaction() as guard:
            task = await CLAIMS.next_task(guard, SMALL_FILE_BYTES)
            assert task is not None
            served.append(task.insurer_number)
    assert Counter(served) == {INSURER: 3, OTHER_INSURER: 3}


def test_there_is_a_place_for_small_files_only() -> None:
    sizes = list(jobs.FILE_SIZES.values())
    assert sizes.count(None) >= 1
    assert sizes.count(SMALL_FILE_BYTES) == 1


async def test_parsing_takes_turns_in_one_thread() -> None:
    order: list[tuple[str, int]] = []
    threads = set()

    def parse(name: str, piece: int) -> None:
        threads.add(threading.get_ident())
        order.append((name, piece))

    async def file(name: str, count: int) -> None:
        for piece in range(count):
            await in_turn(lambda piece=piece: parse(name, piece))  # type: ignore[misc]

    await asyncio.gather(file("hostile", 200), file("small", 3))
    assert len(threads) == 1
    assert [place for place, (name, _) in enumerate(order) if name == "small"][-1] <= 8


async def test_a_fault_of_the_parser_reaches_its_own_file_only() -> None:
    def fails() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await in_turn(fails)
    assert await in_turn(lambda: 1) == 1
