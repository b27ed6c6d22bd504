"""Look-ups by number that travel together answer, record and count like single ones, one after the other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.eligibility import NumberCheckRequest
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.numbers import check_digit
from eligibility_api.contract.tokens import Credential
from eligibility_api.eligibility.by_number import (
    NUMBERS,
    NumberQuery,
    NumberResult,
    look_up,
    membership_values,
)
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, OTHER_CLINIC, OTHER_INSURER
from tests.builders.limits import LOCK_WAITS
from tests.builders.people import Person
from tests.builders.together import (
    RECORDS,
    Worker,
    given_in_turn,
    given_together,
    opened_workers,
    owners_session,
    rows_locked,
    versions_of,
)
from tests.depth import DEEP

pytestmark = pytest.mark.anyio

TODAY = date(2026, 11, 23)
RECIPIENT = "123456" + str(check_digit("123456"))
NOBODY = {"number": "0000-000000"}
KIND = "eligibility.number"


@dataclass
class Nation:
    """A few people, known in every way, and terminals of several facilities."""

    people: list[Person] = field(default_factory=list)
    terminals: list[Credential] = field(default_factory=list)


@pytest.fixture(scope="module")
async def nation(fund: Fund) -> Nation:
    made = Nation()
    insured, ended, unlinked, protected, referenced = [await fund.insured() for _ in range(5)]
    welfare = await fund.admit_insurer("12137014", "架空市福祉事務所")
    await fund.change(ended, "end", lost_on="2026-04-01", reason_of_loss="03")
    await fund.owner.fetch(
        "UPDATE enrolment SET person_key = NULL, register_match = 'none', mismatch = 'open' WHERE name = $1",
        [unlinked.resident.name],
    )
    await fund.owner.fetch(
        "UPDATE enrolment SET nondisclosure = true WHERE name = $1", [protected.resident.name]
    )
    number = fund.lookup_body(referenced) | {"reference_number": "P-1"}
    assert (await fund.post("/v1/reference-numbers", number)).status_code == 200
    aided = fund.person()
    enrolled = await fund.enrol(
        aided, credential=welfare, certificate_kind="A1", number=RECIPIENT, symbol=None, branch=None
    )
    assert enrolled.status_code == 201, enrolled.text
    ticket = {
        "recipient_number": RECIPIENT,
        "birth_date": aided.resident.birth_date.isoformat(),
        "month": "2026-11",
        "institution_code": CLINIC,
        "ticket_type": "01",
        "treatment": "02",
        "valid_from": "2026-11-01",
        "valid_to": "2026-11-30",
        "self_pay": 0,
    }
    registered = await fund.post("/v1/medical-tickets", {"tickets": [ticket]}, welfare)
    assert registered.json()["tickets"][0]["outcome"] == "registered", registered.text
    twins = [fund.person(), fund.person()]
    shared = twins[0].resident.resident_id[1:]
    for branch, twin in enumerate(twins, 1):
        assert (await fund.enrol(twin, number=shared, branch=f"0{branch}")).status_code == 201
    made.people = [insured, ended, unlinked, protected, referenced, aided, *twins]
    made.terminals = [
        *[await fund.terminal() for _ in range(2)],
        *[await fund.terminal(institution_code=OTHER_CLINIC) for _ in range(2)],
        await fund.terminal(),
        await fund.terminal(),
    ]
    closed, no_right = made.terminals[-2:]
    await fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [closed.client_id]
    )
    await fund.owner.fetch(
        "UPDATE client SET rights = '{}' WHERE client_id = $1::text::uuid", [no_right.client_id]
    )
    return made


def values_of(fund: Fund, person: Person, terminal: Credential, **more: Any) -> dict[str, Any]:
    """The parameters of one look-up."""
    limits = {
        "terminal_limit": more.pop("terminal_limit", 60),
        "facility_limit": more.pop("facility_limit", 200),
    }
    own: dict[str, Any] = {
        name: more.pop(name) for name in ("as_of", "consents", "known_version") if name in more
    }
    asked = NumberCheckRequest.model_validate(fund.lookup_body(person, **more))
    return {
        "client_id": UUID(terminal.client_id),
        "right": Right.ELIGIBILITY.value,
        **limits,
        **membership_values(asked),
        "as_of": TODAY,
        "kind": KIND,
        "consents": "",
        "known_version": None,
        **own,
    }


def drawn(fund: Fund, nation: Nation, random: Random) -> list[dict[str, Any]]:
    """The look-ups of one group: many of few clients, hits and misses."""
    limits = {"terminal_limit": random.choice((2, 4, 60)), "facility_limit": random.choice((1, 3, 5, 200))}
    welfare = {"insurer_number": "12137014", "number": RECIPIENT, "symbol": None, "branch": None}
    asked = []
    for _ in range(random.randint(1, 12)):
        person = random.choice(nation.people)
        more: dict[str, Any] = dict(
            random.choice(
                ({}, {}, {"branch": None}, {"branch": "01"}, {"branch": "07"}, NOBODY, {"birth_date": "1980-05-18"},
                 {"insurer_number": OTHER_INSURER}, welfare)
            )
        )  # fmt: skip
        more["consents"] = random.choice(("", "limit-certificate"))
        more["known_version"] = random.choice((None, "v"))
        more["as_of"] = random.choice((TODAY, date(2026, 3, 31), date(2025, 12, 1)))
        asked.append(values_of(fund, person, random.choice(nation.terminals), **limits, **more))
    return asked


_COLUMNS = (
    "admitted", "entitled", "facility_kind", "streak", "outcome", "asked", "person_key", "reference_number",
)  # fmt: skip


def comparable(rows: Sequence[Mapping[str, Any]]) -> Any:
    """A look-up's rows: the result without the record's id and instant, and the versions read."""
    first = rows[0]
    if first["misses_left"] <= 0 or first["over_limit"]:
        # What is withheld has no result, whatever the statement has found by then.
        return "withheld", first["admitted"], first["entitled"]
    found = "found" if first["asked"] else "missed"
    return found, {name: first[name] for name in _COLUMNS}, versions_of(rows)


_STORED = f"""
{RECORDS}
UNION ALL SELECT 'terminal', to_jsonb(m) || jsonb_build_object('missed_at', now() - missed_at), 0 FROM number_miss m
UNION ALL SELECT 'facility', to_jsonb(m), 0 FROM facility_number_miss m
ORDER BY 1, 3, 2
"""


async def in_turn(connection: asyncpg.Connection[Any], asked: Sequence[dict[str, Any]]) -> Any:
    return await given_in_turn(connection, NUMBERS, asked, comparable, _STORED)


async def together(connection: asyncpg.Connection[Any], asked: Sequence[dict[str, Any]]) -> Any:
    return await given_together(connection, NUMBERS, asked, comparable, _STORED)


async def test_together_gives_the_same_rows_records_and_counts_as_in_turn(fund: Fund, nation: Nation) -> None:
    ways: Counter[Any] = Counter()
    async with owners_session(fund) as connection:
        for seed in range(1000 if DEEP else 60):
            asked = drawn(fund, nation, Random(seed))
            one_by_one, at_once = await in_turn(connection, asked), await together(connection, asked)
            assert at_once[0] == one_by_one[0], seed
            assert at_once[1] == one_by_one[1], seed
            ways.update(way for way, *_ in at_once[0])
    assert all(ways[kind] > 20 for kind in ("withheld", "found", "missed")), ways


async def test_counts_of_the_last_hour_and_streaks_go_on_as_in_turn(fund: Fund, nation: Nation) -> None:
    terminal, person = nation.terminals[0], nation.people[0]
    misses = [values_of(fund, person, terminal, terminal_limit=4, **NOBODY) for _ in range(3)]
    changes = (
        "misses = 2",
        "misses = 4",
        "hour = hour - interval '1 hour', misses = 4",
        "missed_at = missed_at - interval '61 seconds', streak = 9",
        "streak = 9",
    )
    async with owners_session(fund) as connection:
        for change in changes:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(
                "INSERT INTO number_miss VALUES ($1, $2, date_trunc('hour', now()), 1, 1, now())",
                terminal.institution_code,
                UUID(terminal.client_id),
            )
            await connection.execute(f"UPDATE number_miss SET {change}")
            assert await together(connection, misses) == await in_turn(connection, misses), change
            await transaction.rollback()


# -- Over the pool, with two workers --------------------------------------------------------------------------------------


@pytest.fixture
async def workers(fund: Fund) -> AsyncIterator[list[Worker]]:
    async with opened_workers(fund, 2, NUMBERS) as opened:
        yield opened


async def ask(worker: Worker, asked: Mapping[str, Any]) -> NumberResult:
    """One look-up, as a request of a worker makes it."""
    caller = Caller(asked["client_id"], None, None, frozenset({Right.ELIGIBILITY}))
    limits = (asked["terminal_limit"], asked["facility_limit"])
    return await look_up(
        worker.database, caller, NumberQuery(asked["asked"], TODAY), kind=KIND, limits=limits
    )


def asking(fund: Fund, person: Person, terminal: Credential, **more: Any) -> dict[str, Any]:
    limits = {
        "terminal_limit": more.pop("terminal_limit", 60),
        "facility_limit": more.pop("facility_limit", 200),
    }
    request = NumberCheckRequest.model_validate(fund.lookup_body(person))
    # After validation: also what no validator would let through.
    return {"client_id": UUID(terminal.client_id), "asked": request.model_copy(update=more), **limits}


async def outcomes(requests: Sequence[Awaitable[NumberResult]]) -> list[Any]:
    """Each look-up's end: `hit`, `miss`, `withheld`, or a code."""

    def of(one: NumberResult | BaseException) -> str:
        if isinstance(one, ShikakuError):
            return one.code
        assert isinstance(one, NumberResult), one
        return ("hit" if one.asked else "miss") if one.quota.within_limit else "withheld"

    async with asyncio.timeout(30):
        return [of(one) for one in await asyncio.gather(*requests, return_exceptions=True)]


