"""Terminals that tap at a constant rate while something else happens, for the benchmarks of background work."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles

from tests.builders.stack import PopulatedStack
from tests.builders.terminal import Terminal

Latencies = dict[str, list[float]]
"""Milliseconds of taps, by phase."""

_WARM_UP_SECONDS = 0.2


class Tappers:
    """Terminals that tap at a constant rate, and record latencies under the current phase (None: not at all)."""

    def __init__(self, stack: PopulatedStack, count: int, per_second: float) -> None:
        self.latencies: Latencies = defaultdict(list)
        self.phase: str | None = None
        self._ended = threading.Event()
        self._interval = count / per_second
        self._pool = ThreadPoolExecutor(count)
        self._tapping = [self._pool.submit(self._tap, stack, n / count) for n in range(count)]

    async def record(self, phase: str, seconds: float) -> None:
        """Wait until a change has settled, then record taps under `phase` for so many seconds."""
        await asyncio.sleep(_WARM_UP_SECONDS)
        self.phase = phase
        await asyncio.sleep(seconds)
        self.phase = None

    def end(self) -> None:
        """Stop tapping. Raises the error of a terminal."""
        self._ended.set()
        for tapper in self._tapping:
            tapper.result()
        self._pool.shutdown()

    def _tap(self, stack: PopulatedStack, offset: float) -> None:
        with stack.terminal() as terminal:
            next_tap = time.monotonic() + offset * self._interval
            while not self._ended.wait(max(next_tap - time.monotonic(), 0)):
                next_tap += self._interval
                phase, started = self.phase, time.perf_counter()
                failure = self.tap(terminal)
                milliseconds = (time.perf_counter() - started) * 1000
                if phase is not None and phase == self.phase:
                    self.add(phase, milliseconds, failure)

    def tap(self, terminal: Terminal) -> str | None:
        """A tap: two answers of the fund, and a signature. Returns the failure that a benchmark tolerates, if any."""
        terminal.tap()
        return None

    def add(self, phase: str, milliseconds: float, failure: str | None) -> None:
        """Record a tap."""
        self.latencies[phase].append(milliseconds)


def show(latencies: Latencies, baseline: str) -> None:
    """Print each phase's p50 and p99 in milliseconds, and their ratios to those of the baseline phase."""
    figures = {phase: _percentiles(taps) for phase, taps in latencies.items()}
    for phase, (p50, p99) in figures.items():
        p50_ratio, p99_ratio = p50 / figures[baseline][0], p99 / figures[baseline][1]
        taps = len(latencies[phase])
        print(
            f"{phase:12}{taps:7} taps  p50 {p50:6.1f} ms  p99 {p99:6.1f} ms  ratio {p50_ratio:5.2f} {p99_ratio:5.2f}"
        )


def _percentiles(taps: list[float]) -> tuple[float, float]:
    hundredths = quantiles(taps, n=100)
    return hundredths[49], hundredths[98]
