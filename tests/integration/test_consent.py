"""Consents: their registration, evidence, window and end; a consent is valid for its facility and within its window only."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from anyio import create_task_group

from eligibility_api.contract.codes import Right
from eligibility_api.contract.consent import ConsentStatement, words
from eligibility_api.contract.tokens import Credential
from tests.builders.audit import recomputed
from tests.builders.consents import code_of, newest_record, protect, registered_consent
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_CLINIC

pytestmark = pytest.mark.anyio

HOUR, MOMENT = timedelta(hours=1), timedelta(seconds=20)


@pytest.fixture(scope="module")
async def elsewhere(fund: Fund) -> Credential:
    """A terminal of another clinic."""
    return await fund.terminal(institution_code=OTHER_CLINIC)


async def test_the_answer_names_what_was_allowed_and_until_when(fund: Fund) -> None:
    registered = await registered_consent(fund, await fund.insured(), "medication", "limit-certificate")

    first, second = registered["allowed"]
    assert (registered["basis"], registered["care"]) == ("pin", "1")
    assert (first["category"], first["available_until"]) == ("limit-certificate", None)
    begun, until = (datetime.fromisoformat(second[name]) for name in ("given_at", "available_until"))
    assert until - begun == timedelta(hours=24)


@pytest.mark.parametrize(
    ("categories", "diseases"),
    [
        (("medication",), False),
        (("limit-certificate",), False),
        (("specific-diseases", "medication"), True),
    ],
)
async def test_the_eligibility_includes_the_limit_certificate_and_what_was_allowed(
    fund: Fund, categories: tuple[str, ...], diseases: bool
) -> None:
    """Rules S5, S6, W7: by card the limit certificate needs no consent."""
    person = fund.person()
    certificate: dict[str, Any] = {"limit_certificate": _limit(fund), "specific_diseases": [_disease(fund)]}
    assert (await fund.enrol(person, **certificate)).status_code == 201
    await fund.register(person.card)

    [result] = (await registered_consent(fund, person, *categories))["eligibility"]["results"]

    assert (result["limit_certificate_consent"], result["limit_certificate"]["limit_class"]) == (True, "A03")
    assert (result["specific_disease_consent"], bool(result["specific_diseases"])) == (diseases, diseases)


def _limit(fund: Fund) -> dict[str, Any]:
    return {"kind": "01", "limit_class": "A03", **_days(fund)}


def _disease(fund: Fund) -> dict[str, Any]:
    return {"disease": "1", **_days(fund)}


def _days(fund: Fund) -> dict[str, str]:
    today = fund.clock().date()
    return {
        "valid_from": (today - timedelta(days=30)).isoformat(),
        "valid_to": (today + timedelta(days=30)).isoformat(),
    }


async def test_the_evidence_of_a_consent_is_stored(fund: Fund) -> None:
    person = await fund.insured()
    body = await fund.consent_request(person.card, ("surgery",), language="en")
    registered = (await fund.post("/v1/consents", body)).json()

    [kept] = await fund.owner.fetch(
        "SELECT * FROM consent_evidence WHERE permit_id = $1", [registered["consent_id"]]
    )

    assert kept["words"] == words(ConsentStatement.model_validate(body["statement"]))
    assert kept["certificate"] == person.card.authentication.certificate
    assert kept["signature"] == base64.b64decode(body["signature"])
    assert (kept["challenge"], str(kept["presence_record"])) == (body["challenge"], body["presence_record"])


async def test_a_consent_is_recorded_with_the_versions_read(fund: Fund) -> None:
    person = await fund.insured()
    registered = await registered_consent(fund, person, "medication", "surgery")
    [record] = await fund.records("record_id = $1::text::uuid", registered["record_id"])
    assert (record["kind"], record["outcome"]) == ("eligibility.consent-pin", "answered")
    assert record["consents"] == ["medication", "surgery"]
    assert len(record["enrolments"]) == 1
    assert registered["consent_id"] in record["detail"]


async def test_the_eligibility_of_a_consent_can_be_recomputed_and_read_again(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person, limit_certificate=_limit(fund))
    await fund.register(person.card)
    registered = await registered_consent(fund, person, "limit-certificate", care="2")
    renewed = (await fund.get(f"/v1/consents/{registered['consent_id']}/eligibility", fund.clinic)).json()

    again = await recomputed(fund)
    shown = await fund.get(f"/v1/eligibility/answers/{registered['record_id']}", fund.clinic)

    assert again[registered["record_id"]] == shown.json() == registered["eligibility"]
    assert again[renewed["record_id"]] == renewed


async def test_by_visual_check_the_operator_is_recorded_and_the_hourly_limit_applies(fund: Fund) -> None:
    terminal = await fund.terminal()
    person = await fund.insured()
    registered = await registered_consent(fund, person, credential=terminal, visual_check=True)
    record = await newest_record(fund, "eligibility.consent-visual-check")
    [counted] = await fund.owner.fetch(
        "SELECT checks FROM visual_check_count WHERE client_id = $1::text::uuid", [terminal.client_id]
    )
    assert (registered["basis"], record["operator"], counted["checks"]) == ("visual-check", "受付　見本", 1)

    await fund.owner.fetch(
        "UPDATE visual_check_count SET checks = 1000 WHERE client_id = $1::text::uuid", [terminal.client_id]
    )
    refused = await fund.consent(person.card, credential=terminal, visual_check=True)
    assert (refused.status_code, code_of(refused)) == (429, "visual-check-limit")


async def test_with_the_pin_no_operator_is_stored(fund: Fund) -> None:
    person = await fund.insured()
    body = await fund.consent_request(person.card) | {"operator": "受付　見本"}
    registered = (await fund.post("/v1/consents", body)).json()
    [permit] = await fund.owner.fetch(
        "SELECT operator FROM permit WHERE permit_id = $1", [registered["consent_id"]]
    )
    assert permit["operator"] is None


async def test_each_facility_needs_its_own_consent(fund: Fund, elsewhere: Credential) -> None:
    person = await fund.insured()
    here, there = [
        await registered_consent(fund, person, credential=terminal) for terminal in (None, elsewhere)
    ]
    assert here["consent_id"] != there["consent_id"]
    crossed = await fund.get(f"/v1/consents/{here['consent_id']}", elsewhere)
    assert (crossed.status_code, code_of(crossed)) == (403, "consent-other-facility")


# -- Duration ----------------------------------------------------------------------------------------------------------


async def renewed(
    fund: Fund, registered: dict[str, Any], credential: Credential | None = None
) -> httpx2.Response:
    """The eligibility without the card, under a consent."""
    return await fund.get(f"/v1/consents/{registered['consent_id']}/eligibility", credential or fund.clinic)


async def ended(
    fund: Fund, registered: dict[str, Any], reason: str = "2", credential: Credential | None = None
) -> httpx2.Response:
    """The response to ending a consent."""
    return await fund.post(f"/v1/consents/{registered['consent_id']}/end", {"reason": reason}, credential)


async def test_a_consent_of_an_outpatient_lasts_24_hours(fund: Fund) -> None:
    registered = await registered_consent(fund, await fund.insured())
    async with fund.clock_offset(24 * HOUR - MOMENT):
        inside = await renewed(fund, registered)
        await fund.set_clock_offset(24 * HOUR + MOMENT)
        outside = await renewed(fund, registered)
        status = await fund.get(f"/v1/consents/{registered['consent_id']}", fund.clinic)
    # Without the card only care at home is allowed, hence the refusal within the window.
    assert (code_of(inside), code_of(outside)) == ("consent-category", "consent-expired")
    assert status.json()["available_until"] == registered["allowed"][0]["available_until"]


async def test_setting_the_clock_back_reopens_no_expired_consent(fund: Fund) -> None:
    registered = await registered_consent(fund, await fund.insured())
    async with fund.clock_offset(24 * HOUR + MOMENT):
        await renewed(fund, registered)
        await fund.set_clock_offset(timedelta())
        assert code_of(await renewed(fund, registered)) == "consent-expired"


async def test_a_consent_for_care_at_home_lasts_until_it_is_withdrawn(fund: Fund) -> None:
    registered = await registered_consent(fund, await fund.insured(), "medication", care="2")
    assert registered["allowed"][0]["available_until"] is None
    async with fund.clock_offset(40 * HOUR):
        later = await renewed(fund, registered)
    assert (later.status_code, later.json()["validity"]) == (200, "1")
    assert (await ended(fund, registered)).status_code == 200
    assert code_of(await renewed(fund, registered)) == "consent-withdrawn"


async def test_the_facility_ends_a_consent_for_an_online_consultation(fund: Fund) -> None:
    registered = await registered_consent(fund, await fund.insured(), care="3")
    status = (await ended(fund, registered, "0")).json()
    assert (status["care"], status["end_reason"]) == ("3", "0")


async def test_the_eligibility_without_the_card_is_as_of_today(fund: Fund) -> None:
    person = await fund.insured()
    registered = await registered_consent(fund, person, care="2")
    yesterday = (fund.clock() - timedelta(days=2)).date().isoformat()
    assert (await fund.change(person, "end", lost_on=yesterday, reason_of_loss="99")).is_success
    answer = (await renewed(fund, registered)).json()
    assert (answer["validity"], answer["results"][0]["lost_on"]) == ("2", yesterday)
    assert (await newest_record(fund, "eligibility.consent"))["outcome"] == "answered"


async def test_eligibility_without_the_card_needs_a_consent_for_care_beyond_a_visit(fund: Fund) -> None:
    registered = await registered_consent(fund, await fund.insured(), care="1")
    refused = await renewed(fund, registered)
    record = await newest_record(fund, "eligibility.consent")
    assert (code_of(refused), record["outcome"], record["enrolments"]) == (
        "consent-category",
        "consent-category",
        [],
    )


# -- The end, and access to a consent's status -------------------------------------------------------------------------


async def test_any_terminal_of_the_facility_ends_a_consent_at_once_and_only_once(fund: Fund) -> None:
    registered = await registered_consent(fund, await fund.insured())
    colleague = await fund.terminal(rights=(Right.ELIGIBILITY, Right.CONSENT))
    first = await ended(fund, registered, "1", colleague)
    second = await ended(fund, registered, "2")
    status = (await fund.get(f"/v1/consents/{registered['consent_id']}", fund.clinic)).json()
    records = await fund.records(
        "kind = 'consent.end' AND detail ->> 'permit' = $1", registered["consent_id"]
    )

    assert (first.status_code, code_of(second)) == (200, "consent-withdrawn")
    assert status == first.json()
    assert status["end_reason"] == "1"
    assert [record["outcome"] for record in records] == ["ended", "consent-withdrawn"]


async def test_of_simultaneous_ends_exactly_one_succeeds(fund: Fund) -> None:
    registered = await registered_consent(fund, await fund.insured())
    codes: list[str] = []

    async def end(reason: str) -> None:
        codes.append(code_of(await ended(fund, registered, reason)))

    async with create_task_group() as group:
        for reason in "123":
            group.start_soon(end, reason)
    assert sorted(codes) == ["200", "consent-withdrawn", "consent-withdrawn"]


async def test_the_end_of_a_consent_needs_a_reason_from_the_code_table(fund: Fund) -> None:
    registered = await registered_consent(fund, await fund.insured())
    assert code_of(await ended(fund, registered, "9")) == "request-invalid"


async def test_the_consent_of_a_protected_person_can_still_be_ended(fund: Fund) -> None:
    person = await fund.insured()
    registered = await registered_consent(fund, person, care="2")
    await protect(fund, person)
    assert code_of(await renewed(fund, registered)) == "card-not-usable"
    assert (await ended(fund, registered)).status_code == 200


async def test_an_open_mismatch_of_an_ended_enrolment_stops_access_but_not_the_consent(fund: Fund) -> None:
    person = await fund.insured()
    yesterday = (fund.clock() - timedelta(days=2)).date().isoformat()
    assert (await fund.change(person, "end", lost_on=yesterday, reason_of_loss="99")).is_success
    number = person.resident.resident_id[1:]
    await fund.owner.fetch(
        "UPDATE enrolment SET mismatch = 'open' WHERE number = $1 AND closed_by IS NULL", [number]
    )
    registered = await registered_consent(fund, person, care="2")
    assert registered["eligibility"]["validity"] == "2"
    assert code_of(await renewed(fund, registered)) == "card-not-usable"


@pytest.mark.parametrize("kind", ["consent.read", "consent.end", "eligibility.consent"])
async def test_without_a_consent_every_request_is_refused_and_recorded(
    fund: Fund, elsewhere: Credential, kind: str
) -> None:
    registered = await registered_consent(fund, await fund.insured(), care="2")

    async def ask(consent_id: str, terminal: Credential) -> str:
        path = f"/v1/consents/{consent_id}"
        if kind == "consent.end":
            return code_of(await fund.post(f"{path}/end", {"reason": "2"}, terminal))
        return code_of(await fund.get(path + ("/eligibility" if kind != "consent.read" else ""), terminal))

    asked = [
        (str(uuid4()), fund.clinic, "consent-missing"),
        (registered["consent_id"], elsewhere, "consent-other-facility"),
        (registered["consent_id"], await fund.terminal(rights=(Right.ELIGIBILITY,)), "right-missing"),
    ]
    for consent_id, terminal, code in asked:
        assert await ask(consent_id, terminal) == code
        record = await newest_record(fund, kind)
        assert (record["outcome"], str(record["client_id"])) == (code, terminal.client_id)
    assert (await renewed(fund, registered)).status_code == 200
