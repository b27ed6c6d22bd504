"""Misses of look-ups by number: each has the same response and reads the same rows, and is counted and limited."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest
from structlog.testing import capture_logs

from eligibility_api import scheduler
from eligibility_api.contract.codes import Right
from eligibility_api.contract.eligibility import NumberCheckRequest
from eligibility_api.eligibility.by_number import NUMBER_STATEMENT, membership_values
from eligibility_api.platform.telemetry import ALLOWED_FIELDS, METRICS
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_CLINIC, OTHER_INSURER
from tests.builders.limits import limited, miss_count

pytestmark = pytest.mark.anyio

MISSES: dict[str, dict[str, Any]] = {
    "unknown number": {"number": "0000-000000"},
    "wrong birth date": {"birth_date": "1980-05-18"},
    "wrong branch": {"branch": "07"},
    "wrong symbol": {"symbol": "見出"},
    "another insurer": {"insurer_number": OTHER_INSURER},
    "insurer that is not there": {"insurer_number": "06139992"},
}
"""Faults of a query, each about an enrolled person."""


def masked(response: httpx2.Response) -> bytes:
    """A response's bytes without its record's id and its instant."""
    content = response.content
    for name in ("record_id", "answered_at"):
        content = content.replace(response.json()[name].encode(), b"")
    return content


async def test_every_miss_has_the_same_response_bytes(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal()
    answers = [await fund.look_up(person, terminal, **wrong) for wrong in MISSES.values()]

    assert {answer.status_code for answer in answers} == {200}
    assert len({masked(answer) for answer in answers}) == 1
    assert len({len(answer.content) for answer in answers}) == 1
    first = answers[0].json()
    assert (first["validity"], first["version"], first["results"]) == ("4", None, [])
    unlike = {"x-request-id"}
    assert len({str({k: v for k, v in a.headers.items() if k not in unlike}) for a in answers}) == 1


_MEMBERS = """
WITH added AS (
    INSERT INTO entitlement (insurer_number, symbol_key, number_key, branch_key, birth_date)
    SELECT '01130012', '見本', n::text, '00', date '1980-05-17' FROM generate_series(7000000, 7002999) n
    RETURNING entitlement, number_key, birth_date
)
INSERT INTO enrolment (entitlement, opened_by, person_key, register_match, insurer_name, certificate_kind, symbol, number,
                       branch, relationship, name, name_kana, sex, birth_date, address, acquired_on)
SELECT entitlement, (SELECT min(revision) FROM revision), sha256(number_key::bytea), 'one', '試験', '01', '見本', number_key,
       '00', '1', '試験　見本', 'シケン ミホン', '1', birth_date, '架空県見本市', '2024-04-01'
