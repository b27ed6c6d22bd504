"""Client faults: what a generator does to its own connections and tokens on request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from loadtest.dataset.terminals import Terminal
from loadtest.http_client.connection import ConnectionFailed
from loadtest.http_client.pool import ConnectionPool
from loadtest.scenario.executor import ScheduledVisit
from loadtest.scenario.visits import Outcome

_SIGN_IN_DELAY = 0.05
"""Seconds after which tokens are certainly lost."""


@dataclass(frozen=True, slots=True)
class ClientFault:
    """A fault from `begin` to `end`, in seconds of the run.

    `blocked_prefix`: requests to paths with this prefix fail, those in flight included ("": all paths).
    `new_connections`: at `begin` all connections are closed, and so many new ones are opened. `tokens_lost`:
    at `begin` every terminal loses its token, and all sign in again a moment later.
    """

    begin: float
    end: float
    blocked_prefix: str | None = None
    new_connections: int | None = None
    tokens_lost: bool = False


async def apply_client_fault(
    pool: ConnectionPool, terminals: Iterable[Terminal], client_fault: ClientFault
) -> None:
    """Apply one fault at its times. Called at the start of the run, and cancelled at its end."""
    await asyncio.sleep(client_fault.begin)
    if client_fault.tokens_lost:
        for terminal in terminals:
            terminal.token_expires_at = None
    if client_fault.new_connections is not None:
        with suppress(ConnectionFailed):  # the next request opens one, or reports the failure
            await pool.reconnect(client_fault.new_connections)
    if client_fault.blocked_prefix is not None:
        pool.block(client_fault.blocked_prefix)
        try:
            await asyncio.sleep(client_fault.end - client_fault.begin)
        finally:
            pool.unblock(client_fault.blocked_prefix)


def scheduled_sign_ins(
    client_faults: Iterable[ClientFault],
    terminals: Sequence[Terminal],
    sign_in: Callable[[Terminal], Awaitable[Outcome]],
) -> list[ScheduledVisit]:
    """The sign-ins of all terminals that lose their tokens: they do not wait for the next patient."""
    return [
        ScheduledVisit(client_fault.begin + _SIGN_IN_DELAY, None, partial(sign_in, terminal))
        for client_fault in client_faults
        if client_fault.tokens_lost
        for terminal in terminals
    ]
