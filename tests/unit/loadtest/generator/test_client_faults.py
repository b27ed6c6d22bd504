"""What a generator does to its own line on order."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from loadtest.clock import now
from loadtest.dataset.terminals import Terminal
from loadtest.generator.client_faults import ClientFault, disturb, reconnections
from loadtest.http_client.pool import ConnectionPool
from loadtest.scenario.visits import Outcome
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.generator.builders import FakePool


def disturbed(client_fault: ClientFault) -> list[str]:
    pool = FakePool()
    asyncio.run(disturb(cast(ConnectionPool, pool), [], client_fault))
    return pool.done


def test_a_line_is_cut_and_mended() -> None:
    assert disturbed(ClientFault(0.0, 0.0, cut="/v1/token")) == ["block /v1/token", "unblock /v1/token"]


def test_connections_are_renewed() -> None:
    assert disturbed(ClientFault(0.0, 0.0, renewed=7)) == ["reconnect 7"]


def test_terminals_forget_their_tokens() -> None:
    one = terminal()
    one.token_expires_at = now()
    asyncio.run(disturb(cast(ConnectionPool, FakePool()), [one], ClientFault(0.0, 0.0, tokens_lost=True)))
    assert one.token_expires_at is None


def test_a_cut_ends_with_the_run() -> None:
    pool = FakePool()

    async def cancelled() -> None:
        task = asyncio.create_task(disturb(cast(ConnectionPool, pool), [], ClientFault(0.0, 1e6, cut="")))
        while not pool.done:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert pool.done == ["block ", "unblock "]


def test_terminals_that_lose_their_tokens_all_sign_in_a_moment_later() -> None:
    terminals = [terminal(), terminal()]
    signed_in: list[object] = []

    async def sign_in(one: Terminal) -> Outcome:
        signed_in.append(one)
        return Outcome(200, b"")

    lost, sampled = ClientFault(3.0, 3.0, tokens_lost=True), ClientFault(5.0, 5.0, renewed=1)
    dues = reconnections([lost, sampled], terminals, sign_in)
    assert [due.query for due in dues] == [None, None]
    assert all(3.0 < due.at < 3.5 for due in dues)
    for due in dues:
        asyncio.run(due.visit())  # type: ignore[arg-type]
    assert signed_in == terminals
