"""An event loop that skips what it would have waited, and the clock that agrees with it."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from time import perf_counter
from typing import Any, TypeVar

Result = TypeVar("Result")


class SkippedTime(selectors.DefaultSelector):
    """A selector that never waits for a time: its clock, which the tested code reads, goes forward instead.

    Work takes the time that it takes. Not for code that waits for threads, processes or sockets.
    """

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0

    def now(self) -> float:
        """Seconds since any instant, as `time.perf_counter` gives them."""
        return perf_counter() + self.skipped

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """The files that are ready now; if none is, the time until the next timer has passed."""
        ready = super().select(0 if timeout is not None else None)
        if not ready and timeout is not None:
            self.skipped += max(0.0, timeout)
        return ready

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine on a loop of this clock."""

        def loop() -> asyncio.AbstractEventLoop:
            made = asyncio.SelectorEventLoop(self)
            made.time = self.now  # type: ignore[method-assign]
            return made

        with asyncio.Runner(loop_factory=loop) as runner:
            return runner.run(work)