async def records_of(fund: Fund, terminal: Credential) -> list[dict[str, Any]]:
    return await fund.records(f"client_id = $1::text::uuid AND kind = '{KIND}'", terminal.client_id)


async def test_many_at_once_are_answered_each_its_own_with_two_statements(
    fund: Fund, nation: Nation, workers: list[Worker]
) -> None:
    worker, people = workers[0], [await fund.insured() for _ in range(3)]
    terminals = [await fund.terminal() for _ in range(9)]
    asked = [asking(fund, people[n % 3], terminal) for n, terminal in enumerate(terminals)]
    results = await asyncio.gather(*(ask(worker, one) for one in asked))
    assert worker.sent == ["alone", "together"]
    keys = [result.person_key for result in results]
    assert len(set(keys)) == 3
    assert keys == keys[:3] * 3
    for terminal, result in zip(terminals, results, strict=True):
        [record] = await records_of(fund, terminal)
        assert (record["record_id"], record["person_key"]) == (result.record_id, result.person_key)
        assert record["recorded_at"] == result.recorded_at
    together_at = {result.recorded_at for result in results[1:]}
    assert len(together_at) == 1, "one transaction"
    ids = [result.record_id.int for result in results if result.record_id is not None]
    assert ids == sorted(ids), "in order of arrival"


