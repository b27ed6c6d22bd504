"""What a history request asks for and is answered: months, pages, resources, check-ups."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from eligibility_api.contract.history import HistoryResource
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.claims import Act, Disease
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.web import cursor
from tests.builders.claims import (
    claim,
    drug_codes,
    enrolled_patient,
    fetch_history,
    grant_permit,
    months_ago,
    pharmacy_with_history_rights,
    request_history,
    store_checkup,
    store_claims,
    store_prescription_entry,
)
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_INSURER
from tests.builders.known import PLAIN_CONTENT, content, drug

pytestmark = pytest.mark.anyio

TABLETS = content(drug(), institution_name="架空診療所")


@pytest.fixture
async def pharmacy(fund: Fund) -> Credential:
    """A pharmacy with the right to access histories."""
    return await pharmacy_with_history_rights(fund)


async def test_a_claim_is_disclosed_from_the_eleventh_of_its_claim_month_in_tokyo(
    fund: Fund, pharmacy: Credential
) -> None:
    person = await enrolled_patient(fund)
    await store_claims(
        fund, claim(fund, person, TABLETS, months=3), known_from=fund.clock() - timedelta(days=200)
    )
    permit = await grant_permit(fund, person, pharmacy)
    claimed = months_ago(fund, 2)
    due = datetime(claimed.year, claimed.month, 11, tzinfo=JAPAN)
    before = await fetch_history(
        fund, permit, pharmacy, known_at=(due - timedelta(microseconds=1)).isoformat()
    )
    after = await fetch_history(fund, permit, pharmacy, known_at=due.isoformat())
    assert (before["total"], after["total"]) == (0, 1)
    assert datetime.fromisoformat(after["medicines"][0]["known_from"]) == due


async def test_only_the_requested_months_are_returned(fund: Fund, pharmacy: Credential) -> None:
    person = await enrolled_patient(fund, acquired_on="2019-04-01")
    await store_claims(
        fund,
        *(
            claim(fund, person, content(drug(code=f"99999{months:04}")), months=months)
            for months in (2, 35, 36, 60, 61)
        ),
    )

    def month(ago: int) -> str:
        return months_ago(fund, ago).isoformat()[:7]

    usual = ["999990002", "999990035", "999990036", "999990060"]
    assert await drug_codes(fund, person, pharmacy) == usual
    assert await drug_codes(fund, person, pharmacy, from_month=month(60)) == usual
    assert await drug_codes(fund, person, pharmacy, from_month=month(35)) == usual[:2]
    assert await drug_codes(fund, person, pharmacy, from_month=month(36), to_month=month(36)) == ["999990036"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"from_month": "2019-01"}, "history-months"),
        ({"to_month": "2099-01"}, "history-months"),
        ({"from_month": "2026-13"}, "request-invalid"),
        ({"known_at": "2019-12-31T00:00:00Z"}, "known-at-out-of-range"),
        ({"known_at": "2099-01-01T00:00:00Z"}, "known-at-out-of-range"),
        ({"known_at": "2026-01-01T00:00:00"}, "request-invalid"),
        ({"after": "x"}, "cursor-invalid"),
        ({"limit": "501"}, "request-invalid"),
        ({"group": "colour"}, "request-invalid"),
        ({"prescriber": "1311111115"}, "request-invalid"),
    ],
)
async def test_an_invalid_query_is_rejected(
    fund: Fund, pharmacy: Credential, query: dict[str, Any], code: str
) -> None:
    permit = await grant_permit(fund, await enrolled_patient(fund), pharmacy)
    response = await request_history(fund, permit, pharmacy, **query)
    assert (response.status_code, response.json()["code"]) == (422, code)


async def test_a_forged_cursor_reaches_no_further(fund: Fund, pharmacy: Credential) -> None:
    permit = await grant_permit(fund, await enrolled_patient(fund), pharmacy)
    long_ago = cursor.encode((fund.clock() - timedelta(days=365 * 6), 0, 0))
    ahead = cursor.encode((fund.clock() + timedelta(days=365), 0, 0))
    assert (await request_history(fund, permit, pharmacy, after=long_ago)).json()["code"] == "history-months"
    assert (await fetch_history(fund, permit, pharmacy, after=ahead))["to_month"] == months_ago(
        fund, 0
    ).isoformat()[:7]


async def test_treatments_and_surgery_are_a_list_and_diagnoses_have_no_provider(
    fund: Fund, pharmacy: Credential
) -> None:
    """Rules H9, H20: a claim with a first visit, a blood test, dialysis, CT, an operation and a diagnosis."""
    person = await enrolled_patient(fund)
    day = ((4, 1),)
    treated_content = PLAIN_CONTENT._replace(
        institution_name="架空診療所",
        acts=(
            Act("111000110", None, "11", 1, day),
            Act("160000310", None, "60", 1, day),
            Act("199000141", None, "40", 1, day),
            Act("170011810", None, "70", 1, day),
            Act("150000110", None, "50", 1, day),
        ),
        diseases=(Disease("0000999", "架空の症状（見本）", ("8002",), date(2026, 1, 5), "1", True),),
    )
    await store_claims(fund, claim(fund, person, treated_content))
    permit = await grant_permit(fund, person, pharmacy)
    treated = (await fetch_history(fund, permit, pharmacy, HistoryResource.TREATMENTS))["treatments"]
    operated = (await fetch_history(fund, permit, pharmacy, HistoryResource.SURGERIES))["treatments"]
    diagnosed = await fetch_history(fund, permit, pharmacy, HistoryResource.DIAGNOSES)
    assert [(t["row"], t["kind"], t["code"], t["on"][-2:]) for t in treated] == [
        (1, "visit", None, "04"),
        (2, "dialysis", "199000141", "04"),
        (3, "imaging", "170011810", "04"),
    ]
    assert [(t["kind"], t["code"], t["act"]) for t in operated] == [("surgery", "150000110", "50")]
    assert (diagnosed["provider"], diagnosed["diagnoses"], diagnosed["total"]) == (None, [], 0)
    known_at = (fund.clock() - timedelta(days=1)).isoformat()
    earlier = await fetch_history(fund, permit, pharmacy, HistoryResource.DIAGNOSES, known_at=known_at)
    assert earlier["diagnoses"] == []


@pytest.mark.parametrize("years", [4, 9, 10])
async def test_an_insurance_that_ended_up_to_ten_years_ago_is_still_answered(
    fund: Fund, pharmacy: Credential, years: int
) -> None:
    """Eligibility is kept for ten years after its loss, whatever a history still shows."""
    today = day_in_japan(fund.clock())
    lost_on = (today - timedelta(days=365 * years)).isoformat()
    person = fund.person()
    assert (
        await fund.enrol(person, acquired_on="2005-04-01", lost_on=lost_on, reason_of_loss="99")
    ).status_code == 201
    answer = (await fund.post("/v1/eligibility/number", fund.lookup_body(person), pharmacy)).json()
    assert (answer["validity"], answer["results"][0]["lost_on"]) == ("2", lost_on)


SELF_DEFENCE = "07"


async def test_a_member_of_the_self_defence_forces_has_no_history(fund: Fund, pharmacy: Credential) -> None:
    """Rule H19: neither claims nor check-ups nor entries."""
    person = await enrolled_patient(fund, certificate_kind=SELF_DEFENCE)
    today = day_in_japan(fund.clock())
    await store_claims(fund, claim(fund, person, TABLETS))
    await store_checkup(fund, person, months_ago(fund, 3), "128")
    await store_prescription_entry(
        fund, person, pharmacy, content(drug()), prescribed_on=today, dispensed_on=today
    )
    permit = await grant_permit(fund, person, pharmacy)
    known_at = fund.clock().isoformat()
    queries: list[dict[str, Any]] = [{}, {"known_at": known_at}]
    for query in queries:
        assert (await fetch_history(fund, permit, pharmacy, **query))["medicines"] == []
        checkups = await fetch_history(fund, permit, pharmacy, HistoryResource.HEALTH_CHECKUPS, **query)
        assert checkups["checkups"] == []


@pytest.mark.parametrize(
    ("kind_before", "kind_now", "shown"), [("07", "01", 0), ("01", "07", 0), ("01", "01", 1)]
)
async def test_the_history_of_a_former_or_later_certificate(
    fund: Fund, pharmacy: Credential, kind_before: str, kind_now: str, shown: int
) -> None:
    """Rule H19: claims of a 07 membership never show, and nothing does while one holds."""
    other = await fund.admit_insurer(OTHER_INSURER)
    moved = months_ago(fund, 2)
    person = await enrolled_patient(fund, acquired_on="2024-04-01", certificate_kind=kind_before)
    await fund.change(person, "end", lost_on=moved.isoformat(), reason_of_loss="03")
    await fund.enrol(person, credential=other, acquired_on=moved.isoformat(), certificate_kind=kind_now)
    await store_claims(fund, claim(fund, person, TABLETS, months=3))
    assert len(await drug_codes(fund, person, pharmacy)) == shown


async def test_of_one_day_the_check_up_loaded_last_is_returned(fund: Fund, pharmacy: Credential) -> None:
    person = await enrolled_patient(fund)
    day = months_ago(fund, 5) + timedelta(days=3)
    await store_checkup(fund, person, day, "150", known_from=fund.clock() - timedelta(days=9))
    await store_checkup(fund, person, day, "128")
    await store_checkup(fund, person, day + timedelta(days=40), "131", branch="07")
    permit = await grant_permit(fund, person, pharmacy)
    now = await fetch_history(fund, permit, pharmacy, HistoryResource.HEALTH_CHECKUPS)
    then = (fund.clock() - timedelta(days=5)).isoformat()
    earlier = await fetch_history(fund, permit, pharmacy, HistoryResource.HEALTH_CHECKUPS, known_at=then)
    assert [(c["examined_on"], c["items"][0]["value"]) for c in now["checkups"]] == [(day.isoformat(), "128")]
    assert [c["items"][0]["value"] for c in earlier["checkups"]] == ["150"]
    assert now["checkups"][0]["age_days"] == 1


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
async def test_the_month_of_a_check_up_does_not_depend_on_the_hosts_time_zone(
    fund: Fund, pharmacy: Credential, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    person, month = await enrolled_patient(fund), months_ago(fund, 3)
    last = months_ago(fund, 2) - timedelta(days=1)
    for day in (month - timedelta(days=1), month, last, last + timedelta(days=1)):
        await store_checkup(fund, person, day, "128")
    permit, named = await grant_permit(fund, person, pharmacy), f"{month:%Y-%m}"
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        answer = await fetch_history(
            fund, permit, pharmacy, HistoryResource.HEALTH_CHECKUPS, from_month=named, to_month=named
        )
    finally:
        monkeypatch.undo()
        time.tzset()
    assert [c["examined_on"] for c in answer["checkups"]] == [last.isoformat(), month.isoformat()]
