"""The probe: asks until it is stopped, and counts the results."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from loadtest.faults import probe
from loadtest.faults.probe import ANSWERED, UNANSWERED, Probe, answers
from loadtest.http_client.connection import ConnectionFailed, Reply
from tests.unit.loadtest.faults.builders import FakePool


def test_results_are_counted_until_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_INTERVAL_S", 0.0)
    results = iter([UNANSWERED, ANSWERED, UNANSWERED])

    async def run() -> Counter[str]:
        asked = asyncio.Event()

        async def ask() -> str:
            if (result := next(results, None)) is None:
                asked.set()
                await asyncio.Event().wait()
            return result or ""

        one = Probe(ask)
        one.start()
        await asked.wait()
        await one.stop()
        await one.stop()
        return one.results

    assert asyncio.run(run()) == {UNANSWERED: 2, ANSWERED: 1}


def test_an_error_of_a_question_is_raised_when_it_is_stopped() -> None:
    async def ask() -> str:
        raise OSError("no more files")

    async def run() -> None:
        one = Probe(ask)
        one.start()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await one.stop()

    with pytest.raises(OSError, match="no more files"):
        asyncio.run(run())


def cut(_: bytes) -> Reply:
    raise ConnectionFailed("timeout")


@pytest.mark.parametrize(
    ("pool", "result"),
    [
        (FakePool(lambda _: Reply(200, b"")), ANSWERED),
        (FakePool(lambda _: Reply(404, b"")), ANSWERED),
        (FakePool(cut), UNANSWERED),
    ],
    ids=["in order", "any answer", "none"],
)
def test_a_server_answers_whatever_it_answers(
    monkeypatch: pytest.MonkeyPatch, pool: FakePool, result: str
) -> None:
    monkeypatch.setattr(probe, "ConnectionPool", lambda *_, **__: pool)
    assert asyncio.run(answers("http://127.0.0.1:1")) == result
