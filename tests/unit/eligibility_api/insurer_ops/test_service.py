"""The insurers' lists: pages without gap or repetition, reference days, and admitted insurers only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.insurer_ops import service
from eligibility_api.insurer_ops.service import MISMATCHES_PER_PAGE
from eligibility_api.state import State
from eligibility_api.web import cursor
from tests.builders.scripted_database import INSURER, NOW, asked_of, insurer, scripted_state, terminal

pytestmark = pytest.mark.anyio

CALLER = insurer(Right.ENROLMENT)
Position = tuple[datetime, int, int]


class Store:
    """The insurer's rows, read as the SQL does: behind a position, in order, up to a limit."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.claimed: list[Any] = []
        self.asked: list[Any] = []
        self.recorded: list[dict[str, Any]] = []

    async def mismatches(self, _: object, insurer_number: str, after: Position, limit: int) -> Sequence[Any]:
        assert insurer_number == INSURER
        return [row for row in self.rows if (row.since, 0, row.version) > after][:limit]

    async def claimed_elsewhere(self, _: object, insurer_number: str, limit: int) -> Sequence[Any]:
        assert insurer_number == INSURER
        return self.claimed[:limit]

    async def changes(self, _: object, insurer_number: str, after: Position, limit: int) -> Sequence[Any]:
        assert insurer_number == INSURER
        return [row for row in self.rows if (row.known_from, row.revision, row.version) > after][:limit]

    async def registration_delay(
        self, _: object, insurer_number: str, within: timedelta, since: datetime
    ) -> dict[str | None, Any]:
        assert insurer_number == INSURER
        assert (since.day, since.hour) == (1, 0)
        return {None: SimpleNamespace(enrolments=2, median_hours=1.5, p95_hours=None)}

    async def record(self, _: object, values: dict[str, Any]) -> None:
        self.recorded.append(values)

    async def look_ups(self, _: object, insurer_number: str, first_day: date) -> dict[str, int]:
        self.asked.append(first_day)
        return {"1": 3, "card-not-usable": 1}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store()

    async def admitted(_: object, client_id: UUID, right: Right) -> str | None:
        return "架空健康保険" if right is Right.ENROLMENT else None

    monkeypatch.setattr(service, "store", store)
    monkeypatch.setattr(service, "record", store.record)
    monkeypatch.setattr(service, "admitted_insurer_name", admitted)
    return store


def mismatch(version: int, since: datetime = NOW) -> Any:
    return SimpleNamespace(
        version=version,
        enrolment_id=str(UUID(int=version)),
        symbol=None,
        number="1",
        branch=None,
        birth_date=date(1980, 5, 17),
        register_match="none",
        since=since,
        acquired_on=date(2026, 1, 1),
        lost_on=None,
    )


def change(version: int, revision: int, known_from: datetime = NOW) -> Any:
    return SimpleNamespace(
        version=version,
        revision=revision,
        known_from=known_from,
        event="opened",
        enrolment_id=str(UUID(int=version)),
        kind="file",
    )


