"""A history page by page: the same rows for any page size, as of one instant, and refusals before anything is shown."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eligibility_api.clients.operator import Operator
from eligibility_api.consent.access_check import CONSENT_BASES
from eligibility_api.contract.codes import Right, Role
from eligibility_api.contract.emergency_summary import Extent
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history import Grouping, HistoryResource
from eligibility_api.domain.claims import READER_VERSION, Act, Content, Disease, Drug, encode
from eligibility_api.drug_master.cache import DrugEntry, DrugMaster, DrugMasterCache
from eligibility_api.history import service
from eligibility_api.history.service import HistoryQuery, HistoryRequest, PermitReference
from eligibility_api.state import State
from eligibility_api.web import cursor
from tests.builders.scripted_database import CLIENT, CLINIC, NOW, asked_of, scripted_state, terminal

pytestmark = pytest.mark.anyio

SURGERIES = HistoryResource.SURGERIES
PERMIT, RECORD = UUID(int=5), UUID(int=6)
FIRST_OWN_PARAMETER = 5
"""Place of the first parameter after those of the access check: first month, last month, instant."""

TODAY = date(2026, 4, 1)
OTHER_CLINIC = "0110113719"


class Master(DrugMasterCache):
    """A drug master with one medicine of two brands."""

    async def for_load(self, database: object, load: int | None) -> DrugMaster:
        return DrugMaster(
            {
                code: DrugEntry(f"見本錠{code[-1]}", "錠", False, "1234567")
                for code in ("990000001", "990000002")
            }
        )


def row(number: int | None = None, *, outcome: str | None = None, **values: Any) -> dict[str, Any]:
    """A row of the statement: the summary, or a claim."""
    summary = {
        "outcome": outcome,
        "record_id": RECORD,
        "recorded_at": NOW,
        "until": NOW + timedelta(hours=3),
        "now": NOW,
        "instant": NOW,
        "drug_load": 1,
    }
    claim = {
        "number": number,
        "origin": "claim",
        "shown_from": NOW - timedelta(days=60),
        "identity": bytes([number or 0]),
        "institution": CLINIC,
        "setting": "outpatient",
        "month": date(2026, 1, 1),
        "claim_month": date(2026, 2, 1),
        "content": encode(Content("架空診療所", None, None, (), (), ())),
        "prescribed_on": None,
        "dispensed_on": None,
        "reader_version": READER_VERSION,
    }
    return summary | claim | values


def claim(number: int, **lines: Any) -> dict[str, Any]:
    content = Content("架空診療所", None, None, (), (), ())._replace(**lines)
    return row(number, content=encode(content))


def request(**query: Any) -> HistoryRequest:
    plain = {"from_month": None, "to_month": None, "known_at": None, "limit": 100, "after": None}
    return HistoryRequest(
        terminal(Right.CONSENT),
        PermitReference(PERMIT, CONSENT_BASES),
        Operator(Role.DOCTOR, "見本　医師"),
        HistoryQuery(**plain | query),
    )


def state_of(*rows: dict[str, Any], **summary: Any) -> State:
    return scripted_state([row(outcome="answered", **summary), *rows], drugs=Master())


def parameters_of(state: State) -> list[Any]:
    [(_, parameters)] = asked_of(state).asked
    return parameters


def tablets(*codes: str) -> tuple[Drug, ...]:
    return tuple(Drug(code, "1", "21", 14) for code in codes)


@settings(max_examples=settings().max_examples // 5)  # each reads several pages
@given(lines=st.lists(st.integers(0, 4), min_size=1, max_size=5), limit=st.integers(1, 7))
async def test_the_pages_of_any_size_are_the_whole_history_once(lines: list[int], limit: int) -> None:
    claims = [
        claim(number, acts=[Act(f"{number}{n:08}", None, "50", 1) for n in range(count)])
        for number, count in enumerate(lines, 1)
    ]
    whole = await service.treatments(state_of(*claims), request(), SURGERIES)
    pages, after = [], None
    for _ in range(30):
        page = await service.treatments(state_of(*claims), request(limit=limit, after=after), SURGERIES)
        pages.append(page)
        after = page["next"]
        if after is None:
            break
    assert [shown for page in pages for shown in page["treatments"]] == whole["treatments"]
    assert [shown["row"] for shown in whole["treatments"]] == list(range(1, sum(lines) + 1))
    assert {page["total"] for page in pages} == {sum(lines)}
    assert all(len(page["treatments"]) == limit for page in pages[:-1])


async def test_the_cursor_keeps_the_instant_of_the_first_page() -> None:
    instant = NOW - timedelta(minutes=5)
    first = await service.treatments(
        state_of(claim(1, acts=operations(3)), instant=instant), request(limit=2), SURGERIES
    )
    assert cursor.decode_position(str(first["next"])) == (instant, 2, 0)
    state = state_of(claim(1, acts=operations(3)), instant=instant)
    second = await service.treatments(state, request(limit=2, after=first["next"]), SURGERIES)
    assert parameters_of(state)[FIRST_OWN_PARAMETER + 2] == instant
    assert [shown["row"] for shown in second["treatments"]] == [3]


def operations(count: int) -> list[Act]:
    return [Act(f"15{number:07}", None, "50", 1) for number in range(count)]


async def test_a_page_behind_the_end_is_empty_and_the_last() -> None:
    behind = cursor.encode((NOW, 10_000, 0))
    state = state_of(claim(1, acts=operations(3)))
    page = await service.treatments(state, request(after=behind), SURGERIES)
    assert (page["treatments"], page["next"], page["total"]) == ([], None, 3)


async def test_diagnoses_of_claims_are_not_shown() -> None:
    """Rule H20: no provider of this information."""
    diseases = [Disease("0000999", "架空病", (), date(2026, 1, 5), "1", True)]
    page = await service.diagnoses(state_of(claim(1, diseases=diseases)), request())
    assert (page["provider"], page["diagnoses"], page["total"], page["next"]) == (None, [], 0, None)


@pytest.mark.parametrize("text", ["", "x", "AAAA", cursor.encode(5), cursor.encode((NOW, -1, 0))])
async def test_a_cursor_of_another_form_is_refused_before_the_database_is_asked(text: str) -> None:
    state = state_of()
    with pytest.raises(ShikakuError, match="cursor-invalid"):
        await service.diagnoses(state, request(after=text))
    assert asked_of(state).asked == []


@pytest.mark.parametrize(
    ("known_at", "accepted"),
    [
        (NOW, True),
        (datetime(2020, 1, 1, tzinfo=UTC), True),
        (NOW + timedelta(microseconds=1), False),
        (datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC), False),
    ],
)
async def test_known_at_is_between_2020_and_now(known_at: datetime, accepted: bool) -> None:
    state = state_of(instant=known_at)
    if accepted:
        await service.diagnoses(state, request(known_at=known_at))
        assert parameters_of(state)[FIRST_OWN_PARAMETER + 2] == known_at
        return
    with pytest.raises(ShikakuError, match="known-at-out-of-range"):
        await service.diagnoses(state, request(known_at=known_at))
    assert asked_of(state).asked == []


async def test_without_months_the_whole_reach_is_asked_for() -> None:
    state = state_of()
    page = await service.diagnoses(state, request())
    assert parameters_of(state)[FIRST_OWN_PARAMETER:] == [date(2021, 4, 1), date(2026, 4, 1)]
    assert (page["from_month"], page["to_month"]) == ("2021-04", "2026-04")


async def test_the_months_of_a_later_page_end_with_the_month_of_the_first() -> None:
    state = state_of()
    await service.diagnoses(state, request(after=cursor.encode((NOW - timedelta(days=1), 0, 0))))
    assert parameters_of(state)[FIRST_OWN_PARAMETER + 1] == date(2026, 3, 1)


@pytest.mark.parametrize(
    "months",
    [
        {"from_month": date(2026, 4, 1), "to_month": date(2026, 3, 1)},
        {"to_month": date(2026, 5, 1)},
        {"from_month": date(2021, 2, 1)},
    ],
    ids=str,
)
async def test_months_out_of_range_are_refused_before_the_database_is_asked(months: dict[str, date]) -> None:
    state = state_of()
    with pytest.raises(ShikakuError, match="history-months"):
        await service.treatments(state, request(**months), SURGERIES)
    assert asked_of(state).asked == []


@pytest.mark.parametrize(
    "code", ["consent-missing", "consent-expired", "role-not-permitted", "client-closed"]
)
async def test_a_refusal_of_the_access_check_shows_nothing(code: str) -> None:
    state = scripted_state([row(outcome=code, instant=None)], drugs=Master())
    with pytest.raises(ShikakuError) as refused:
        await service.diagnoses(state, request())
    assert refused.value.code == code


async def test_the_access_check_gets_client_permit_right_role_and_operator() -> None:
    state = state_of()
    await service.diagnoses(state, request())
    given = parameters_of(state)
    assert [one for one in (CLIENT, PERMIT, "consent", "doctor", "見本　医師") if one not in given] == []


async def test_surgery_and_other_treatment_are_shown_apart() -> None:
    """Rule H9."""
    acts = [
        Act("150000001", None, "50", 1, ((4, 1),)),
        Act("112000001", None, "12", 1, ((4, 1),)),
        Act("170000001", None, "70", 1, ((4, 1),)),
    ]
    found = {}
    for resource in (SURGERIES, HistoryResource.TREATMENTS):
        page = await service.treatments(state_of(claim(1, acts=acts)), request(), resource)
        found[resource] = [(shown["kind"], shown["code"]) for shown in page["treatments"]]
    assert found == {
        SURGERIES: [("surgery", "150000001")],
        HistoryResource.TREATMENTS: [("visit", None), ("imaging", "170000001")],
    }


def from_two_prescribers() -> list[dict[str, Any]]:
    """The same ingredient from two clinics at the same days, and another medicine."""
    day = ((5, 14),)
    own = tuple(one._replace(days=day) for one in tablets("990000001", "990000009"))
    other = tuple(one._replace(days=day) for one in tablets("990000002"))
    foreign = row(2, institution=OTHER_CLINIC, content=encode(Content("別医院", None, None, other, (), ())))
    return [claim(1, drugs=own), foreign]


async def test_a_filter_by_prescriber_keeps_row_numbers_and_overlap_marks() -> None:
    whole = await service.medications(state_of(*from_two_prescribers()), request(), Grouping.NONE, None)
    own = await service.medications(state_of(*from_two_prescribers()), request(), Grouping.NONE, CLINIC)
    assert whole["total"] == 3
    assert [shown for shown in whole["medicines"] if shown["institution"]["own"]] == own["medicines"]
    marks = {shown["drug_code"]: list(shown["overlaps"]) for shown in whole["medicines"]}
    assert marks["990000009"] == []
    assert len(marks["990000001"]) == len(marks["990000002"]) == 1


@pytest.mark.parametrize("grouping", [Grouping.INGREDIENT, Grouping.DATE])
async def test_groups_have_the_rows_of_the_plain_list(grouping: Grouping) -> None:
    plain = await service.medications(state_of(*from_two_prescribers()), request(), Grouping.NONE, None)
    grouped = await service.medications(state_of(*from_two_prescribers()), request(), grouping, None)
    rows = [shown for group in grouped["groups"] for shown in group["medicines"]]
    assert sorted(shown["row"] for shown in rows) == [shown["row"] for shown in plain["medicines"]]
    assert (grouped["medicines"], plain["groups"]) == ([], [])
    assert [group["overlaps"] for group in grouped["groups"]].count(True) == 1


async def test_a_group_that_a_page_cuts_continues_on_the_next() -> None:
    drugs = tablets(*["990000001"] * 3)
    first = await service.medications(
        state_of(claim(1, drugs=drugs)), request(limit=2), Grouping.INGREDIENT, None
    )
    rest = await service.medications(
        state_of(claim(1, drugs=drugs)), request(limit=2, after=first["next"]), Grouping.INGREDIENT, None
    )
    shown = [[len(group["medicines"]) for group in page["groups"]] for page in (first, rest)]
    assert shown == [[2], [1]]
    assert {group["key"] for page in (first, rest) for group in page["groups"]} == {"1234567"}


async def test_of_check_ups_the_last_loaded_of_a_day_is_shown() -> None:
    items = [{"item_code": "9A755000000000001", "item_name": "収縮期血圧", "value": "120"}]
    rows = [
        row(number, insurer_number="01130012", examined_on=on, items=json.dumps(items))
        for number, on in ((1, date(2025, 6, 1)), (2, date(2025, 6, 1)), (3, date(2025, 7, 1)))
    ]
    page = await service.health_checkups(state_of(*rows), request())
    assert [shown["examined_on"] for shown in page["checkups"]] == [date(2025, 7, 1), date(2025, 6, 1)]
    assert page["checkups"][0]["items"][0]["unit"] is None


async def test_the_summary_omits_rows_and_does_not_renumber_medicines() -> None:
    """Rule W13: today is 1 April 2026."""
    old = claim(1, drugs=tablets("990000001")) | {"month": date(2025, 12, 1)}
    of_january = claim(2, drugs=tablets("990000002"))
    full = await service.medications(state_of(old, of_january), request(), Grouping.NONE, None)
    summary = await service.medications(
        state_of(old, of_january), request(extent=Extent.SUMMARY), Grouping.NONE, None
    )
    assert ([one["row"] for one in full["medicines"]], full["total"]) == ([1, 2], 2)
    assert ([one["row"] for one in summary["medicines"]], summary["total"]) == ([1], 1)


async def test_the_summary_of_treatments_is_visits_and_dialysis() -> None:
    """Rule W13."""
    acts = [Act("113001810", None, "13", 1), Act("140033770", None, "40", 1)]
    rows = [claim(1, acts=acts) | {"month": date(2025, 6, 1)}, claim(2, acts=acts)]
    treatments = HistoryResource.TREATMENTS
    full = await service.treatments(state_of(*rows), request(), treatments)
    summary = await service.treatments(state_of(*rows), request(extent=Extent.SUMMARY), treatments)
    assert full["total"] == 6
    shown = [(one["month"], one["kind"]) for one in summary["treatments"]]
    assert shown == [("2026-01", "visit"), ("2026-01", "dialysis"), ("2025-06", "dialysis")]
