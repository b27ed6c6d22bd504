"""Consents for the day of an online consultation (rule W12): unreadable before, readable on that day."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from eligibility_api.contract.codes import Role
from eligibility_api.domain.dates import JAPAN, day_in_japan
from tests.builders.consents import code_of, newest_record, registered_consent
from tests.builders.fund import Fund
from tests.builders.staff import as_staff

pytestmark = pytest.mark.anyio

ONLINE = "3"
DOCTOR = as_staff(Role.DOCTOR, "見本　医師")
MOMENT = timedelta(seconds=20)


@pytest.fixture(autouse=True)
async def clock_set_back(fund: Fund) -> AsyncIterator[None]:
    """Sets the clock back, without the records ahead of it: the newest one is a clock too."""
    yield
    await fund.set_clock_offset(timedelta())
    await fund.alter_records("DELETE FROM audit_record WHERE recorded_at > now()")


def ahead(fund: Fund, days: int) -> date:
    return day_in_japan(fund.clock()) + timedelta(days=days)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), JAPAN)


async def set_clock(fund: Fund, instant: datetime) -> None:
    await fund.set_clock_offset(instant - datetime.now(UTC))
    await fund.mirror()


async def read(fund: Fund, consent_id: str) -> str:
    headers = {"Authorization": f"Bearer {await fund.token(fund.clinic)}"} | DOCTOR
    response = await fund.http.get(f"/v1/consents/{consent_id}/medications", headers=headers)
    return code_of(response)


async def consent_for(fund: Fund, days: int) -> dict[str, Any]:
    person = await fund.insured()
    return await registered_consent(fund, person, care=ONLINE, day=ahead(fund, days).isoformat())


async def test_a_consent_for_in_three_days_is_unreadable_before_and_readable_that_day(fund: Fund) -> None:
    day = ahead(fund, 3)
    consent = (await consent_for(fund, 3))["consent_id"]
    codes = {"today": await read(fund, consent)}
    for name, instant in {
        "the moment before": midnight(day) - MOMENT,
        "that day": midnight(day) + MOMENT,
        "its evening": midnight(day) + timedelta(hours=24) - MOMENT,
        "the day after": midnight(day) + timedelta(hours=24),
    }.items():
        await set_clock(fund, instant)
        codes[name] = await read(fund, consent)
    assert codes == {
        "today": "consent-not-yet",
        "the moment before": "consent-not-yet",
        "that day": "200",
        "its evening": "200",
        "the day after": "consent-expired",
    }
    record = await newest_record(fund, "history.medications")
    assert record["outcome"] == "consent-expired"


async def test_setting_the_clock_back_does_not_close_it_again_on_its_day(fund: Fund) -> None:
    """Rule W1: the newest record is the clock."""
    day = ahead(fund, 1)
    consent = (await consent_for(fund, 1))["consent_id"]
    await set_clock(fund, midnight(day) + MOMENT)
    assert await read(fund, consent) == "200"
    await fund.set_clock_offset(timedelta())
    assert await read(fund, consent) == "200"


async def test_the_answer_and_the_status_name_the_day_as_instants(fund: Fund) -> None:
    day = ahead(fund, 3)
    registered = await consent_for(fund, 3)
    [allowed] = registered["allowed"]
    status = (await fund.get(f"/v1/consents/{registered['consent_id']}", fund.clinic)).json()
    for shown in (allowed, status):
        assert datetime.fromisoformat(shown["available_from"]) == midnight(day)
        assert datetime.fromisoformat(shown["available_until"]) == midnight(day + timedelta(days=1))


async def test_a_consent_for_today_begins_at_once_and_ends_at_midnight(fund: Fund) -> None:
    registered = await consent_for(fund, 0)
    [allowed] = registered["allowed"]
    assert allowed["available_from"] is None
    assert datetime.fromisoformat(allowed["available_until"]) == midnight(ahead(fund, 1))
    assert await read(fund, registered["consent_id"]) == "200"


async def test_a_consent_for_a_later_day_can_be_withdrawn_before(fund: Fund) -> None:
    """Rule W4."""
    consent = (await consent_for(fund, 3))["consent_id"]
    ended = await fund.post(f"/v1/consents/{consent}/end", {"reason": "2"})
    assert ended.status_code == 200, ended.text
    assert await read(fund, consent) == "consent-withdrawn"


@pytest.mark.parametrize("days", [-1, 31, 400])
async def test_a_day_that_is_over_or_too_far_ahead_is_refused(fund: Fund, days: int) -> None:
    person = await fund.insured()
    record = (await fund.tap(person.card)).json()["record_id"]
    wish = {"presence_record": record, "categories": ["medication"], "care": ONLINE}
    refused = await fund.post("/v1/consents/challenges", wish | {"day": ahead(fund, days).isoformat()})
    assert (refused.status_code, code_of(refused)) == (422, "consent-day")


async def test_a_signed_statement_for_another_day_is_refused(fund: Fund) -> None:
    person = await fund.insured()
    body = await fund.consent_request(person.card, care=ONLINE, day=ahead(fund, 3).isoformat())
    altered = body["statement"] | {"day": ahead(fund, 2).isoformat()}
    refused = await fund.post("/v1/consents", body | {"statement": altered})
    assert code_of(refused) == "signature-invalid"


async def test_a_statement_of_the_first_version_is_still_registered(fund: Fund) -> None:
    """A terminal of an earlier release signs the words that it knows."""
    person = await fund.insured()
    record = (await fund.tap(person.card)).json()["record_id"]
    wish = {"presence_record": record, "categories": ["medication"]}
    given = (await fund.post("/v1/consents/challenges", wish)).json()
    assert given["statement"]["version"] == 2
    given["statement"]["version"] = 1
    registered = await fund.post("/v1/consents", fund.signed_consent(person.card, given, record))
    assert registered.status_code == 201, registered.text
    [kept] = await fund.owner.fetch(
        "SELECT words FROM consent_evidence WHERE permit_id = $1", [registered.json()["consent_id"]]
    )
    assert kept["words"].startswith("私は、試験医院（1311111114）が私の情報を見ることに同意します。")
