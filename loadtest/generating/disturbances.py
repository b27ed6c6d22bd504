"""What a generator does to its own line on order: cuts of it, connections given up, tokens lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from loadtest.line.connection import LineError
from loadtest.line.pool import Pool
from loadtest.nation.terminals import Terminal


@dataclass(frozen=True, slots=True)
class Disturbance:
    """From `begin` up to `end`, in seconds from the beginning of the run.

    `cut`: no request to a path that begins so gets through, those under way neither ("" is every path). `renewed`: at
    `begin` every connection is given up, and so many new ones are opened. `tokens_lost`: at `begin` every terminal
    forgets its token.
    """

    begin: float
    end: float
    cut: str | None = None
    renewed: int | None = None
    tokens_lost: bool = False


async def disturb(pool: Pool, terminals: Iterable[Terminal], disturbance: Disturbance) -> None:
    """One disturbance, from now on; called at the run's beginning, and over with its end."""
    await asyncio.sleep(disturbance.begin)
    if disturbance.tokens_lost:
        for terminal in terminals:
            terminal.token_until = None
    if disturbance.renewed is not None:
        with suppress(LineError):  # whoever asks next opens one, or is refused and told so
            await pool.renew(disturbance.renewed)
    if disturbance.cut is not None:
        pool.cut(disturbance.cut)
        try:
            await asyncio.sleep(disturbance.end - disturbance.begin)
        finally:
            pool.mend(disturbance.cut)
