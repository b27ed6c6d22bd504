"""What a generator does to its own line on order: cuts of it, connections given up, tokens lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from loadtest.dataset.terminals import Terminal
from loadtest.http_client.connection import ConnectionFailed
from loadtest.http_client.pool import ConnectionPool
from loadtest.scenario.executor import Due
from loadtest.scenario.visits import Outcome

_A_MOMENT = 0.05
"""Seconds, after which tokens are lost for certain."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """From `begin` up to `end`, in seconds from the beginning of the run.

    `cut`: no request to a path that begins so gets through, those under way neither ("" is every path). `renewed`: at
    `begin` every connection is given up, and so many new ones are opened. `tokens_lost`: at `begin` every terminal
    forgets its token, and all sign in anew a moment later.
    """

    begin: float
    end: float
    cut: str | None = None
    renewed: int | None = None
    tokens_lost: bool = False


async def disturb(pool: ConnectionPool, terminals: Iterable[Terminal], disturbance: Disturbance) -> None:
    """One disturbance, from now on; called at the run's beginning, and over with its end."""
    await asyncio.sleep(disturbance.begin)
    if disturbance.tokens_lost:
        for terminal in terminals:
            terminal.token_expires_at = None
    if disturbance.renewed is not None:
        with suppress(ConnectionFailed):  # whoever asks next opens one, or is refused and told so
            await pool.renew(disturbance.renewed)
    if disturbance.cut is not None:
        pool.cut(disturbance.cut)
        try:
            await asyncio.sleep(disturbance.end - disturbance.begin)
        finally:
            pool.mend(disturbance.cut)


def reconnections(
    disturbances: Iterable[Disturbance],
    terminals: Sequence[Terminal],
    sign_in: Callable[[Terminal], Awaitable[Outcome]],
) -> list[Due]:
    """The sign-ins of all terminals at once, for the schedule: they do not wait until a patient comes."""
    return [
        Due(disturbance.begin + _A_MOMENT, None, partial(sign_in, terminal))
        for disturbance in disturbances
        if disturbance.tokens_lost
        for terminal in terminals
    ]
