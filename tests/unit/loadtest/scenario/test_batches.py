"""What a facility does with a batch: hands it in, asks until it is done, fetches all of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar, cast

import pytest

from eligibility_api.contract.batches import BatchRequest
from loadtest.clock import now
from loadtest.dataset.terminals import Terminal
from loadtest.http_client.connection import Reply
from loadtest.http_client.pool import ConnectionPool
from loadtest.model.events import Membership
from loadtest.scenario import batches
from loadtest.scenario.batches import BatchClient
from loadtest.scenario.visits import Outcome, TerminalClient
from tests.unit.loadtest.dataset.builders import terminal

T = TypeVar("T")
MEMBERSHIPS = [Membership("06130017", "見本", str(number), "00", date(1980, 1, 1)) for number in range(3)]


class Night:
    """A fund that is done with a batch when it has been asked so often, and gives so many rows a page."""

    host, timeout_seconds = "127.0.0.1", 10.0

    def __init__(self, *, asked: int = 2, page: int = 2, refused: str | None = None) -> None:
        self.paths: list[str] = []
        self.bodies: list[bytes] = []
        self.at_work = self.most_at_work = 0
        self._asked, self._page, self._refused = asked, page, refused

    async def exchange(self, data: bytes) -> Reply:
        head, _, body = data.partition(b"\r\n\r\n")
        path = head.decode().split()[1]
        self.paths.append(path)
        if head.startswith(b"POST"):
            self.bodies.append(body)
            self.at_work += 1
            self.most_at_work = max(self.most_at_work, self.at_work)
            if self._refused is not None:
                return Reply(429, json.dumps({"code": self._refused}).encode())
            return Reply(202, b'{"batch_id": "7"}')
        if "results" not in path:
            done = sum("results" not in one for one in self.paths) > self._asked
            return Reply(200, json.dumps({"state": "done" if done else "processing"}).encode())
        after = int(path.partition("after=")[2])
        lines = [self._line(row) for row in range(after, min(after + self._page, len(MEMBERSHIPS)))]
        if after + self._page >= len(MEMBERSHIPS):
            self.at_work -= 1
        return Reply(200, "".join(f"{line}\n" for line in lines).encode())

    def _line(self, row: int) -> str:
        told: dict[str, Any] = {"row": row + 1, "answer": {"validity": "1", "as_of": str(row)}, "code": None}
        if row == 1:
            told |= {"answer": None, "code": "eligibility-not-confirmable"}
        return json.dumps(told)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(batches, "MOST_SECONDS", 1.0)


def signed_in() -> Terminal:
    made = terminal()
    made.token, made.token_expires_at = "token", now() + timedelta(minutes=5)
    return made


def of(night: Night) -> BatchClient:
    return BatchClient(TerminalClient(cast(ConnectionPool, night), lambda *_: None))


def run(work: Awaitable[T]) -> T:
    async def wait() -> T:
        return await work

    return asyncio.run(wait())


def test_each_row_is_answered_as_if_it_had_been_asked_alone() -> None:
    night = Night()
    outcomes = run(of(night).check(signed_in(), MEMBERSHIPS))
    assert [outcome.failure for outcome in outcomes] == [None, "eligibility-not-confirmable", None]
    assert [json.loads(outcomes[row].body)["as_of"] for row in (0, 2)] == ["0", "2"]
    assert [path.rpartition("/")[2] for path in night.paths] == [
        "batches",
        "7",
        "7",
        "results?after=0",
        "results?after=2",
    ]
    request = BatchRequest.model_validate_json(night.bodies[0])
    assert [row.number for row in request.rows] == ["0", "1", "2"]


def test_where_it_is_refused_or_never_done_every_row_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = run(of(Night(refused="batch-limit")).check(signed_in(), MEMBERSHIPS))
    assert [outcome.failure for outcome in refused] == ["batch-limit"] * 3
    monkeypatch.setattr(batches, "MOST_SECONDS", 0.003)
    waited = run(of(Night(asked=100)).check(signed_in(), MEMBERSHIPS))
    assert [outcome.failure for outcome in waited] == ["batch-not-done"] * 3


def test_a_facility_has_one_batch_at_a_time() -> None:
    night, here = Night(asked=0), signed_in()

    async def two() -> list[list[Outcome]]:
        work = of(night)
        return list(await asyncio.gather(*(work.check(here, MEMBERSHIPS) for _ in range(2))))

    assert [len(outcomes) for outcomes in asyncio.run(two())] == [3, 3]
    assert night.most_at_work == 1


def test_batches_are_few_large_and_many_small() -> None:
    rng = Random(1)
    sizes = [batches.draw_row_count(rng) for _ in range(20_000)]
    assert sum(sizes) / len(sizes) == pytest.approx(batches.MEAN_ROWS, rel=0.03)
    assert min(sizes) == 1
