"""When taps are right again after a fault, and what the watch keeps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

import pytest

from loadtest.errors import LoadError
from loadtest.faults import tap_watch
from loadtest.faults.tap_watch import Tap, TapWatch, seconds_until_answered, seconds_until_right
from loadtest.http_client.connection import ConnectionFailed, Reply
from tests.unit.loadtest.faults.builders import FakePool, fault_context, known_dataset

REFUSED = "database-unavailable"


def taps(*codes: str | None, takes: float = 0.5) -> list[Tap]:
    """A tap a second from the instant 100 on."""
    return [Tap(100.0 + n, 100.0 + n + takes, code) for n, code in enumerate(codes)]


@pytest.mark.parametrize(
    ("watched", "seconds"),
    [
        (taps(None, None), 0.0),
        ([], 0.0),
        (taps(REFUSED, REFUSED, None), 2.5),
        (taps(None, REFUSED, None, "network: timeout", None), 4.5),
        (taps(REFUSED), None),
        (taps(None, REFUSED), None),
        ([*taps(REFUSED, None), Tap(99.0, 103.0)], 1.5),
        ([*taps(None, None), Tap(100.2, 106.0, REFUSED)], 1.5),
    ],
    ids=["no effect", "no tap", "refused at first", "refused again", "never", "until the end", "an early one answered late", "an early one refused late"],
)  # fmt: skip
def test_taps_are_right_again_with_the_first_answer_after_the_last_failed_tap(
    watched: list[Tap], seconds: float | None
) -> None:
    assert seconds_until_right(watched, injected=100.0) == seconds


@pytest.mark.parametrize(
    ("watched", "seconds"),
    [
        (taps(None, None), 0.0),
        (taps(None, REFUSED, None, REFUSED, None), 2.5),
        (taps(REFUSED, REFUSED), None),
    ],
    ids=["no effect", "refused again later", "never"],
)
def test_a_tap_is_answered_again_though_a_later_one_may_fail(
    watched: list[Tap], seconds: float | None
) -> None:
    assert seconds_until_answered(watched, injected=100.0) == seconds


class Fund:
    """Answers the watch: its refusals of taps by turn, and a checkpoint that grows."""

    def __init__(self, *answers: Reply | Exception, checkpoints: bool = True) -> None:
        self._answers = list(answers)
        self._checkpoints = checkpoints
        self.taps = 0

    async def tap(self, *_: object) -> Reply:
        answer = self._answers[min(self.taps, len(self._answers) - 1)]
        self.taps += 1
        if isinstance(answer, Exception):
            raise answer
        return answer

    def exchange(self, data: bytes) -> Reply:
        path = data.split(b" ", 2)[1]
        if path == b"/v1/audit/checkpoint":
            return Reply(200, b"note %d" % (self.taps // 2)) if self._checkpoints else Reply(404, b"{}")
        return Reply(200, json.dumps({"access_token": "t", "expires_in": 300}).encode())


RIGHT = Reply(200, json.dumps({"unchanged": False, "validity": "1", "results": []}).encode())
UNAVAILABLE = Reply(503, json.dumps({"code": REFUSED}).encode())


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Callable[[Fund, int], TapWatch]:
    """Runs a watch until so many taps were made."""
    monkeypatch.setattr(tap_watch, "_PER_S", 1000.0)
    monkeypatch.setattr(tap_watch, "_CHECKPOINT_S", 0.001)

    async def watching(fund: Fund, count: int) -> TapWatch:
        watch = TapWatch(fault_context(dataset=known_dataset()))
        watch._pool = cast(Any, FakePool(fund.exchange))
        await watch.start()
        while fund.taps < count:
            await asyncio.sleep(0)
        await watch.stop()
        return watch

    def run(fund: Fund, count: int) -> TapWatch:
        monkeypatch.setattr(tap_watch, "tap_with", fund.tap)
        return asyncio.run(watching(fund, count))

    return run


def test_every_tap_is_kept_with_its_refusal_and_every_answer_with_its_body(
    watched: Callable[[Fund, int], TapWatch],
) -> None:
    watch = watched(Fund(RIGHT, UNAVAILABLE, ConnectionFailed("timeout"), RIGHT), 4)
    assert [tap.code for tap in watch.taps[:4]] == [None, REFUSED, "network: timeout", None]
    assert len(watch.answers) == sum(tap.code is None for tap in watch.taps)
    assert set(watch.answers) == {RIGHT.body}
    assert watch.compared().name == "answers_compared"


def test_each_checkpoint_is_kept_once(watched: Callable[[Fund, int], TapWatch]) -> None:
    watch = watched(Fund(RIGHT), 40)
    assert len(watch.checkpoints) == len(set(watch.checkpoints)) > 2
    assert watch.checkpoints[0] == b"note 0"


def test_a_log_without_checkpoint_could_not_be_compared(watched: Callable[[Fund, int], TapWatch]) -> None:
    with pytest.raises(LoadError, match="no checkpoint"):
        watched(Fund(RIGHT, checkpoints=False), 1)


def test_a_watch_that_never_began_is_stopped_all_the_same() -> None:
    async def run() -> TapWatch:
        watch = TapWatch(fault_context(dataset=known_dataset()))
        await watch.stop()
        return watch

    assert asyncio.run(run()).taps == []