async def test_a_failing_one_fails_alone(fund: Fund, nation: Nation, workers: list[Worker]) -> None:
    person, terminals = await fund.insured(), [await fund.terminal() for _ in range(4)]
    asked = [asking(fund, person, terminal) for terminal in terminals]
    asked[2]["asked"] = asked[2]["asked"].model_copy(update={"insurer_number": "0\x0013"})
    async with asyncio.timeout(30):
        done = await asyncio.gather(*(ask(workers[0], one) for one in asked), return_exceptions=True)
    assert isinstance(done[2], asyncpg.PostgresError)
    assert [isinstance(one, NumberResult) and one.outcome for one in done[:2] + done[3:]] == ["answered"] * 3
    assert [len(await records_of(fund, terminal)) for terminal in terminals] == [1, 1, 0, 1]
    assert workers[0].sent == ["alone", "together", "alone", "alone", "alone"]


async def test_a_cut_connection_ends_all_of_a_group_and_nothing_is_repeated(
    fund: Fund, nation: Nation, workers: list[Worker]
) -> None:
    person, terminals = await fund.insured(), [await fund.terminal() for _ in range(4)]
    await outcomes([ask(workers[0], asking(fund, person, terminals[3], **NOBODY))])
    before = [len(await records_of(fund, terminal)) for terminal in terminals]
    # The last one waits for its count, and the others of its group with it.
    asked = [asking(fund, person, t, **(NOBODY if t is terminals[3] else {})) for t in terminals]
    workers[0].sent.clear()
    async with rows_locked(fund, "number_miss") as blocker:
        ended = asyncio.create_task(outcomes([ask(workers[0], one) for one in asked]))
        while not await blocker.fetchval(LOCK_WAITS):
            await asyncio.sleep(0)
        cut = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted"
        assert len(await fund.state.database.fetch(cut, [])) == 1
        assert await ended == ["hit", *["database-unavailable"] * 3]
    after = [len(await records_of(fund, terminal)) for terminal in terminals]
    assert after == [before[0] + 1, *before[1:]]
    assert workers[0].sent == ["alone", "together"]
    assert await outcomes([ask(workers[0], one) for one in asked]) == ["hit", "hit", "hit", "miss"]


