"""Sign-ins at once: each gets its own client, and an assertion is used once, in a group and across workers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from eligibility_api.facilities.store import FIND_CLIENTS, USE_ASSERTIONS, find_client, use_assertion
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_CLINIC
from tests.builders.together import given_in_turn, given_together, opened_workers, owners_session
from tests.depth import DEEP

pytestmark = pytest.mark.anyio

_STORED = "SELECT id, expires_at FROM used_nonce ORDER BY 1, 2"


def use(rows: Sequence[Mapping[str, Any]]) -> int:
    return len(rows)


async def test_assertions_together_are_used_as_in_turn(fund: Fund) -> None:
    uses: Counter[int] = Counter()
    async with owners_session(fund) as connection:
        for seed in range(200 if DEEP else 30):
            random = Random(seed)
            digests = [random.randbytes(32) for _ in range(6)]
            asked = [{"digest": random.choice(digests)} for _ in range(random.randint(1, 12))]
            one_by_one = await given_in_turn(connection, USE_ASSERTIONS, asked, use, _STORED)
            at_once = await given_together(connection, USE_ASSERTIONS, asked, use, _STORED)
            assert at_once == one_by_one
            uses.update(at_once[0])
    assert uses[2] > 30
    assert uses[0] > 10


async def test_an_assertion_of_the_last_hour_is_known_together_too(fund: Fund) -> None:
    """Of its two keys one is stored already."""
    async with owners_session(fund) as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(
            "INSERT INTO used_nonce VALUES (date_trunc('hour', now()) + interval '1 hour', $1)", b"old"
        )
        asked = [{"digest": b"new"}, {"digest": b"old"}]
        assert (await given_together(connection, USE_ASSERTIONS, asked, use, _STORED))[0] == [2, 1]
        assert (await given_in_turn(connection, USE_ASSERTIONS, asked, use, _STORED))[0] == [2, 1]
        await transaction.rollback()


async def test_each_sign_in_finds_its_own_client_and_no_closed_one(fund: Fund) -> None:
    terminals = [await fund.terminal() for _ in range(3)]
    closed, elsewhere = await fund.terminal(), await fund.terminal(institution_code="2711111110")
    other = await fund.terminal(institution_code=OTHER_CLINIC)
    await fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [closed.client_id]
    )
    await fund.owner.fetch("UPDATE facility SET closed_at = now() WHERE institution_code = '2711111110'", [])
    asked = [*terminals, closed, elsewhere, other, fund.insurer, *terminals]
    ids = [UUID(one.client_id) for one in asked] + [uuid4()]
    async with opened_workers(fund, 1, FIND_CLIENTS) as [worker]:
        found = await asyncio.gather(*(find_client(worker.database, client_id) for client_id in ids))
        assert worker.sent == ["alone", "together"]
    expected = [None if one in (closed, elsewhere) else UUID(one.client_id) for one in asked] + [None]
    assert [one and one.caller.client_id for one in found] == expected
    assert [one and one.caller.insurer_number for one in found][6] == fund.insurer.insurer_number
    assert len({str(one.public_key) for one in found if one is not None}) == 5


async def test_one_assertion_is_used_once_across_workers(fund: Fund) -> None:
    async with opened_workers(fund, 2, USE_ASSERTIONS) as workers:
        for number in range(50 if DEEP else 10):
            digests = [b"%d %d" % (number, n) for n in (1, 2, 3)]
            order = [*digests, *reversed(digests)]
            async with asyncio.timeout(30):
                first = await asyncio.gather(*(use_assertion(w.database, d) for d in order for w in workers))
            assert sum(first) == 3
        assert all("together" in worker.sent for worker in workers)
