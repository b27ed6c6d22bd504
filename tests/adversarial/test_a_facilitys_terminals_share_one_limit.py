"""A facility's terminals cannot exceed its hourly limit of misses together, however many ask at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx2
import pytest

from eligibility_api.contract.tokens import Credential
from tests.builders.fund import Fund
from tests.builders.limits import LOCK_WAITS, limited, miss_count

pytestmark = pytest.mark.anyio

LIMIT, TERMINALS = 3, 6
CLINICS = iter(("1300000005", "1400000002", "1500000009", "1600000006", "1700000003"))


@asynccontextmanager
async def counting_blocked(fund: Fund) -> AsyncIterator[asyncpg.Connection]:
    """No terminal that has missed before can count a miss until the end; inside, all have read the same counts."""
    connection = await asyncpg.connect(fund.database.dsn("owner"))
    try:
        async with connection.transaction():
            await connection.execute("SELECT FROM number_miss FOR UPDATE")
            yield connection
    finally:
        await connection.close()


async def at_once(fund: Fund, requests: Sequence[Awaitable[httpx2.Response]]) -> list[httpx2.Response]:
    """The responses to requests that all miss; the statements of at least two have read the same counts.

    Look-ups that arrive during one's statement travel together in the next.
    """
    async with asyncio.timeout(30), asyncio.TaskGroup() as group, counting_blocked(fund) as blocker:
        tasks = [group.create_task(_wait_for(request)) for request in requests]
        while await blocker.fetchval(LOCK_WAITS) < min(len(tasks), 2):
            await asyncio.sleep(0)
    return [task.result() for task in tasks]


async def _wait_for(request: Awaitable[httpx2.Response]) -> httpx2.Response:
    return await request


NOBODY: dict[str, Any] = {"number": "999999"}


async def terminals(fund: Fund, number: int) -> list[Credential]:
    """Terminals of a new facility, each of which had one miss an hour ago."""
    code, person = next(CLINICS), fund.person()
    admitted = [await fund.terminal(institution_code=code) for _ in range(number)]
    for terminal in admitted:
        assert (await fund.look_up(person, terminal, **NOBODY)).status_code == 200
    await an_hour_later(fund)
    return admitted


async def an_hour_later(fund: Fund) -> None:
    """Let every count be an hour old."""
    for table in ("number_miss", "facility_number_miss"):
        await fund.owner.fetch(f"UPDATE {table} SET hour = hour - interval '1 hour'", [])


def statuses(responses: Sequence[httpx2.Response]) -> list[int]:
    return sorted(response.status_code for response in responses)


async def test_simultaneous_misses_of_several_terminals_stay_within_the_facilitys_limit(fund: Fund) -> None:
    person, asking = await fund.insured(), await terminals(fund, TERMINALS)
    with limited(fund, facility_number_misses_per_hour=LIMIT):
        responses = await at_once(fund, [fund.look_up(person, terminal, **NOBODY) for terminal in asking])
        after = await fund.look_up(person, asking[0])
    assert statuses(responses) == [200] * LIMIT + [429] * (TERMINALS - LIMIT)
    assert {r.json()["code"] for r in responses if r.status_code == 429} == {"number-miss-limit"}
    assert after.status_code == 429


async def test_references_and_look_ups_share_it(fund: Fund) -> None:
    person, asking = await fund.insured(), await terminals(fund, 4)
    miss = fund.lookup_body(person) | {"reference_number": "P-1"} | NOBODY
    with limited(fund, facility_number_misses_per_hour=LIMIT):
        requests = [
            fund.post("/v1/reference-numbers/bulk", {"registrations": [miss] * 2}, asking[0]),
            fund.post("/v1/reference-numbers/bulk", {"registrations": [miss] * 2}, asking[1]),
            fund.look_up(person, asking[2], **NOBODY),
            fund.look_up(person, asking[3], **NOBODY),
        ]
        responses = await at_once(fund, requests)
    assert 429 in statuses(responses)
    [count] = await fund.owner.fetch(
        "SELECT misses FROM facility_number_miss WHERE institution_code = $1", [asking[0].institution_code]
    )
    assert count["misses"] <= LIMIT


async def test_one_terminals_excess_does_not_use_up_its_facilitys_limit(fund: Fund) -> None:
    person, [greedy, other] = await fund.insured(), await terminals(fund, 2)
    with limited(fund, number_misses_per_hour=2, facility_number_misses_per_hour=5):
        responses = await at_once(fund, [fund.look_up(person, greedy, **NOBODY) for _ in range(TERMINALS)])
        honest = [await fund.look_up(person, other, **NOBODY) for _ in range(2)]
    assert statuses(responses) == [200] * 2 + [429] * (TERMINALS - 2)
    assert statuses(honest) == [200, 200]


async def test_hits_of_the_facility_wait_for_no_count_and_write_none(fund: Fund) -> None:
    person, [terminal] = await fund.insured(), await terminals(fund, 1)
    await fund.look_up(person, terminal, **NOBODY)
    before = await miss_count(fund, terminal.client_id)
    async with asyncio.timeout(10), counting_blocked(fund) as blocker:
        await blocker.execute("SELECT FROM facility_number_miss FOR UPDATE")
        hit = await fund.look_up(person, terminal)
    assert hit.json()["validity"] == "1", hit.text
    assert await miss_count(fund, terminal.client_id) == before


async def test_the_next_hour_begins_with_the_whole_limit(fund: Fund) -> None:
    person, asking = await fund.insured(), await terminals(fund, 2)
    with limited(fund, facility_number_misses_per_hour=1):
        first = [await fund.look_up(person, terminal, **NOBODY) for terminal in asking]
        await an_hour_later(fund)
        second = [await fund.look_up(person, terminal, **NOBODY) for terminal in asking]
    assert [r.status_code for r in first] == [r.status_code for r in second] == [200, 429]
