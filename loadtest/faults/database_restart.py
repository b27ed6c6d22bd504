"""Database restart: the embedded PostgreSQL is killed under load, and the fund must restart it by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from loadtest.faults import stack_processes
from loadtest.faults.fault import FaultContext, Finding
from loadtest.faults.records import records_of
from loadtest.faults.stack_processes import RESTART_TIMEOUT_S
from loadtest.sections import Text


class DatabaseRestart:
    """Kills PostgreSQL's parent process, and measures the time until there is another."""

    def __init__(self, fault_context: FaultContext) -> None:
        """Raises LoadError if no embedded database runs on this machine."""
        self._target = fault_context.target
        stack_processes.postmaster(self._target)
        self._restart: asyncio.Task[float | None] | None = None

    async def inject(self) -> None:
        """Kill it. Raises LoadError if it does not run."""
        killed = stack_processes.postmaster(self._target)
        stack_processes.kill(killed)
        self._restart = asyncio.create_task(
            stack_processes.seconds_until(lambda: stack_processes.postmaster(self._target) != killed)
        )

    async def remove(self) -> None:
        """Do nothing: the fund has to restart it."""

    async def findings(self, answers: Sequence[bytes]) -> list[Finding]:
        """The seconds until the restart, and whether every answer can be recomputed from its record."""
        if self._restart is None:
            return [Finding("database_restarted_after_s", None, took_hold=False)]
        after = await self._restart
        missing = None
        if after is None:
            missing = Text(
                f"データベースが{RESTART_TIMEOUT_S:g}秒以内に再起動せず",
                f"the database did not restart within {RESTART_TIMEOUT_S:g} s",
            )
        return [
            Finding("database_restarted_after_s", after, missing, took_hold=True),
            await records_of(self._target, answers),
        ]
