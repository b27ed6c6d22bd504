"""A facility's batch: it is submitted, polled until it is done, and fetched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from datetime import date
from random import Random
from typing import Any, TypeVar, cast

import pytest

from eligibility_api.contract.batches import BatchRequest
from loadtest.http_client.connection import Reply
from loadtest.http_client.pool import ConnectionPool
from loadtest.model.events import Membership
from loadtest.scenario import batches
from loadtest.scenario.batches import BatchClient
from loadtest.scenario.visits import Outcome, TerminalClient
from tests.unit.loadtest.scenario.builders import signed_in

T = TypeVar("T")
MEMBERSHIPS = [Membership("06130017", "見本", str(number), "00", date(1980, 1, 1)) for number in range(3)]


class FakeFund:
    """A fund that is done with a batch after `polls` polls, and returns `page` rows a page."""

    host, timeout_seconds = "127.0.0.1", 10.0

    def __init__(self, *, polls: int = 2, page: int = 2, refused: str | None = None) -> None:
        self.paths: list[str] = []
        self.bodies: list[bytes] = []
        self.in_progress = self.max_in_progress = 0
        self._polls, self._page, self._refused = polls, page, refused

    async def exchange(self, data: bytes) -> Reply:
        head, _, body = data.partition(b"\r\n\r\n")
        path = head.decode().split()[1]
        self.paths.append(path)
        if head.startswith(b"POST"):
            self.bodies.append(body)
            self.in_progress += 1
            self.max_in_progress = max(self.max_in_progress, self.in_progress)
            if self._refused is not None:
                return Reply(429, json.dumps({"code": self._refused}).encode())
            return Reply(202, b'{"batch_id": "7"}')
        if "results" not in path:
            done = sum("results" not in one for one in self.paths) > self._polls
            return Reply(200, json.dumps({"state": "done" if done else "processing"}).encode())
        after = int(path.partition("after=")[2])
        results = [self._result(row) for row in range(after, min(after + self._page, len(MEMBERSHIPS)))]
        if after + self._page >= len(MEMBERSHIPS):
            self.in_progress -= 1
        return Reply(200, "".join(f"{result}\n" for result in results).encode())

    def _result(self, row: int) -> str:
        result: dict[str, Any] = {
            "row": row + 1,
            "answer": {"validity": "1", "as_of": str(row)},
            "code": None,
        }
        if row == 1:
            result |= {"answer": None, "code": "eligibility-not-confirmable"}
        return json.dumps(result)


@pytest.fixture(autouse=True)
def fast_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(batches, "MAX_POLL_SECONDS", 1.0)


def batch_client(fund: FakeFund) -> BatchClient:
    return BatchClient(TerminalClient(cast(ConnectionPool, fund), lambda *_: None))


def run(work: Awaitable[T]) -> T:
    async def wait() -> T:
        return await work

    return asyncio.run(wait())


def test_each_row_has_the_outcome_of_a_single_check() -> None:
    fund = FakeFund()
    outcomes = run(batch_client(fund).check(signed_in(), MEMBERSHIPS))
    assert [outcome.failure for outcome in outcomes] == [None, "eligibility-not-confirmable", None]
    assert [json.loads(outcomes[row].body)["as_of"] for row in (0, 2)] == ["0", "2"]
    assert [path.rpartition("/")[2] for path in fund.paths] == [
        "batches",
        "7",
        "7",
        "results?after=0",
        "results?after=2",
    ]
    request = BatchRequest.model_validate_json(fund.bodies[0])
    assert [row.number for row in request.rows] == ["0", "1", "2"]


def test_a_refused_or_unfinished_batch_is_the_failure_of_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = run(batch_client(FakeFund(refused="batch-limit")).check(signed_in(), MEMBERSHIPS))
    assert [outcome.failure for outcome in refused] == ["batch-limit"] * 3
    monkeypatch.setattr(batches, "MAX_POLL_SECONDS", 0.003)
    waited = run(batch_client(FakeFund(polls=100)).check(signed_in(), MEMBERSHIPS))
    assert [outcome.failure for outcome in waited] == ["batch-not-done"] * 3


def test_a_facility_runs_one_batch_at_a_time() -> None:
    fund, here = FakeFund(polls=0), signed_in()

    async def two() -> list[list[Outcome]]:
        work = batch_client(fund)
        return list(await asyncio.gather(*(work.check(here, MEMBERSHIPS) for _ in range(2))))

    assert [len(outcomes) for outcomes in asyncio.run(two())] == [3, 3]
    assert fund.max_in_progress == 1


def test_batches_are_few_large_and_many_small() -> None:
    rng = Random(1)
    sizes = [batches.draw_row_count(rng) for _ in range(20_000)]
    assert sum(sizes) / len(sizes) == pytest.approx(batches.MEAN_ROWS, rel=0.03)
    assert min(sizes) == 1
