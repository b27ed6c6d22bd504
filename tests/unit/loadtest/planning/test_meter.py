"""What is read before and after: differences, and what a pool's messages are on the wire."""

from __future__ import annotations

import asyncio

import pytest

from loadtest.http_client.connection import Reply
from loadtest.http_client.pool import ConnectionPool
from loadtest.planning import wire
from loadtest.planning.costs import API, STORED, UP, Taken
from loadtest.planning.meter import MeteredConnectionPool, Reading


def test_what_was_taken_is_the_difference_of_two_readings() -> None:
    before = Reading(10.0, {API: 4.0, UP: 100, f"{STORED}spent": 8192.0})
    after = Reading(12.0, {API: 5.0, UP: 300, f"{STORED}audit_record": 8192.0})
    assert after.since(before, {"card": 3}) == Taken(
        2.0, {"card": 3}, {API: 1.0, UP: 200, f"{STORED}audit_record": 8192.0}
    )


def test_a_partition_that_went_makes_no_table_smaller() -> None:
    before, after = (Reading(0.0, {f"{STORED}spent": size}) for size in (9000.0, 8000.0))
    assert after.since(before, {}).amounts == {f"{STORED}spent": 0.0}


def test_a_pool_counts_what_its_messages_are_on_the_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answered(_: ConnectionPool, __: bytes) -> Reply:
        return Reply(200, b"{}", 2000)

    monkeypatch.setattr(ConnectionPool, "exchange", answered)
    pool = MeteredConnectionPool("http://127.0.0.1:1", max_connections=1, timeout_seconds=1)
    for _ in range(2):
        asyncio.run(pool.exchange(b"x" * 700))
    assert (pool.up, pool.down) == (2 * wire.up(700, 2000), 2 * wire.down(2000))
