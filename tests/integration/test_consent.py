"""Consents: what the card signed is what was shown; inside its window and its facility it lets look, and nowhere else."""

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
from tests.builders.fund import OTHER_CLINIC, Fund, Person
from tests.integration.test_audit import recomputed

pytestmark = pytest.mark.anyio

HOUR, MOMENT = timedelta(hours=1), timedelta(seconds=20)


@pytest.fixture(scope="module")
async def elsewhere(fund: Fund) -> Credential:
    """A terminal of another clinic."""
    return await fund.terminal(institution_code=OTHER_CLINIC)


async def given(fund: Fund, person: Person, *categories: str, **more: Any) -> dict[str, Any]:
    """What is answered to a good consent."""
    response = await fund.consent(person.card, categories or ("medication",), **more)
    assert response.status_code == 201, response.text
    return dict(response.json())


async def newest(fund: Fund, kind: str) -> dict[str, Any]:
    """The newest record of a kind."""
    return (await fund.records("kind = $1", kind))[-1]


async def protect(fund: Fund, person: Person) -> None:
    """From now on nothing of the person is shown."""
    body = {"former": fund.asked(person), "member": fund.told(person, self_disclosure_blocked=True)}
    assert (await fund.post("/v1/enrolments/correct", body, fund.insurer)).is_success


def code_of(response: httpx2.Response) -> str:
    return str(response.json().get("code", response.status_code))


async def test_it_is_answered_with_what_was_allowed_and_until_when(fund: Fund) -> None:
    told = await given(fund, await fund.insured(), "medication", "limit-certificate")

    first, second = told["allowed"]
    assert (told["basis"], told["care"]) == ("pin", "1")
    assert (first["category"], first["available_until"]) == ("limit-certificate", None)
    begun, until = (datetime.fromisoformat(second[name]) for name in ("given_at", "available_until"))
    assert until - begun == timedelta(hours=24)


@pytest.mark.parametrize(
    ("categories", "limit", "diseases"),
    [
        (("medication",), False, False),
        (("limit-certificate",), True, False),
        (("limit-certificate", "specific-diseases", "medication"), True, True),
    ],
)
async def test_the_eligibility_is_completed_by_what_was_allowed_and_by_nothing_else(
    fund: Fund, categories: tuple[str, ...], limit: bool, diseases: bool
) -> None:
    person = fund.person()
    certificate: dict[str, Any] = {"limit_certificate": _limit(fund), "specific_diseases": [_disease(fund)]}
    assert (await fund.enrol(person, **certificate)).status_code == 201
    await fund.register(person.card)

    [result] = (await given(fund, person, *categories))["eligibility"]["results"]

    assert (result["limit_certificate_consent"], result["limit_certificate"] is not None) == (limit, limit)
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


async def test_what_proves_it_is_kept(fund: Fund) -> None:
    person = await fund.insured()
    body = await fund.consent_request(person.card, ("surgery",), language="en")
    told = (await fund.post("/v1/consents", body)).json()

    [kept] = await fund.owner.fetch(
        "SELECT * FROM consent_evidence WHERE permit_id = $1", [told["consent_id"]]
    )

    assert kept["words"] == words(ConsentStatement.model_validate(body["statement"]))
    assert kept["certificate"] == person.card.authentication.certificate
    assert kept["signature"] == base64.b64decode(body["signature"])
    assert (kept["challenge"], str(kept["presence_record"])) == (body["challenge"], body["presence_record"])


async def test_it_is_on_record_with_what_was_read(fund: Fund) -> None:
    person = await fund.insured()
    told = await given(fund, person, "medication", "surgery")
    [record] = await fund.records("record_id = $1::text::uuid", told["record_id"])
    assert (record["kind"], record["outcome"]) == ("eligibility.consent-pin", "answered")
    assert record["consents"] == ["medication", "surgery"]
    assert len(record["enrolments"]) == 1
    assert told["consent_id"] in record["detail"]


async def test_its_eligibility_is_computed_again_and_shown_again(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person, limit_certificate=_limit(fund))
    await fund.register(person.card)
    told = await given(fund, person, "limit-certificate", care="2")
    renewed = (await fund.get(f"/v1/consents/{told['consent_id']}/eligibility", fund.clinic)).json()

    again = await recomputed(fund)
    shown = await fund.get(f"/v1/eligibility/answers/{told['record_id']}", fund.clinic)

    assert again[told["record_id"]] == shown.json() == told["eligibility"]
    assert again[renewed["record_id"]] == renewed


