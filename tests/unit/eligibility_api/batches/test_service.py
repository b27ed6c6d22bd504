"""Batches: when one is accepted, how long to wait otherwise, and which page of results follows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from eligibility_api.batches import service
from eligibility_api.batches.store import Load
from eligibility_api.clients.caller import Caller
from eligibility_api.contract import examples
from eligibility_api.contract.batches import BatchRequest, BatchState
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.state import State
from tests.builders.scripted_database import CLIENT, CLINIC, NOW, asked_of, insurer, scripted_state, terminal

pytestmark = pytest.mark.anyio

CALLER = terminal(Right.ELIGIBILITY)
BATCH = UUID(int=3)
DAY_BEGAN = datetime(2026, 3, 31, 15, tzinfo=UTC)
"""Midnight in Japan before the state's clock."""


NO_LOAD = Load(0, 0)


class Store:
    """The store of batches with one facility's load, and one batch."""

    def __init__(self, load: Load = NO_LOAD, rows: int = 3, answered: int = 0, admitted: bool = True) -> None:
        self.load, self.rows, self.answered, self.admitted = load, rows, answered, admitted
        self.steps: list[str] = []
        self.since: datetime | None = None
        self.added: list[str] = []
        self.as_of = date(2026, 4, 1)

    def batch(self) -> Any:
        return SimpleNamespace(
            batch_id=BATCH,
            answered=self.answered,
            rows=self.rows,
            as_of=self.as_of,
            accepted_at=NOW,
            kept_until=NOW + timedelta(days=7),
        )

    async def is_admitted(self, _: object, client_id: UUID) -> bool:
        return self.admitted and client_id == CLIENT

    async def lock_facility(self, _: object, institution_code: str) -> None:
        self.steps.append(f"lock {institution_code}")

    async def load_of(self, _: object, institution_code: str, since: datetime) -> Load:
        self.steps.append(f"load {institution_code}")
        self.since = since
        return self.load

    async def add(self, _: object, client_id: UUID, code: str, as_of: date, requests: Sequence[str]) -> Any:
        self.steps.append(f"add {code}")
        self.added, self.rows, self.as_of = list(requests), len(requests), as_of
        return self.batch()

    async def find(self, _: object, batch_id: UUID, institution_code: str) -> Any:
        return self.batch() if (batch_id, institution_code) == (BATCH, CLINIC) else None

    async def results(self, _: object, client_id: UUID, batch: Any, after: int, limit: int) -> Any:
        last = min(after + limit, self.answered)
        return [SimpleNamespace(row=row, result=f"row {row}") for row in range(after + 1, last + 1)]


def use(monkeypatch: pytest.MonkeyPatch, **of_store: Any) -> Store:
    """Replace the store and the check of admission."""
    store = Store(**of_store)
    monkeypatch.setattr(service, "store", store)
    monkeypatch.setattr(service, "is_admitted", store.is_admitted)
    return store


def request(rows: int = 2, **more: Any) -> BatchRequest:
    return BatchRequest.model_validate({"rows": [examples.BATCH["rows"][0]] * rows} | more)


def state(**settings: Any) -> State:
    return scripted_state(**settings)


async def test_a_batch_is_accepted_under_the_facilitys_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    store = use(monkeypatch)
    answer = await service.accept(state(), CALLER, request())
    assert store.steps == [f"lock {CLINIC}", f"load {CLINIC}", f"add {CLINIC}"]
    assert (answer.state, answer.rows, answer.answered) == (BatchState.ACCEPTED, 2, 0)
    assert answer.as_of == date(2026, 4, 1)


async def test_rows_are_stored_without_their_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    store = use(monkeypatch)
    row = {name: value for name, value in examples.NUMBER.items() if name in examples.MEMBERSHIP_KEY}
    sent = {"rows": [row, row | {"tag": "見本1", "limit_certificate_consent": True}]}
    await service.accept(state(), CALLER, BatchRequest.model_validate(sent))
    assert [json.loads(one) for one in store.added] == sent["rows"]


@pytest.mark.parametrize(
    ("open_rows", "per_second", "seconds"), [(1, 100.0, 1), (100, 100.0, 1), (101, 100.0, 2), (10, 0.5, 20)]
)
async def test_during_an_open_batch_none_is_accepted_until_its_rows_are_answered(
    monkeypatch: pytest.MonkeyPatch, open_rows: int, per_second: float, seconds: int
) -> None:
    store = use(monkeypatch, load=Load(open_rows, 0))
    with pytest.raises(ShikakuError) as refused:
        await service.accept(state(batch_rows_per_second=per_second), CALLER, request())
    assert (refused.value.code, refused.value.retry_after, store.added) == ("batch-limit", seconds, [])


