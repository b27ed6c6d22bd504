"""Requests that travel together, compared with single ones in turn; and workers that send them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from eligibility_api.database.coalescing import Coalesced
from eligibility_api.database.connections import Database
from eligibility_api.database.plans import SESSION_SETTINGS
from tests.builders.fund import Fund

Values = Mapping[str, Any]
Comparable = Callable[[Sequence[Mapping[str, Any]]], Any]
Given = tuple[list[Any], list[Any]]
"""What each request got, in their order; and what they left in the database."""

RECORDS = """
SELECT 'record' AS of, (to_jsonb(r) - 'record_id' - 'recorded_at' - 'salt' - 'written_by') #- '{detail,permit}' AS row, row_number() OVER (ORDER BY record_id) AS n
FROM audit_record r WHERE recorded_at = now()
"""
"""The audit records of a transaction, oldest first, without what differs each time."""


@asynccontextmanager
async def owners_session(fund: Fund) -> AsyncIterator[asyncpg.Connection[Any]]:
    """A session of the owner, which may read what was recorded, planned as those of the fund."""
    connection = await asyncpg.connect(fund.database.dsn("owner"), server_settings=SESSION_SETTINGS)
    try:
        yield connection
    finally:
        await connection.close()


async def given_in_turn(
    connection: asyncpg.Connection[Any],
    kind: Coalesced,
    requests: Sequence[Values],
    comparable: Comparable,
    stored: str,
) -> Given:
    """What single statements give and leave, one after the other in one transaction, which is rolled back."""
    statements = [(kind.alone.text, kind.alone.parameters(values)) for values in requests]
    by_place, left = await _rolled_back(connection, statements, stored)
    return [comparable(by_place.get(number, ())) for number in range(1, len(requests) + 1)], left


async def given_together(
    connection: asyncpg.Connection[Any],
    kind: Coalesced,
    requests: Sequence[Values],
    comparable: Comparable,
    stored: str,
) -> Given:
    """What one statement gives and leaves; it is rolled back."""
    statements = [(kind.together.text, kind.parameters(requests))]
    by_place, left = await _rolled_back(connection, statements, stored)
    assert by_place.keys() <= set(range(1, len(requests) + 1))
    _each_has_its_own_record(by_place)
    return [comparable(by_place.get(number, ())) for number in range(1, len(requests) + 1)], left


def _each_has_its_own_record(by_place: Mapping[int, Sequence[Any]]) -> None:
    """The ids of records ascend with the places, as the records do in `RECORDS`: so equal contents mean own records."""
    ids = [by_place[place][0].get("record_id") for place in sorted(by_place)]
    made = [one for one in ids if one is not None]
    assert made == sorted(made)
    assert len(made) == len(set(made))


async def _rolled_back(
    connection: asyncpg.Connection[Any],
    statements: Sequence[tuple[str, Sequence[Any]]],
    stored: str,
) -> tuple[dict[int, list[Any]], list[Any]]:
    """The rows by the place of their request, and what is stored at the end."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        by_place: dict[int, list[Any]] = {}
        for number, (text, parameters) in enumerate(statements, 1):
            for row in await connection.fetch(text, *parameters):
                by_place.setdefault(row.get("place", number), []).append(row)
        left = [tuple(row) for row in await connection.fetch(stored)]
    finally:
        await transaction.rollback()
    return by_place, left


def versions_of(rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The enrolment versions in the rows of one request, in any order."""
    return sorted(
        (
            [(name, value) for name, value in row.items() if name in _VERSION]
            for row in rows
            if row["version"] is not None
        ),
        key=str,
    )


_VERSION = frozenset(
    [
        "version",
        "entitlement",
        "holder",
        "mismatch",
        "insurer_number",
        "insurer_name",
        "name",
        "branch",
        "tickets",
        "acquired_on",
        "lost_on",
    ]
)


@dataclass
class Worker:
    """A process's connections, and how the statements of a kind were sent: `alone` or `together`."""

    database: Database
    sent: list[str] = field(default_factory=list)


@asynccontextmanager
async def opened_workers(fund: Fund, number: int, kind: Coalesced) -> AsyncIterator[list[Worker]]:
    """Workers that note what they send of a kind."""
    ways = {kind.alone.text: "alone", kind.together.text: "together"}
    workers = []
    async with AsyncExitStack() as stack:
        for _ in range(number):
            worker = Worker(Database(fund.database.dsn("api")))
            worker.database.fetch = _noting(worker, ways)  # type: ignore[method-assign]
            await worker.database.open()
            stack.push_async_callback(worker.database.close)
            workers.append(worker)
        yield workers


def _noting(worker: Worker, ways: Mapping[str, str]) -> Any:
    fetch = worker.database.fetch

    async def noting(text: str, parameters: Sequence[Any]) -> list[asyncpg.Record]:
        if text in ways:
            worker.sent.append(ways[text])
        return await fetch(text, parameters)

    return noting


@asynccontextmanager
async def rows_locked(fund: Fund, table: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    """No row that is in a table now can be changed until the end."""
    connection = await asyncpg.connect(fund.database.dsn("owner"))
    try:
        async with connection.transaction():
            await connection.execute(f"SELECT FROM {table} FOR UPDATE")
            yield connection
    finally:
        await connection.close()
