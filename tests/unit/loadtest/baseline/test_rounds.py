"""Rounds: everybody in turn, and what became of it."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from loadtest.baseline.rounds import Measured, measure
from loadtest.baseline.targets import OutOfProofsError, RefusedError
from loadtest.http_client.connection import Connection


class FakeSubject:
    """A subject that takes a moment each, and stops as the test says."""

    url, requests = "http://127.0.0.1:1", 2

    def __init__(
        self, name: str, turns: list[str], *, most: int = 10**9, ends_by: Exception | None = None
    ) -> None:
        self.name = name
        self._turns = turns
        self._left = most
        self._ends_by = ends_by or OutOfProofsError()

    async def once(self, connection: Connection) -> None:
        if not self._turns or self._turns[-1] != self.name:
            self._turns.append(self.name)
        if self._left == 0:
            raise self._ends_by
        self._left -= 1
        await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def _no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    async def opened(*_: Any) -> Connection:
        return Connection()

    monkeypatch.setattr(Connection, "open", opened)


def run(*subjects: FakeSubject, seconds: float = 0.02) -> dict[str, Measured]:
    costs: Any = {subject.name: {} for subject in subjects}
    return asyncio.run(measure(cast(Any, subjects), costs, rounds=2, seconds=seconds))


def test_subjects_alternate() -> None:
    turns: list[str] = []
    measured = run(FakeSubject("one", turns), FakeSubject("other", turns))
    assert turns == ["one", "other", "one", "other"]
    assert all(len(m.rates) == 2 and m.units > 0 and not m.failures for m in measured.values())


def test_a_round_ends_with_the_last_proof_and_that_is_no_failure() -> None:
    measured = run(FakeSubject("one", [], most=20), seconds=5)["one"]
    assert (measured.units, measured.failures) == (20, 0)
    assert measured.rates[0] > 100  # by the time that it took, not by the time that it had


def test_the_first_failure_is_kept() -> None:
    measured = run(FakeSubject("one", [], most=0, ends_by=RefusedError("503 overloaded")))["one"]
    assert measured.failures > 0
    assert (measured.first_failure, measured.per_second) == ("503 overloaded", 0)
