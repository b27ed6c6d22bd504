"""Alternation of cases in rounds, and the counted results."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from loadtest.baseline.cases import Overloaded, ProofsExhausted, UnexpectedAnswer
from loadtest.baseline.rounds import CaseResult, measure
from loadtest.http_client.connection import Connection


class FakeCase:
    """A case whose units take a moment; after `maximum` of them it raises `error`."""

    url, requests = "http://127.0.0.1:1", 2

    def __init__(
        self, name: str, order: list[str], *, maximum: int = 10**9, error: Exception | None = None
    ) -> None:
        self.name = name
        self._order = order
        self._left = maximum
        self._error = error or ProofsExhausted()

    async def run_once(self, connection: Connection) -> None:
        if not self._order or self._order[-1] != self.name:
            self._order.append(self.name)
        if self._left == 0:
            raise self._error
        self._left -= 1
        await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """The connections that are opened; there is no socket."""
    made: list[Connection] = []

    async def opened(*_: Any) -> Connection:
        made.append(Connection())
        return made[-1]

    monkeypatch.setattr(Connection, "open", opened)
    return made


def run(*cases: FakeCase, seconds: float = 0.02, count: int = 16) -> dict[str, CaseResult]:
    processes: Any = {case.name: {} for case in cases}
    measured = measure(cast(Any, cases), processes, rounds=2, seconds=seconds, connections=count)
    return asyncio.run(measured)


def test_cases_alternate() -> None:
    order: list[str] = []
    results = run(FakeCase("one", order), FakeCase("other", order))
    assert order == ["one", "other", "one", "other"]
    assert len(results) == 2
    assert all(len(r.rates) == 2 and r.units > 0 and not r.failures for r in results.values())


@pytest.mark.parametrize("count", [1, 64])
def test_a_round_has_its_number_of_connections(connections: list[Connection], count: int) -> None:
    run(FakeCase("one", []), count=count)
    assert len(connections) == 2 * count


def test_a_round_ends_with_the_last_proof_without_a_failure() -> None:
    result = run(FakeCase("one", [], maximum=20), seconds=5)["one"]
    assert (result.units, result.failures) == (20, 0)
    assert result.rates[0] > 100  # per second that it took, not per second that was allowed


def test_the_first_failure_is_kept() -> None:
    result = run(FakeCase("one", [], maximum=0, error=UnexpectedAnswer("503 overloaded")))["one"]
    assert result.failures > 0
    assert (result.first_failure, result.per_second) == ("503 overloaded", 0)


def test_a_connection_that_is_refused_waits_as_asked_and_goes_on() -> None:
    """A refusal is counted, and is no failure: more connections than a worker holds must not end a measurement."""
    refusals = iter([Overloaded(0.001)] * 3)

    class Refusing(FakeCase):
        async def run_once(self, connection: Connection) -> None:
            if refusal := next(refusals, None):
                raise refusal
            await super().run_once(connection)

    result = run(Refusing("one", [], maximum=20), seconds=5)["one"]
    assert (result.units, result.refused, result.failures) == (20, 3, 0)


def test_no_connection_waits_beyond_its_round() -> None:
    result = run(FakeCase("one", [], maximum=0, error=Overloaded(3600.0)))["one"]
    assert (result.units, result.failures) == (0, 0)
    assert result.refused >= 16
