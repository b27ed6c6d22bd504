"""Faults that a generator applies to its own connections and tokens."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from loadtest.clock import now
from loadtest.dataset.terminals import Terminal
from loadtest.generator.client_faults import ClientFault, apply_client_fault, scheduled_sign_ins
from loadtest.http_client.pool import ConnectionPool
from loadtest.scenario.visits import Outcome
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.generator.builders import FakePool


def calls(client_fault: ClientFault) -> list[str]:
    pool = FakePool()
    asyncio.run(apply_client_fault(cast(ConnectionPool, pool), [], client_fault))
    return pool.calls


def test_a_path_is_blocked_and_unblocked() -> None:
    fault = ClientFault(0.0, 0.0, blocked_prefix="/v1/token")
    assert calls(fault) == ["block /v1/token", "unblock /v1/token"]


def test_connections_are_reopened() -> None:
    assert calls(ClientFault(0.0, 0.0, new_connections=7)) == ["reconnect 7"]


def test_terminals_lose_their_tokens() -> None:
    one = terminal()
    one.token_expires_at = now()
    fault = ClientFault(0.0, 0.0, tokens_lost=True)
    asyncio.run(apply_client_fault(cast(ConnectionPool, FakePool()), [one], fault))
    assert one.token_expires_at is None


def test_a_block_ends_when_it_is_cancelled_at_the_end_of_the_run() -> None:
    pool = FakePool()

    async def cancelled() -> None:
        fault = ClientFault(0.0, 1e6, blocked_prefix="")
        task = asyncio.create_task(apply_client_fault(cast(ConnectionPool, pool), [], fault))
        while not pool.calls:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert pool.calls == ["block ", "unblock "]


def test_terminals_that_lose_their_tokens_all_sign_in_a_moment_later() -> None:
    terminals = [terminal(), terminal()]
    signed_in: list[object] = []

    async def sign_in(one: Terminal) -> Outcome:
        signed_in.append(one)
        return Outcome(200, b"")

    lost, kept = ClientFault(3.0, 3.0, tokens_lost=True), ClientFault(5.0, 5.0, new_connections=1)
    visits = scheduled_sign_ins([lost, kept], terminals, sign_in)
    assert [visit.query for visit in visits] == [None, None]
    assert all(3.0 < visit.at < 3.5 for visit in visits)
    for visit in visits:
        asyncio.run(visit.visit())  # type: ignore[arg-type]
    assert signed_in == terminals