async def test_by_visual_check_the_operator_is_on_record_and_the_hour_is_limited(fund: Fund) -> None:
    terminal = await fund.terminal()
    person = await fund.insured()
    told = await given(fund, person, credential=terminal, visual_check=True)
    record = await newest(fund, "eligibility.consent-visual-check")
    [counted] = await fund.owner.fetch(
        "SELECT checks FROM visual_check_count WHERE client_id = $1::text::uuid", [terminal.client_id]
    )
    assert (told["basis"], record["operator"], counted["checks"]) == ("visual-check", "受付　見本", 1)

    await fund.owner.fetch(
        "UPDATE visual_check_count SET checks = 1000 WHERE client_id = $1::text::uuid", [terminal.client_id]
    )
    refused = await fund.consent(person.card, credential=terminal, visual_check=True)
    assert (refused.status_code, code_of(refused)) == (429, "visual-check-limit")


async def test_with_the_pin_nobody_is_named_as_having_compared_a_face(fund: Fund) -> None:
    person = await fund.insured()
    body = await fund.consent_request(person.card) | {"operator": "受付　見本"}
    told = (await fund.post("/v1/consents", body)).json()
    [permit] = await fund.owner.fetch(
        "SELECT operator FROM permit WHERE permit_id = $1", [told["consent_id"]]
    )
    assert permit["operator"] is None


async def test_two_facilities_have_a_consent_each(fund: Fund, elsewhere: Credential) -> None:
    person = await fund.insured()
    here, there = [await given(fund, person, credential=terminal) for terminal in (None, elsewhere)]
    assert here["consent_id"] != there["consent_id"]
    crossed = await fund.get(f"/v1/consents/{here['consent_id']}", elsewhere)
    assert (crossed.status_code, code_of(crossed)) == (403, "consent-other-facility")


# -- How long ----------------------------------------------------------------------------------------------------------


async def renewed(fund: Fund, told: dict[str, Any], credential: Credential | None = None) -> httpx2.Response:
    """The eligibility without the card, under a consent."""
    return await fund.get(f"/v1/consents/{told['consent_id']}/eligibility", credential or fund.clinic)


async def ended(
    fund: Fund, told: dict[str, Any], reason: str = "2", credential: Credential | None = None
) -> httpx2.Response:
    """A consent's end."""
    return await fund.post(f"/v1/consents/{told['consent_id']}/end", {"reason": reason}, credential)


async def test_for_an_outpatient_it_lasts_for_24_hours(fund: Fund) -> None:
    told = await given(fund, await fund.insured())
    async with fund.turned(24 * HOUR - MOMENT):
        inside = await renewed(fund, told)
        await fund.turn(24 * HOUR + MOMENT)
        outside = await renewed(fund, told)
        status = await fund.get(f"/v1/consents/{told['consent_id']}", fund.clinic)
    # Without the card only care at home goes on: what is refused inside the window is refused for that.
    assert (code_of(inside), code_of(outside)) == ("consent-category", "consent-expired")
    assert status.json()["available_until"] == told["allowed"][0]["available_until"]


async def test_a_clock_that_is_set_back_opens_nothing_again(fund: Fund) -> None:
    told = await given(fund, await fund.insured())
    async with fund.turned(24 * HOUR + MOMENT):
        await renewed(fund, told)
        await fund.turn(timedelta())
        assert code_of(await renewed(fund, told)) == "consent-expired"


async def test_for_care_at_home_it_lasts_until_it_is_withdrawn(fund: Fund) -> None:
    told = await given(fund, await fund.insured(), "medication", care="2")
    assert told["allowed"][0]["available_until"] is None
    async with fund.turned(40 * HOUR):
        later = await renewed(fund, told)
    assert (later.status_code, later.json()["validity"]) == (200, "1")
    assert (await ended(fund, told)).status_code == 200
    assert code_of(await renewed(fund, told)) == "consent-withdrawn"


async def test_an_online_consultation_ends_with_the_facilitys_word(fund: Fund) -> None:
    told = await given(fund, await fund.insured(), care="3")
    status = (await ended(fund, told, "0")).json()
    assert (status["care"], status["end_reason"]) == ("3", "0")


