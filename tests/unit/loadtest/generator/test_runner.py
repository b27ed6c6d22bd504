"""A generator from its order to its last word; the fund's line is laid out."""

from __future__ import annotations

import asyncio
import resource
from typing import Any

import pytest

from loadtest.generator import runner
from loadtest.generator.messages import GO, Answers, Done, Ready, Message
from loadtest.generator.runner import generate, max_connections
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import RunStats
from loadtest.target import LoadError
from tests.unit.loadtest.generator.builders import BY_NUMBER, FakePool, order


class Coordinator:
    """Says its lines one after the other, and then nothing until `gone`."""

    def __init__(self, *lines: bytes, gone: bool = False) -> None:
        self._lines = list(lines)
        self._gone = gone

    async def readline(self) -> bytes:
        if self._lines:
            return self._lines.pop(0)
        if not self._gone:
            await asyncio.Event().wait()
        return b""


def generated(
    monkeypatch: pytest.MonkeyPatch, coordinator: Coordinator, pool: FakePool | None = None
) -> list[Message]:
    said: list[Message] = []
    target = pool or FakePool()

    def lay_out(*_: Any, **__: Any) -> FakePool:
        return target

    monkeypatch.setattr(runner, "Pool", lay_out)
    asyncio.run(generate(coordinator, said.append))
    return said


def test_it_says_that_it_is_ready_then_its_sample_and_what_it_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = FakePool()
    ready, answers, done = generated(monkeypatch, Coordinator(order().line(), GO), pool)
    assert isinstance(ready, Ready)
    assert isinstance(answers, Answers)
    assert isinstance(done, Done)
    stats = RunStats.from_message(done.stats)
    assert stats.offered == stats.answered == len(answers.sampled) > 0
    assert done.usage.cpu_seconds > 0
    assert pool.done[:4] == ["/v1/token"] * 4
    assert pool.done[4:] == ["/v1/eligibility/number"] * stats.offered


def test_it_begins_nothing_without_the_word(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = FakePool()
    [said] = generated(monkeypatch, Coordinator(order().line(), gone=True), pool)
    assert isinstance(said, Ready)
    assert set(pool.done) == {"/v1/token"}


def test_it_gives_up_when_the_coordinator_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    long = order(plan=Plan(BY_NUMBER, seconds=600.0, scale=1.0, seed=1)).line()
    with pytest.raises(LoadError, match="the coordinator is gone"):
        generated(monkeypatch, Coordinator(long, GO, gone=True))


@pytest.mark.parametrize(
    ("line", "words"),
    [(b"", "does not understand its order"), (b'{"cards":[]}\n', "fund_url: Field required")],
)
def test_what_is_no_order_is_told(monkeypatch: pytest.MonkeyPatch, line: bytes, words: str) -> None:
    with pytest.raises(LoadError, match=words):
        generated(monkeypatch, Coordinator(line, gone=True))


def test_a_terminal_that_cannot_sign_in_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = FakePool({"/v1/token": (401, {"code": "client-unknown"})})
    with pytest.raises(LoadError, match="could not sign in: 401"):
        generated(monkeypatch, Coordinator(order().line()), pool)


@pytest.mark.parametrize(
    ("files", "connections"), [(1024, 924), (20_000, 10_000), (resource.RLIM_INFINITY, 10_000)]
)
def test_it_takes_as_many_connections_as_the_system_lets_it(
    monkeypatch: pytest.MonkeyPatch, files: int, connections: int
) -> None:
    query: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, files))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: query.append(limits))
    assert max_connections() == connections
    assert query == [(files, files)]
