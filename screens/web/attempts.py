"""Limits the attempts to log in: few per operator and few in all, within a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

MAX_PER_OPERATOR = 5
MAX_TOGETHER = 30
WINDOW_SECONDS = 300.0


class Attempts:
    """Failed attempts of the last five minutes. An operator's failures lock that operator alone.

    Only names of operators that exist are counted by themselves, so that the number of counters is bounded.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failed: dict[str, deque[float]] = {}
        self._all: deque[float] = deque()
        self._lock = threading.Lock()

    def wait_seconds(self, operator: str) -> float:
        """The seconds until another attempt is permitted; 0 if it is now."""
        now = self._clock()
        with self._lock:
            return max(
                _wait(self._failed.get(operator, deque()), MAX_PER_OPERATOR, now),
                _wait(self._all, MAX_TOGETHER, now),
            )

    def fail(self, operator: str, *, exists: bool) -> None:
        """Count a failed attempt."""
        now = self._clock()
        with self._lock:
            self._all.append(now)
            if exists:
                self._failed.setdefault(operator, deque(maxlen=MAX_PER_OPERATOR)).append(now)

    def succeed(self, operator: str) -> None:
        """Forget an operator's failures, and the attempt that succeeded."""
        with self._lock:
            self._failed.pop(operator, None)
            if self._all:
                self._all.pop()


def _wait(failed: deque[float], maximum: int, now: float) -> float:
    while failed and now - failed[0] >= WINDOW_SECONDS:
        failed.popleft()
    return failed[-maximum] + WINDOW_SECONDS - now if len(failed) >= maximum else 0.0
