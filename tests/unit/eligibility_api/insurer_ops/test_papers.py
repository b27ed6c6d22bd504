"""The list of who needs a 資格確認書, applications and deregistrations: pages, reference days, refusals, records."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.insurer_ops import (
    DeregistrationRequest,
    PaperApplicationReason,
    PaperApplicationRequest,
)
from eligibility_api.insurer_ops import papers, service
from eligibility_api.insurer_ops.papers import MEMBERS_PER_PAGE
from eligibility_api.web import cursor
from tests.builders.scripted_database import INSURER, NOW, asked_of, insurer, scripted_state, terminal
from tests.builders.stored_versions import stored_version

pytestmark = pytest.mark.anyio

CALLER = insurer(Right.ENROLMENT)
MEMBER = UUID(int=9)
CARD = {
    "bound_at": "2025-01-01T00:00:00+00:00",
    "not_after": "2030-05-17T14:59:59+00:00",
    "carrier": "card",
    "ends_at": None,
}

WITHDRAWN = {
    "reason": "needs-help",
    "applied_at": "2026-01-01T00:00:00+00:00",
    "withdrawn_at": "2026-03-31T00:00:00+00:00",
}
"""An application that stood on the first of March, the reference day by default."""


class Row(SimpleNamespace):
    """A row by attributes and by `_mapping`."""

    @property
    def _mapping(self) -> dict[str, Any]:
        return vars(self)


def candidate(**changes: Any) -> Row:
    """A member with a card, now and then."""
    facts = {
        "enrolment_id": str(MEMBER),
        "cards": [CARD],
        "applications": None,
        "insured_then": True,
        "blocked_then": False,
        "cards_then": [CARD],
    }
    return Row(**stored_version() | facts | changes)


class Store:
    """The insurer's rows, and what was stored."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.asked: list[Any] = []
        self.members = SimpleNamespace(members=0, upto=None)
        self.member: Any = Row(**stored_version())
        self.elsewhere = False
        self.added = True
        self.withdrawn_at: datetime | None = NOW
        self.kept = True
        self.ended: Any = SimpleNamespace(ends_at=datetime(2026, 12, 31, 15, tzinfo=UTC), changed=True)
        self.records: list[tuple[str, dict[str, Any]]] = []

    async def next_members(self, _: object, insurer_number: str, after: int, limit: int) -> Any:
        assert insurer_number == INSURER
        self.asked.append((after, limit))
        return self.members

    async def candidates(self, _: object, insurer_number: str, **values: Any) -> Sequence[Any]:
        assert insurer_number == INSURER
        self.asked.append(values)
        return self.rows

    async def current_member(self, _: object, insurer_number: str, enrolment_id: UUID, today: date) -> Any:
        self.asked.append((insurer_number, enrolment_id, today))
        return self.member

    async def apply(self, _: object, entitlement: int, reason: str) -> Any:
        return SimpleNamespace(applied_at=NOW, added=self.added)

    async def withdraw(self, _: object, entitlement: int, reason: str) -> datetime | None:
        self.asked.append((entitlement, reason))
        return self.withdrawn_at

    async def keep_registrations(self, _: object, person_key: bytes) -> bool:
        self.asked.append(person_key)
        return self.kept

    async def insured_elsewhere(self, *_: object) -> bool:
        return self.elsewhere

    async def end_registrations(self, _: object, person_key: bytes, ends_at: datetime) -> Any:
        self.asked.append(ends_at)
        return self.ended

    async def record_read(self, _: object, values: dict[str, Any]) -> None:
        assert values["kind"] == "papers.read"

    async def record(self, _: object, kind: str, caller: object, *, detail: str, **more: Any) -> None:
        self.records.append((kind, json.loads(detail)))


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store()

    async def admitted(_: object, client_id: UUID, right: Right) -> str | None:
        return "架空健康保険" if right is Right.ENROLMENT else None

    monkeypatch.setattr(papers, "store", store)
    monkeypatch.setattr(papers, "paper_store", store)
    monkeypatch.setattr(service, "record", store.record_read)
    monkeypatch.setattr(service, "admitted_insurer_name", admitted)
    return store


@pytest.mark.parametrize(
    ("today", "since"),
    [
        (date(2026, 4, 1), date(2026, 3, 1)),
        (date(2026, 3, 31), date(2026, 2, 28)),
        (date(2028, 3, 30), date(2028, 2, 29)),
        (date(2026, 1, 15), date(2025, 12, 15)),
        (date(2026, 7, 31), date(2026, 6, 30)),
    ],
)
async def test_by_default_a_member_is_new_since_the_same_day_of_the_month_before(
    store: Store, today: date, since: date
) -> None:
    now = datetime(today.year, today.month, today.day, 3, tzinfo=UTC)
    page = await papers.paper_certificates(scripted_state(now=now), CALLER, None, None)
    assert (page.since, page.members, page.next) == (since, [], None)
    assert store.asked[1]["since"].isoformat() == f"{since.isoformat()}T00:00:00+09:00"


