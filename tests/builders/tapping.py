"""Taps that go on without a pause while a test changes something."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer

Tap = Callable[[int], EligibilityAnswer | UnchangedAnswer]
"""One tap; called with its number, which is another for every tap."""

_STAGE_SECONDS = 300.0


class Tapping:
    """Terminals that tap: what was answered, and what went wrong."""

    def __init__(self, tap: Tap, *, terminals: int = 1) -> None:
        self._tap, self._terminals = tap, terminals
        self._changed = threading.Condition()
        self._ended = False
        self.answers: list[EligibilityAnswer] = []
        self.errors: list[str] = []

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Tap meanwhile. At the end nothing may have gone wrong."""
        with ThreadPoolExecutor(self._terminals) as pool:
            futures = [pool.submit(self._tap_until_ended, number) for number in range(self._terminals)]
            try:
                yield
            finally:
                self._ended = True
            for future in futures:
                future.result()
        assert self.errors == []

    def stage(self, taps: int) -> None:
        """Wait until so many more taps were answered."""
        with self._changed:
            until = len(self.answers) + taps
            assert self._changed.wait_for(
                lambda: len(self.answers) >= until or self.errors, timeout=_STAGE_SECONDS
            )
        assert self.errors == []

    def _tap_until_ended(self, number: int) -> None:
        while not self._ended:
            answer, error = None, ""
            try:
                answer = self._tap(number)
            except Exception as failure:  # whatever it is, the test names it
                error = f"{type(failure).__name__} {failure}"
            with self._changed:
                if isinstance(answer, EligibilityAnswer) and answer.validity == "1":
                    self.answers.append(answer)
                else:
                    self.errors.append(error or repr(answer))
                self._changed.notify_all()
            number += self._terminals
