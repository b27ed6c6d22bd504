"""Registering and withdrawing medical tickets: the outcome of each, and which versions are closed and opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from eligibility_api.clients.caller import Caller
from eligibility_api.contract import examples
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.tickets import TicketsRequest, TicketsWithdrawal
from eligibility_api.enrolment.idempotency import StoredAnswer
from eligibility_api.tickets import service
from eligibility_api.tickets.store import CurrentTicket
from tests.builders.scripted_database import NOW, WELFARE_OFFICE, asked_of, insurer, scripted_state, terminal

pytestmark = pytest.mark.anyio

OFFICE = insurer(Right.ENROLMENT, insurer_number=WELFARE_OFFICE)
CONTENT = {
    "institution_name": "架空診療所",
    "single_or_combined": "01",
    "valid_from": date(2026, 11, 1),
    "valid_to": date(2026, 11, 30),
    "issue_number": "2026-000001",
    "self_pay": 0,
}
"""The content of the example's ticket as it is stored."""

NO_TICKET = CurrentTicket(entitlement=3, version=None, content={}, facility_name="院内の名称")
SAME = CurrentTicket(entitlement=3, version=7, content=CONTENT, facility_name="院内の名称")
OTHER = CurrentTicket(
    entitlement=3, version=8, content=CONTENT | {"self_pay": 500}, facility_name="院内の名称"
)
NOBODY = CurrentTicket(entitlement=None, version=None, content={}, facility_name=None)


class Store:
    """The stores of tickets, revisions and idempotent calls, which note what is written."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, *current: CurrentTicket, stored: StoredAnswer | None = None
    ) -> None:
        self.current, self.stored = current, stored
        self.closed: list[int] = []
        self.opened: list[dict[str, Any]] = []
        self.recorded: list[int] = []
        self.waits: list[timedelta] = []
        names = ("admit_and_lock", "wait_until_visible", "prepare_revision", "publish")
        for name in names:
            monkeypatch.setattr(service, name, getattr(self, name))
        monkeypatch.setattr(service, "store", self)
        monkeypatch.setattr(service, "idempotency", self)

    async def admit_and_lock(self, *_: object) -> str:
        return "架空福祉事務所"

    async def lock_office(self, _: object, office: str) -> None:
        assert office == WELFARE_OFFICE

    async def stored_answer(self, *_: object) -> StoredAnswer | None:
        return self.stored

    async def store_answer(self, _: object, __: object, answer: dict[str, Any], revision: int) -> None:
        assert revision == 99

    async def current_tickets(self, *_: object) -> Sequence[CurrentTicket]:
        return self.current

    async def prepare_revision(self, *_: object, kind: str) -> int:
        assert kind == "tickets"
        return 99

    async def publish(self, *_: object) -> Any:
        return SimpleNamespace(at=NOW, ahead=timedelta(milliseconds=5))

    async def close(self, _: object, versions: list[int], revision: int) -> None:
        self.closed += versions

    async def open_versions(self, _: object, versions: list[dict[str, Any]]) -> list[int]:
        self.opened += versions
        return list(range(100, 100 + len(versions)))

    async def record(self, _: object, kind: str, touched: list[int], **__: object) -> None:
        self.recorded = touched

    async def wait_until_visible(self, _: float, ahead: timedelta) -> None:
        self.waits.append(ahead)


def named(ticket: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """So many tickets of persons with different birth dates."""
    return [ticket | {"birth_date": f"1980-05-{day}"} for day in range(17, 17 + count)]


def registration(count: int, **changes: Any) -> TicketsRequest:
    return TicketsRequest.model_validate({"tickets": named(examples.TICKET | changes, count)})


async def registered(store: Store, **changes: Any) -> list[str]:
    request = registration(len(store.current), **changes)
    answer = await service.register(scripted_state(), OFFICE, "key", request)
    return [one.outcome for one in answer.tickets]


async def test_each_ticket_has_its_outcome_in_the_order_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(monkeypatch, NOBODY, NO_TICKET, SAME, OTHER)
    assert await registered(store) == ["ticket-recipient-unknown", "registered", "unchanged", "replaced"]
    assert (store.closed, [one["entitlement"] for one in store.opened]) == ([8], [3, 3])
    assert (store.recorded, store.waits) == ([100, 101], [timedelta(milliseconds=5)])


async def test_a_ticket_is_stored_with_its_key_content_and_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(monkeypatch, NO_TICKET)
    await registered(store)
    key = {
        "institution_code": "1311111114",
        "ticket_type": "01",
        "treatment": "02",
        "month": date(2026, 11, 1),
    }
    assert store.opened == [CONTENT | key | {"entitlement": 3, "opened_by": 99}]


async def test_without_a_name_the_institution_has_the_one_of_its_admission(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Store(monkeypatch, NO_TICKET, SAME)
    assert await registered(store, institution_name=None) == ["registered", "replaced"]
    assert {one["institution_name"] for one in store.opened} == {"院内の名称"}


async def test_a_call_that_changes_nothing_closes_and_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(monkeypatch, SAME, NOBODY)
    assert await registered(store) == ["unchanged", "ticket-recipient-unknown"]
    assert (store.closed, store.opened, store.recorded) == ([], [], [])


async def test_a_withdrawal_closes_known_tickets_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(monkeypatch, SAME, NO_TICKET, NOBODY)
    request = TicketsWithdrawal.model_validate({"tickets": named(examples.TICKET_KEY, 3)})
    answer = await service.withdraw(scripted_state(), OFFICE, "key", request)
    assert [one.outcome for one in answer.tickets] == [
        "withdrawn",
        "ticket-unknown",
        "ticket-recipient-unknown",
    ]
    assert (store.closed, store.opened, store.recorded) == ([7], [], [7])


@pytest.mark.parametrize(
    ("ahead", "waits"), [(timedelta(milliseconds=3), 1), (timedelta(), 0), (timedelta(days=-1), 0)]
)
async def test_a_repeated_call_gets_the_stored_answer_once_its_change_is_visible(
    monkeypatch: pytest.MonkeyPatch, ahead: timedelta, waits: int
) -> None:
    stored = StoredAnswer({"tickets": [{"outcome": "registered"}], "known_from": NOW}, ahead)
    store = Store(monkeypatch, OTHER, stored=stored)
    assert await registered(store) == ["registered"]
    assert (store.closed, store.opened, len(store.waits)) == ([], [], waits)


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        (insurer(Right.ENROLMENT), "welfare-office-only"),
        (insurer(Right.CLAIMS, insurer_number=WELFARE_OFFICE), "right-missing"),
        (terminal(Right.ENROLMENT), "right-missing"),
    ],
    ids=["an insurer", "without the right", "a terminal"],
)
async def test_only_a_welfare_office_sends_tickets(caller: Caller, code: str) -> None:
    state = scripted_state()
    with pytest.raises(ShikakuError, match=code):
        await service.register(state, caller, "key", registration(1))
    assert asked_of(state).transactions == 0