@pytest.mark.parametrize(("month", "since"), [("2026-01", date(2026, 1, 1)), ("2099-12", date(2099, 12, 1))])
async def test_a_named_month_counts_from_its_first_day(store: Store, month: str, since: date) -> None:
    page = await papers.paper_certificates(scripted_state(), CALLER, None, month)
    assert page.since == store.asked[1]["since_day"] == since


@pytest.mark.parametrize(
    ("members", "upto", "following"),
    [(0, None, None), (1, 9, None), (MEMBERS_PER_PAGE - 1, 9, None), (MEMBERS_PER_PAGE, 9, 9)],
)
async def test_a_short_list_can_have_a_next_page(
    store: Store, members: int, upto: int | None, following: int | None
) -> None:
    store.members = SimpleNamespace(members=members, upto=upto)
    page = await papers.paper_certificates(scripted_state(), CALLER, cursor.encode(4), None)
    assert store.asked[0] == (4, MEMBERS_PER_PAGE)
    assert (store.asked[1]["after"], store.asked[1]["upto"]) == (4, upto or 4)
    assert page.next == (cursor.encode(following) if following is not None else None)


@pytest.mark.parametrize(
    ("changes", "reason", "needed_from", "new"),
    [
        ({}, None, None, None),
        ({"cards": None}, "no-card", None, True),
        ({"cards": None, "cards_then": None}, "no-card", None, False),
        ({"cards": None, "cards_then": None, "insured_then": False}, "no-card", None, True),
        ({"self_disclosure_blocked": True}, "blocked", None, True),
        ({"self_disclosure_blocked": True, "blocked_then": True}, "blocked", None, False),
        (
            {"cards": [CARD | {"not_after": "2026-03-30T14:59:59+00:00"}]},
            "certificate-expired",
            "2026-07-01",
            True,
        ),
        ({"cards": [CARD | {"ends_at": "2026-05-31T15:00:00+00:00"}]}, "deregistered", "2026-06-01", True),
        (
            {"applications": [{"reason": "card-lost", "applied_at": "2026-03-31T00:00:00+00:00"}]},
            "card-lost",
            None,
            True,
        ),
        (
            {"applications": [{"reason": "needs-help", "applied_at": "2026-01-01T00:00:00+00:00"}]},
            "needs-help",
            None,
            False,
        ),
        # Withdrawn since: neither needed now nor, if it was withdrawn before, listed then.
        ({"applications": [WITHDRAWN]}, None, None, None),
        ({"cards": None, "applications": [WITHDRAWN]}, "no-card", None, False),
        (
            {"cards": None, "applications": [WITHDRAWN | {"withdrawn_at": "2026-02-01T00:00:00+00:00"}]},
            "no-card",
            None,
            True,
        ),
        # From 75 on another insurer's, whatever this one sent.
        ({"cards": None, "birth_date": date(1940, 1, 1)}, None, None, None),
    ],
)
async def test_a_members_reason_day_and_novelty(
    store: Store, changes: dict[str, Any], reason: str | None, needed_from: str | None, new: bool | None
) -> None:
    """Rules K1–K5."""
    store.rows = [candidate(**changes)]
    page = await papers.paper_certificates(scripted_state(), CALLER, None, None)
    listed = [
        (need.reason.value, str(need.needed_from) if need.needed_from else None, need.new_since)
        for need in page.members
    ]
    assert listed == ([(reason, needed_from, new)] if reason else [])


APPLICATION = PaperApplicationRequest(enrolment_id=MEMBER, reason=PaperApplicationReason.NEEDS_HELP)
DEREGISTRATION = DeregistrationRequest(enrolment_id=MEMBER)


async def test_an_application_is_recorded_once(store: Store) -> None:
    """Rule K3."""
    answer = await papers.apply(scripted_state(), CALLER, APPLICATION)
    assert (answer.enrolment_id, answer.applied_at) == (str(MEMBER), NOW)
    assert store.records == [("paper.applied", {"reason": "needs-help"})]
    store.added = False
    await papers.apply(scripted_state(), CALLER, APPLICATION)
    assert len(store.records) == 1