FROM added
"""
"""Enough members for the planner to choose the same plan as at national size."""


async def test_every_miss_reads_the_same_rows(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal()
    # The rows that count misses exist: what a look-up adds to them is rolled back, in place.
    await fund.look_up(person, terminal, **MISSES["wrong branch"])
    asked = fund.lookup_body(person, number="7001500")
    wrong = MISSES | {"unknown number": {"number": "70015001"}}
    connection = await asyncpg.connect(fund.database.dsn("owner"))
    try:
        await connection.execute(_MEMBERS)
        await connection.execute("VACUUM ANALYZE entitlement, enrolment")
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        # Once beforehand, so that every page is in the cache.
        hit = [await _accesses(connection, terminal.client_id, asked) for _ in range(2)][-1]
        misses = [await _accesses(connection, terminal.client_id, asked | fault) for fault in wrong.values()]
    finally:
        await connection.close()

    [look_up] = [node for node in misses[0] if node.get("Index Name") == "entitlement_once"]
    assert (look_up["Actual Rows"], look_up["Index Searches"]) == (0, 1)
    assert "Rows Removed by Filter" not in look_up
    assert all(miss == misses[0] for miss in misses)
    assert hit != misses[0]


async def _accesses(
    connection: asyncpg.Connection[Any], client_id: str, asked: dict[str, Any]
) -> list[dict[str, Any]]:
    """What one look-up reads from each table and index: rows, descents, buffers. It is rolled back."""
    values = membership_values(NumberCheckRequest.model_validate(asked)) | {
        "client_id": UUID(client_id),
        "right": Right.ELIGIBILITY.value,
        "terminal_limit": 60,
        "facility_limit": 200,
        "as_of": date(2026, 11, 23),
        "kind": "eligibility.number",
        "consents": "",
        "known_version": None,
    }
    parameters = NUMBER_STATEMENT.parameters(values)
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"PREPARE asking AS {NUMBER_STATEMENT.text}")
        given = ", ".join("NULL" if p is None else f"'{p}'" for p in parameters)
        explain = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE asking ({given})"
        [plan] = json.loads(await connection.fetchval(explain))
    finally:
        await transaction.rollback()
        await connection.execute("DEALLOCATE asking")
    columns = (
        "Relation Name",
        "Index Name",
        "Actual Rows",
        "Actual Loops",
        "Index Searches",
        "Rows Removed by Filter",
    )
    buffers = ("Shared Hit Blocks", "Shared Read Blocks")
    return [
        {name: node[name] for name in columns if name in node}
        | {"buffers": sum(node[name] for name in buffers)}
        for node in _nodes(plan["Plan"])
        if "Relation Name" in node and node["Node Type"] != "ModifyTable"
    ]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)


async def test_a_miss_is_counted_and_a_hit_is_not(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal()
    await fund.look_up(person, terminal)
    nothing = await miss_count(fund, terminal.client_id)
    await fund.look_up(person, terminal, **MISSES["unknown number"])
    one = await miss_count(fund, terminal.client_id)
    await fund.look_up(person, terminal)

    assert nothing is None
    assert one is not None
    assert (one["misses"], one["streak"]) == (1, 1)
    assert await miss_count(fund, terminal.client_id) == one


async def test_above_the_terminals_limit_nothing_is_looked_up_until_the_next_hour(fund: Fund) -> None:
    person, terminal, other = await fund.insured(), await fund.terminal(), await fund.terminal()
    with limited(fund, number_misses_per_hour=2):
        for _ in range(2):
            assert (await fund.look_up(person, terminal, **MISSES["wrong branch"])).json()["validity"] == "4"
        refused = [
            await fund.look_up(person, terminal),
            await fund.look_up(person, terminal, **MISSES["wrong branch"]),
        ]
        elsewhere = await fund.look_up(person, other)
        await fund.owner.fetch("UPDATE number_miss SET hour = hour - interval '1 hour'", [])
        later = await fund.look_up(person, terminal)

    assert [(r.status_code, r.json()["code"]) for r in refused] == [(429, "number-miss-limit")] * 2
    assert all(0 < int(r.headers["Retry-After"]) <= 3600 for r in refused)
    assert (
        len(
            await fund.records(
                "client_id = $1::text::uuid AND kind = 'eligibility.number'", terminal.client_id
            )
        )
        == 3
    )
    assert [elsewhere.json()["validity"], later.json()["validity"]] == ["1", "1"]


async def test_all_simultaneous_misses_are_counted(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal()
    await fund.token(terminal)
    await asyncio.gather(*(fund.look_up(person, terminal, **MISSES["wrong branch"]) for _ in range(20)))
    count = await miss_count(fund, terminal.client_id)
    assert count is not None
    assert (count["misses"], count["streak"]) == (20, 20)


async def test_the_facilitys_limit_applies_to_all_its_terminals(fund: Fund) -> None:
    person, elsewhere = await fund.insured(), await fund.terminal(institution_code=OTHER_CLINIC)
    terminals = [await fund.terminal(institution_code="2711111110") for _ in range(3)]
    with limited(fund, facility_number_misses_per_hour=2):
        for terminal in terminals[:2]:
            await fund.look_up(person, terminal, **MISSES["wrong branch"])
        third, other = await fund.look_up(person, terminals[2]), await fund.look_up(person, elsewhere)
    assert (third.status_code, other.status_code) == (429, 200)


async def test_a_streak_of_misses_is_logged_at_10_20_40_without_any_number(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal()

    def counted() -> float:
        return METRICS.get_sample_value("shikaku_lookup_miss_streaks_total") or 0

    before = counted()
    with capture_logs() as log:
        for n in range(21):
            await fund.look_up(person, terminal, number=f"0000-{n}")
            await fund.look_up(person, terminal)
    logged = [entry for entry in log if entry["event"] == "number_miss_streak"]
    assert [(entry["client_id"], entry["streak"]) for entry in logged] == [
        (terminal.client_id, 10),
        (terminal.client_id, 20),
    ]
    assert set(logged[0]) - {"log_level"} <= ALLOWED_FIELDS
    assert counted() - before == 2


async def test_a_minute_without_a_miss_ends_a_streak(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal()
    for _ in range(3):
        await fund.look_up(person, terminal, **MISSES["wrong branch"])
    await fund.owner.fetch("UPDATE number_miss SET missed_at = missed_at - interval '61 seconds'", [])
    await fund.look_up(person, terminal, **MISSES["wrong branch"])
    count = await miss_count(fund, terminal.client_id)
    assert count is not None
    assert (count["misses"], count["streak"]) == (4, 1)


async def test_counts_are_deleted_after_a_day(fund: Fund) -> None:
    person, old, fresh = await fund.insured(), await fund.terminal(), await fund.terminal()
    for terminal in (old, fresh):
        await fund.look_up(person, terminal, **MISSES["wrong branch"])
    await fund.owner.fetch(
        "UPDATE number_miss SET hour = hour - interval '25 hours', missed_at = missed_at - interval '25 hours' WHERE client_id = $1::text::uuid",
        [old.client_id],
    )
    await scheduler._delete_expired_counters(fund.batch)
    assert [await miss_count(fund, t.client_id) is None for t in (old, fresh)] == [True, False]
