"""Faults of the certificate status responder: J-LIS's process is paused, intermittently or permanently."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from loadtest.faults import stack_processes
from loadtest.faults.fault import FaultContext, Finding
from loadtest.tasks import cancel_and_wait

PAUSED_S, RESUMED_S = 1.5, 0.1
"""How long a slow responder is paused and resumed in turn: most answers take about a second."""


class OcspDown:
    """J-LIS accepts connections and answers nothing: worse than a refusal, since every client waits."""

    def __init__(self, fault_context: FaultContext) -> None:
        """Raises LoadError if J-LIS does not run on this machine."""
        self._pids = stack_processes.jlis(fault_context.target)

    async def inject(self) -> None:
        """Pause the process."""
        stack_processes.pause(self._pids)

    async def remove(self) -> None:
        """Resume the process."""
        stack_processes.resume(self._pids)

    async def findings(self, _: Sequence[bytes]) -> list[Finding]:
        """None."""
        return []


class OcspSlow(OcspDown):
    """J-LIS answers, but each answer takes up to `PAUSED_S`."""

    def __init__(self, fault_context: FaultContext) -> None:
        """Raises LoadError if J-LIS does not run on this machine."""
        super().__init__(fault_context)
        self._pausing: asyncio.Task[None] | None = None

    async def inject(self) -> None:
        """Start to pause the process intermittently."""
        self._pausing = asyncio.create_task(self._pause_intermittently())

    async def remove(self) -> None:
        """End the pauses."""
        if self._pausing is not None:
            await cancel_and_wait(self._pausing)
        await super().remove()

    async def _pause_intermittently(self) -> None:
        while True:
            try:
                stack_processes.pause(self._pids)
                await asyncio.sleep(PAUSED_S)
            finally:
                stack_processes.resume(self._pids)
            await asyncio.sleep(RESUMED_S)