@pytest.mark.parametrize(
    ("before", "rows", "accepted"), [(0, 10, True), (8, 2, True), (8, 3, False), (0, 11, False)]
)
async def test_the_rows_of_a_day_are_limited(
    monkeypatch: pytest.MonkeyPatch, before: int, rows: int, accepted: bool
) -> None:
    store = use(monkeypatch, load=Load(0, before))
    if accepted:
        await service.accept(state(batch_rows_per_day=10), CALLER, request(rows))
    else:
        with pytest.raises(ShikakuError, match="batch-limit"):
            await service.accept(state(batch_rows_per_day=10), CALLER, request(rows))
    assert (len(store.added), store.since) == (rows if accepted else 0, DAY_BEGAN)


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        (DAY_BEGAN, 86_400),
        (NOW, 14 * 3600),
        (DAY_BEGAN + timedelta(days=1) - timedelta(milliseconds=1), 1),
    ],
)
async def test_the_limit_of_a_day_ends_at_midnight_in_japan(
    monkeypatch: pytest.MonkeyPatch, now: datetime, seconds: int
) -> None:
    use(monkeypatch, load=Load(0, 10))
    with pytest.raises(ShikakuError) as refused:
        await service.accept(scripted_state(now=now, batch_rows_per_day=10), CALLER, request())
    assert refused.value.retry_after == seconds


@pytest.mark.parametrize("as_of", ["2021-03-27", "2027-04-03"])
async def test_a_day_out_of_range_is_refused_before_anything_is_stored(
    monkeypatch: pytest.MonkeyPatch, as_of: str
) -> None:
    use(monkeypatch)
    asked = state()
    with pytest.raises(ShikakuError, match="as-of-out-of-range"):
        await service.accept(asked, CALLER, request(as_of=as_of))
    assert asked_of(asked).transactions == 0


@pytest.mark.parametrize(
    ("caller", "admitted", "code"),
    [
        (terminal(Right.CONSENT), True, "right-missing"),
        (insurer(Right.ELIGIBILITY), True, "right-missing"),
        (CALLER, False, "client-closed"),
    ],
    ids=["without the right", "an insurer", "closed"],
)
async def test_only_an_admitted_terminal_with_the_right_has_batches(
    monkeypatch: pytest.MonkeyPatch, caller: Caller, admitted: bool, code: str
) -> None:
    store = use(monkeypatch, admitted=admitted)
    for call in (
        service.accept(state(), caller, request()),
        service.find(state(), caller, BATCH),
        service.results(state(), caller, BATCH, after=0, limit=10),
    ):
        with pytest.raises(ShikakuError, match=code):
            await call
    assert store.steps == []


@pytest.mark.parametrize("batch", [UUID(int=4), BATCH])
async def test_a_batch_of_another_facility_is_not_found(monkeypatch: pytest.MonkeyPatch, batch: UUID) -> None:
    use(monkeypatch)
    other = terminal(Right.ELIGIBILITY, institution_code="0110113719")
    with pytest.raises(ShikakuError, match="not-found"):
        await service.find(state(), other if batch == BATCH else CALLER, batch)


@pytest.mark.parametrize(
    ("answered", "expected"),
    [(0, BatchState.ACCEPTED), (1, BatchState.PROCESSING), (2, BatchState.PROCESSING), (3, BatchState.DONE)],
)
async def test_the_state_follows_from_the_answered_rows(
    monkeypatch: pytest.MonkeyPatch, answered: int, expected: BatchState
) -> None:
    use(monkeypatch, rows=3, answered=answered)
    found = await service.find(state(), CALLER, BATCH)
    assert (found.state, found.answered, found.rows) == (expected, answered, 3)


@pytest.mark.parametrize(
    ("answered", "after", "rows", "following"),
    [
        (5, 0, [1, 2], 2),
        (5, 2, [3, 4], 4),
        (5, 4, [5], None),
        (5, 5, [], None),
        (3, 2, [3], 3),
        (3, 3, [], 3),
        (0, 0, [], 0),
    ],
)
async def test_a_page_of_results_names_the_next_one_while_rows_are_open(
    monkeypatch: pytest.MonkeyPatch,
    answered: int,
    after: int,
    rows: list[int],
    following: int | None,
) -> None:
    use(monkeypatch, rows=5, answered=answered)
    page = await service.results(state(), CALLER, BATCH, after=after, limit=2)
    assert (page.results, page.after) == ([f"row {row}" for row in rows], following)