async def test_limits_hold_exactly_across_workers(fund: Fund, nation: Nation, workers: list[Worker]) -> None:
    person = await fund.insured()
    for limits, answered in (({"terminal_limit": 5}, 5), ({"facility_limit": 4}, 4)):
        terminals = [
            await fund.terminal(institution_code="2711111110" if answered == 4 else CLINIC) for _ in range(2)
        ]
        asked = [
            asking(fund, person, terminals[0 if answered == 5 else n % 2], **limits, **NOBODY)
            for n in range(12)
        ]
        ends = await outcomes([ask(workers[n % 2], one) for n, one in enumerate(asked)])
        assert Counter(ends) == {"miss": answered, "withheld": 12 - answered}
        after = asking(fund, person, terminals[0], **limits)
        assert await outcomes([ask(worker, after) for worker in workers]) == ["withheld"] * 2


async def test_what_another_worker_counts_meanwhile_leaves_the_rest(
    fund: Fund, nation: Nation, workers: list[Worker]
) -> None:
    """Both groups read that three misses are left, and count two each: three are answered, not two and not four."""
    person, terminal, other = await fund.insured(), await fund.terminal(), await fund.terminal()
    await outcomes([ask(workers[0], asking(fund, person, terminal, terminal_limit=4, **NOBODY))])
    miss = asking(fund, person, terminal, terminal_limit=4, **NOBODY)
    groups = [[asking(fund, person, other, terminal_limit=4), miss, miss] for _ in workers]
    async with rows_locked(fund, "number_miss") as blocker:
        ended = asyncio.create_task(
            outcomes(
                [ask(worker, one) for worker, group in zip(workers, groups, strict=True) for one in group]
            )
        )
        while await blocker.fetchval(LOCK_WAITS) < 2:
            await asyncio.sleep(0)
    assert Counter(await ended) == {"hit": 2, "miss": 3, "withheld": 1}


async def test_groups_lock_in_one_order(fund: Fund, nation: Nation, workers: list[Worker]) -> None:
    """Two workers miss for the same terminals and facilities in opposite orders, at once and often."""
    codes = ("1300000005", "1400000002", "1500000009")
    person, terminals = (
        await fund.insured(),
        [await fund.terminal(institution_code=c) for c in codes for _ in "xx"],
    )
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    [before] = await fund.owner.fetch(deadlocks, [])
    asked = [asking(fund, person, t, terminal_limit=10**6, facility_limit=10**6, **NOBODY) for t in terminals]
    for _ in range(100 if DEEP else 15):
        both = zip(asked * 2, reversed(asked * 2), strict=True)
        ends = await outcomes([ask(w, one) for pair in both for w, one in zip(workers, pair, strict=True)])
        assert set(ends) == {"miss"}
    for worker in workers:
        assert "together" in worker.sent
    [after] = await fund.owner.fetch(deadlocks, [])
    assert after == before
    rows = await fund.owner.fetch(
        "SELECT client_id::text, misses FROM number_miss WHERE client_id::text = ANY ($1)",
        [[t.client_id for t in terminals]],
    )
    assert {row["misses"] for row in rows} == {4 * (100 if DEEP else 15)}
