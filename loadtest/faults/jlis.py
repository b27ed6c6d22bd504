"""The status responder slow or gone: J-LIS's process stands still, now and then or altogether."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from loadtest.faults import stack_processes
from loadtest.faults.fault import Remark, Scene

STILL_S, AWAKE_S = 1.5, 0.1
"""How long a slow responder stands still, and how long it answers in between: most answers take about a second."""


class Gone:
    """J-LIS takes connections and answers nothing: worse than refusing them, since whoever asks waits."""

    def __init__(self, scene: Scene) -> None:
        """Raises LoadError where it does not run here."""
        self._pids = stack_processes.jlis(scene.there)

    async def inflict(self) -> None:
        """Let it stand still."""
        stack_processes.stop(self._pids)

    async def lift(self) -> None:
        """Let it go on."""
        stack_processes.go_on(self._pids)

    async def remarks(self, _: Sequence[bytes]) -> list[Remark]:
        """Nothing of its own."""
        return []


class Slow(Gone):
    """J-LIS answers, but each answer takes up to `STILL_S`."""

    def __init__(self, scene: Scene) -> None:
        """Raises LoadError where it does not run here."""
        super().__init__(scene)
        self._dozing: asyncio.Task[None] | None = None

    async def inflict(self) -> None:
        """Let it doze."""
        self._dozing = asyncio.create_task(self._doze())

    async def lift(self) -> None:
        """Wake it."""
        if self._dozing is not None:
            self._dozing.cancel()
            with suppress(asyncio.CancelledError):
                await self._dozing
        await super().lift()

    async def _doze(self) -> None:
        while True:
            try:
                stack_processes.stop(self._pids)
                await asyncio.sleep(STILL_S)
            finally:
                stack_processes.go_on(self._pids)
            await asyncio.sleep(AWAKE_S)
