"""A generator from its assignment to its last message, with a fake fund."""

from __future__ import annotations

import asyncio
import resource
from typing import Any

import pytest

from loadtest.generator import runner
from loadtest.generator.messages import START, Answers, Done, Message, Ready
from loadtest.generator.runner import max_connections, run_generator
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import RunStats
from loadtest.target import LoadError
from tests.unit.loadtest.generator.builders import BY_NUMBER, FakePool, assignment


class Coordinator:
    """Sends its lines one after the other; then nothing, or the end of the input if `gone`."""

    def __init__(self, *lines: bytes, gone: bool = False) -> None:
        self._lines = list(lines)
        self._gone = gone

    async def readline(self) -> bytes:
        if self._lines:
            return self._lines.pop(0)
        if not self._gone:
            await asyncio.Event().wait()
        return b""


def messages_of(
    monkeypatch: pytest.MonkeyPatch, coordinator: Coordinator, pool: FakePool | None = None
) -> list[Message]:
    messages: list[Message] = []
    fake = pool or FakePool()

    def make_pool(*_: Any, **__: Any) -> FakePool:
        return fake

    monkeypatch.setattr(runner, "ConnectionPool", make_pool)
    asyncio.run(run_generator(coordinator, messages.append))
    return messages


def test_it_reports_that_it_is_ready_its_sample_and_its_statistics(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = FakePool()
    ready, answers, done = messages_of(monkeypatch, Coordinator(assignment().to_line(), START), pool)
    assert isinstance(ready, Ready)
    assert isinstance(answers, Answers)
    assert isinstance(done, Done)
    stats = RunStats.from_message(done.stats)
    assert stats.offered == stats.answered == len(answers.sampled) > 0
    assert done.usage.cpu_seconds > 0
    assert pool.calls[:4] == ["/v1/token"] * 4
    assert pool.calls[4:] == ["/v1/eligibility/number"] * stats.offered


def test_it_starts_no_visit_before_the_start_message(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = FakePool()
    [message] = messages_of(monkeypatch, Coordinator(assignment().to_line(), gone=True), pool)
    assert isinstance(message, Ready)
    assert set(pool.calls) == {"/v1/token"}


def test_it_fails_when_the_coordinator_exits(monkeypatch: pytest.MonkeyPatch) -> None:
    long = assignment(plan=Plan(BY_NUMBER, seconds=600.0, scale=1.0, seed=1)).to_line()
    with pytest.raises(LoadError, match="the coordinator has exited"):
        messages_of(monkeypatch, Coordinator(long, START, gone=True))


@pytest.mark.parametrize(
    ("line", "error"),
    [(b"", "malformed assignment"), (b'{"cards":[]}\n', "fund_url: Field required")],
)
def test_a_malformed_assignment_is_reported(monkeypatch: pytest.MonkeyPatch, line: bytes, error: str) -> None:
    with pytest.raises(LoadError, match=error):
        messages_of(monkeypatch, Coordinator(line, gone=True))


def test_a_terminal_that_cannot_sign_in_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = FakePool({"/v1/token": (401, {"code": "client-unknown"})})
    with pytest.raises(LoadError, match="could not sign in: 401"):
        messages_of(monkeypatch, Coordinator(assignment().to_line()), pool)


@pytest.mark.parametrize(
    ("files", "connections"), [(1024, 924), (20_000, 10_000), (resource.RLIM_INFINITY, 10_000)]
)
def test_connections_are_limited_by_the_systems_limit_of_open_files(
    monkeypatch: pytest.MonkeyPatch, files: int, connections: int
) -> None:
    limits: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, files))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limit: limits.append(limit))
    assert max_connections() == connections
    assert limits == [(files, files)]