async def test_the_eligibility_without_the_card_is_of_today(fund: Fund) -> None:
    person = await fund.insured()
    told = await given(fund, person, care="2")
    yesterday = (fund.clock() - timedelta(days=2)).date().isoformat()
    assert (await fund.change(person, "end", lost_on=yesterday, reason_of_loss="99")).is_success
    answer = (await renewed(fund, told)).json()
    assert (answer["validity"], answer["results"][0]["lost_on"]) == ("2", yesterday)
    assert (await newest(fund, "eligibility.consent"))["outcome"] == "answered"


@pytest.mark.parametrize("care", ["1", "3"])
async def test_without_the_card_only_for_care_at_home(fund: Fund, care: str) -> None:
    told = await given(fund, await fund.insured(), care=care)
    refused = await renewed(fund, told)
    record = await newest(fund, "eligibility.consent")
    assert (code_of(refused), record["outcome"], record["enrolments"]) == (
        "consent-category",
        "consent-category",
        [],
    )


# -- Its end, and who may know of it -----------------------------------------------------------------------------------


async def test_it_ends_once_at_once_and_by_any_terminal_of_the_facility(fund: Fund) -> None:
    told = await given(fund, await fund.insured())
    colleague = await fund.terminal(rights=(Right.ELIGIBILITY, Right.CONSENT))
    first = await ended(fund, told, "1", colleague)
    second = await ended(fund, told, "2")
    status = (await fund.get(f"/v1/consents/{told['consent_id']}", fund.clinic)).json()
    records = await fund.records("kind = 'consent.end' AND detail ->> 'permit' = $1", told["consent_id"])

    assert (first.status_code, code_of(second)) == (200, "consent-withdrawn")
    assert status == first.json()
    assert status["end_reason"] == "1"
    assert [record["outcome"] for record in records] == ["ended", "consent-withdrawn"]


async def test_two_ends_at_the_same_moment_are_one(fund: Fund) -> None:
    told = await given(fund, await fund.insured())
    codes: list[str] = []

    async def end(reason: str) -> None:
        codes.append(code_of(await ended(fund, told, reason)))

    async with create_task_group() as group:
        for reason in "123":
            group.start_soon(end, reason)
    assert sorted(codes) == ["200", "consent-withdrawn", "consent-withdrawn"]


async def test_an_end_needs_a_reason_of_the_code_table(fund: Fund) -> None:
    told = await given(fund, await fund.insured())
    assert code_of(await ended(fund, told, "9")) == "request-invalid"


async def test_a_consent_of_somebody_who_is_protected_now_can_still_be_ended(fund: Fund) -> None:
    person = await fund.insured()
    told = await given(fund, person, care="2")
    await protect(fund, person)
    assert code_of(await renewed(fund, told)) == "card-not-usable"
    assert (await ended(fund, told)).status_code == 200


async def test_a_mismatch_of_an_enrolment_that_is_over_stops_looks_and_no_answer(fund: Fund) -> None:
    person = await fund.insured()
    yesterday = (fund.clock() - timedelta(days=2)).date().isoformat()
    assert (await fund.change(person, "end", lost_on=yesterday, reason_of_loss="99")).is_success
    number = person.resident.resident_id[1:]
    await fund.owner.fetch(
        "UPDATE enrolment SET mismatch = 'open' WHERE number = $1 AND closed_by IS NULL", [number]
    )
    told = await given(fund, person, care="2")
    assert told["eligibility"]["validity"] == "2"
    assert code_of(await renewed(fund, told)) == "card-not-usable"


@pytest.mark.parametrize("kind", ["consent.read", "consent.end", "eligibility.consent"])
async def test_who_has_no_consent_is_told_nothing_and_it_is_on_record(
    fund: Fund, elsewhere: Credential, kind: str
) -> None:
    told = await given(fund, await fund.insured(), care="2")

    async def ask(consent_id: str, terminal: Credential) -> str:
        path = f"/v1/consents/{consent_id}"
        if kind == "consent.end":
            return code_of(await fund.post(f"{path}/end", {"reason": "2"}, terminal))
        return code_of(await fund.get(path + ("/eligibility" if kind != "consent.read" else ""), terminal))

    asked = [
        (str(uuid4()), fund.clinic, "consent-missing"),
        (told["consent_id"], elsewhere, "consent-other-facility"),
        (told["consent_id"], await fund.terminal(rights=(Right.ELIGIBILITY,)), "right-missing"),
    ]
    for consent_id, terminal, code in asked:
        assert await ask(consent_id, terminal) == code
        record = await newest(fund, kind)
        assert (record["outcome"], str(record["client_id"])) == (code, terminal.client_id)
    assert (await renewed(fund, told)).status_code == 200
