"""Terminals that tap at an even pace while something else happens: what the benchmarks beside taps share."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles

from tests.builders.stack import PopulatedStack
from tests.builders.terminal import Terminal

Times = dict[str, list[float]]
"""Milliseconds of taps, by what happened meanwhile."""

_SETTLE_SECONDS = 0.2


class Tappers:
    """Terminals that tap at an even pace, and note their milliseconds under the present phase; None: not at all."""

    def __init__(self, stack: PopulatedStack, count: int, per_second: float) -> None:
        self.times: Times = defaultdict(list)
        self.phase: str | None = None
        self._ended = threading.Event()
        self._apart = count / per_second
        self._pool = ThreadPoolExecutor(count)
        self._tapping = [self._pool.submit(self._tap, stack, n / count) for n in range(count)]

    async def note(self, phase: str, seconds: float) -> None:
        """Let what changed settle, then note taps under `phase` for so long."""
        await asyncio.sleep(_SETTLE_SECONDS)
        self.phase = phase
        await asyncio.sleep(seconds)
        self.phase = None

    def end(self) -> None:
        """Stop tapping. Raises what befell a terminal."""
        self._ended.set()
        for tapper in self._tapping:
            tapper.result()
        self._pool.shutdown()

    def _tap(self, stack: PopulatedStack, offset: float) -> None:
        with stack.terminal() as terminal:
            due = time.monotonic() + offset * self._apart
            while not self._ended.wait(max(due - time.monotonic(), 0)):
                due += self._apart
                phase = self.phase
                seconds = _timed(terminal)
                if phase is not None and phase == self.phase:
                    self.times[phase].append(seconds * 1000)


def _timed(terminal: Terminal) -> float:
    """The seconds that a tap takes: two answers of the fund, and a signature."""
    started = time.perf_counter()
    terminal.tap()
    return time.perf_counter() - started


def show(times: Times, without: str) -> None:
    """Print each phase's p50 and p99 in milliseconds, and their ratios to the phase in which nothing happened."""
    figures = {phase: _figures(taken) for phase, taken in times.items()}
    for phase, (middle, last) in figures.items():
        of_middle, of_last = middle / figures[without][0], last / figures[without][1]
        taps = len(times[phase])
        print(
            f"{phase:12}{taps:7} taps  p50 {middle:6.1f} ms  p99 {last:6.1f} ms  ratio {of_middle:5.2f} {of_last:5.2f}"
        )


def _figures(taken: list[float]) -> tuple[float, float]:
    hundredths = quantiles(taken, n=100)
    return hundredths[49], hundredths[98]