@pytest.mark.parametrize(
    ("count", "pages"),
    [
        (0, [0]),
        (1, [1]),
        (MISMATCHES_PER_PAGE, [MISMATCHES_PER_PAGE]),
        (MISMATCHES_PER_PAGE + 1, [MISMATCHES_PER_PAGE, 1]),
        (2 * MISMATCHES_PER_PAGE, [MISMATCHES_PER_PAGE] * 2),
    ],
)
async def test_the_queue_is_read_in_whole_pages_each_member_once(
    store: Store, count: int, pages: list[int]
) -> None:
    # Many of one instant, as after a file: the version continues a page in the middle of them.
    store.rows = [mismatch(number, NOW + timedelta(days=number // 150)) for number in range(1, count + 1)]
    read, after = [], None
    while True:
        page = await service.mismatches(scripted_state(), CALLER, after)
        read.append([one.enrolment_id for one in page.mismatches])
        after = page.next
        if after is None:
            break
    assert [len(one) for one in read] == pages
    assert [member for one in read for member in one] == [row.enrolment_id for row in store.rows]


async def test_the_feed_continues_where_it_ended_even_if_nothing_was_new(store: Store) -> None:
    store.rows = [change(1, 7), change(2, 7)]
    first = await service.changes(scripted_state(), CALLER, None, limit=5)
    assert (len(first.changes), first.has_more) == (2, False)
    nothing = await service.changes(scripted_state(), CALLER, first.next, limit=5)
    assert (nothing.changes, nothing.has_more, nothing.next) == ([], False, first.next)
    store.rows.append(change(3, 8))
    later = await service.changes(scripted_state(), CALLER, nothing.next, limit=5)
    assert [one.revision for one in later.changes] == [8]


async def test_an_empty_feed_has_no_cursor_yet(store: Store) -> None:
    page = await service.changes(scripted_state(), CALLER, None, limit=5)
    assert (page.changes, page.has_more, page.next) == ([], False, None)


@pytest.mark.parametrize(
    ("limit", "sizes"), [(1, [1, 1, 1, 1]), (2, [2, 2]), (3, [3, 1]), (4, [4]), (9, [4])]
)
async def test_a_page_shows_whether_more_is_available_now(store: Store, limit: int, sizes: list[int]) -> None:
    store.rows = [change(version, 7) for version in range(1, 5)]
    read, after, more = [], None, True
    while more:
        page = await service.changes(scripted_state(), CALLER, after, limit)
        read.append(len(page.changes))
        after, more = page.next, page.has_more
    assert read == sizes


@pytest.mark.parametrize(
    ("now", "first_day"),
    [
        (NOW, date(2026, 3, 2)),
        (datetime(2026, 4, 1, 14, 59, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 4, 1, 15, 0, tzinfo=UTC), date(2026, 3, 3)),
    ],
)
async def test_look_ups_are_those_of_the_last_thirty_days_in_japan(
    store: Store, now: datetime, first_day: date
) -> None:
    answer = await service.statistics(scripted_state(now=now), CALLER)
    assert store.asked == [first_day]
    assert answer.look_ups == {"1": 3, "card-not-usable": 1}
    assert answer.registration_delay.p95_hours is None


LISTS: dict[str, Callable[[State, Any, str | None], Awaitable[Any]]] = {
    "mismatches": service.mismatches,
    "changes": lambda state, caller, after: service.changes(state, caller, after, limit=5),
    "statistics": lambda state, caller, _: service.statistics(state, caller),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "caller",
    [terminal(Right.ENROLMENT), insurer(*set(Right) - {Right.ENROLMENT})],
    ids=["a terminal", "without the right"],
)
async def test_only_an_insurer_with_the_right_reads_a_list(store: Store, name: str, caller: Any) -> None:
    state = scripted_state()
    with pytest.raises(ShikakuError, match="right-missing"):
        await LISTS[name](state, caller, None)
    assert (asked_of(state).transactions, store.asked) == (0, [])


@pytest.mark.parametrize("name", LISTS)
async def test_a_closed_client_reads_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    async def closed(*_: object) -> None:
        return None

    monkeypatch.setattr(service, "admitted_insurer_name", closed)
    with pytest.raises(ShikakuError, match="client-closed"):
        await LISTS[name](scripted_state(), CALLER, None)
    assert store.asked == []


@pytest.mark.parametrize("name", ["mismatches", "changes"])
@pytest.mark.parametrize(
    "text", ["", "x", "ZZZZ", cursor.encode("text"), cursor.encode(-1), cursor.encode(2**63)]
)
async def test_a_cursor_of_another_form_is_refused_before_anything_is_read(
    store: Store, name: str, text: str
) -> None:
    state = scripted_state()
    with pytest.raises(ShikakuError, match="cursor-invalid"):
        await LISTS[name](state, CALLER, text)
    assert asked_of(state).transactions == 0