async def test_a_deregistration_is_recorded_with_its_last_day(store: Store) -> None:
    """Rule K4."""
    now = datetime(2026, 11, 30, 3, tzinfo=UTC)
    answer = await papers.deregister(scripted_state(now=now), CALLER, DEREGISTRATION)
    assert answer.last_day == date(2026, 12, 31)
    assert store.asked[-1] == datetime(2026, 12, 31, 15, tzinfo=UTC)
    assert store.records == [("binding.deregistration", {"last_day": "2026-12-31"})]
    store.ended.changed = False
    await papers.deregister(scripted_state(now=now), CALLER, DEREGISTRATION)
    assert len(store.records) == 1


async def test_a_withdrawn_application_is_recorded(store: Store) -> None:
    """Rule K5."""
    answer = await papers.withdraw_application(scripted_state(), CALLER, APPLICATION)
    assert (answer.enrolment_id, answer.reason, answer.withdrawn_at) == (str(MEMBER), "needs-help", NOW)
    assert store.asked[-1] == (store.member.entitlement, "needs-help")
    assert store.records == [("paper.withdrawn", {"reason": "needs-help"})]


async def test_a_withdrawn_deregistration_is_recorded(store: Store) -> None:
    """Rule K5."""
    answer = await papers.withdraw_deregistration(scripted_state(), CALLER, DEREGISTRATION)
    assert (answer.enrolment_id, store.asked[-1]) == (str(MEMBER), store.member.holder)
    assert store.records == [("binding.deregistration-withdrawn", {})]


@pytest.mark.parametrize(
    "call",
    [
        lambda state: papers.withdraw_application(state, CALLER, APPLICATION),
        lambda state: papers.withdraw_deregistration(state, CALLER, DEREGISTRATION),
    ],
    ids=["application", "deregistration"],
)
async def test_where_nothing_stands_nothing_is_withdrawn_or_recorded(
    store: Store, call: Callable[[Any], Any]
) -> None:
    """Rule K5."""
    store.withdrawn_at, store.kept = None, False
    with pytest.raises(ShikakuError, match="nothing-to-withdraw"):
        await call(scripted_state())
    assert store.records == []


def unlinked(store: Store) -> None:
    store.member.holder = None


def uncertain(store: Store) -> None:
    store.member.mismatch = "open"


def elsewhere(store: Store) -> None:
    store.elsewhere = True


def without_card(store: Store) -> None:
    store.ended = SimpleNamespace(ends_at=None, changed=False)


@pytest.mark.parametrize("spoil", [unlinked, uncertain, elsewhere])
async def test_only_who_may_deregister_may_withdraw_it(store: Store, spoil: Callable[[Store], None]) -> None:
    """Rule K5."""
    spoil(store)
    with pytest.raises(ShikakuError, match="deregistration-refused"):
        await papers.withdraw_deregistration(scripted_state(), CALLER, DEREGISTRATION)
    assert store.records == []


@pytest.mark.parametrize("spoil", [unlinked, uncertain, elsewhere, without_card])
async def test_a_deregistration_is_refused_unless_person_and_card_are_certain(
    store: Store, spoil: Callable[[Store], None]
) -> None:
    """Rule K4."""
    spoil(store)
    with pytest.raises(ShikakuError, match="deregistration-refused"):
        await papers.deregister(scripted_state(), CALLER, DEREGISTRATION)
    assert store.records == []


@pytest.mark.parametrize(
    "call",
    [
        lambda state, caller: papers.apply(state, caller, APPLICATION),
        lambda state, caller: papers.deregister(state, caller, DEREGISTRATION),
        lambda state, caller: papers.withdraw_application(state, caller, APPLICATION),
        lambda state, caller: papers.withdraw_deregistration(state, caller, DEREGISTRATION),
    ],
    ids=["application", "deregistration", "application-withdrawn", "deregistration-withdrawn"],
)
async def test_only_current_members_of_an_insurer_with_the_right(
    store: Store, call: Callable[[Any, Any], Any]
) -> None:
    store.member = None
    with pytest.raises(ShikakuError, match="enrolment-unknown"):
        await call(scripted_state(), CALLER)
    for caller in (terminal(Right.ENROLMENT), insurer(*set(Right) - {Right.ENROLMENT})):
        with pytest.raises(ShikakuError, match="right-missing"):
            await call(scripted_state(), caller)
    assert store.records == []


@pytest.mark.parametrize(
    "text", ["", "x", "ZZZZ", cursor.encode("text"), cursor.encode(-1), cursor.encode(2**63)]
)
async def test_a_cursor_of_another_form_is_refused_before_anything_is_read(store: Store, text: str) -> None:
    state = scripted_state()
    with pytest.raises(ShikakuError, match="cursor-invalid"):
        await papers.paper_certificates(state, CALLER, text, None)
    assert asked_of(state).transactions == 0
