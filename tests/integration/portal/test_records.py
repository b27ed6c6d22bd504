"""What a patient reads and does on her own pages: medicines, check-ups, consents with their withdrawal."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.claims import Content
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.drug_master.store import load, shipped
from tests.builders.claims import (
    claim,
    fetch_history,
    grant_permit,
    months_ago,
    pharmacy_with_history_rights,
    store_claims,
    store_prescription_entry,
)
from tests.builders.consents import newest_record, protect, registered_consent
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.fund_clients import CLINIC, OTHER_INSURER
from tests.builders.known import content, drug
from tests.builders.own_page import ORIGIN, OwnBrowser, code_for, own_browser, words_of
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

PAGES = (
    "/portal/medicines",
    "/portal/prescriptions",
    "/portal/treatments",
    "/portal/checkups",
    "/portal/consents",
    "/portal/registration",
)


@pytest.fixture(scope="module")
async def fund(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    """A fund with a public address over HTTPS and the shipped drug master."""
    home: Path = tmp_path_factory.mktemp("fund")
    async with open_fund(database, home, public_url=ORIGIN) as opened:
        async with opened.owner.transaction() as connection:
            await load(connection, shipped())
        yield opened


@pytest.fixture
async def patient(fund: Fund) -> Person:
    """An insured person."""
    return await fund.insured()


@pytest.fixture
async def browser(fund: Fund, terminal: Credential, patient: Person) -> AsyncIterator[OwnBrowser]:
    """Her device, with her page open."""
    async with own_browser(fund) as opened:
        assert (await opened.open(await code_for(fund, patient, terminal))).status_code == 303
        yield opened


async def test_her_medicines_come_from_claims_and_from_what_was_recorded_at_once(
    fund: Fund, terminal: Credential, patient: Person, browser: OwnBrowser
) -> None:
    day = months_ago(fund, 2) + timedelta(days=9)
    medicine = drug(dispensed_on=day, prescribed_on=day, usage_code="003", quantity="2")
    claimed = Content("架空薬局", CLINIC, "架空診療所", (medicine,), (), ())
    await store_claims(fund, claim(fund, patient, claimed, months=2, pharmacy=True))
    await store_prescription_entry(
        fund, patient, terminal, content(drug()), prescribed_on=day_in_japan(fund.clock()) - timedelta(days=3)
    )

    page = words_of(await browser.get("/portal/medicines"))
    recorded = words_of(await browser.get("/portal/prescriptions"))

    assert "2件" in page
    assert "架空降圧錠５ｍｇ「見本」" in page
    assert "処方元：架空診療所" in page
    assert "レセプト（請求）の情報" in page
    assert "処方の情報（薬局での受け取りはまだ）" in page
    assert "1件" in recorded
    assert "レセプト" not in recorded
    record = await newest_record(fund, "own-access.read")
    assert record["outcome"] == "answered"
    assert '"receipts"' in record["detail"]
    assert '"page": "medications"' in record["detail"]


async def test_medicines_of_earlier_years_are_shown_when_chosen(
    fund: Fund, patient: Person, browser: OwnBrowser
) -> None:
    await store_claims(fund, claim(fund, patient, content(drug(), institution_name="架空診療所"), months=20))
    assert "この期間の情報はありません" in words_of(await browser.get("/portal/medicines"))
    assert "1件" in words_of(await browser.post("/portal/medicines", {"months": "60"}))
    assert (await browser.post("/portal/medicines", {"months": "61"})).status_code == 422


async def test_another_persons_claims_are_not_hers(fund: Fund, patient: Person, browser: OwnBrowser) -> None:
    other = await fund.insured()
    await store_claims(fund, claim(fund, other, content(drug(), institution_name="架空診療所"), months=2))
    assert "この期間の情報はありません" in words_of(await browser.get("/portal/medicines"))


async def test_her_check_ups_are_a_table(fund: Fund, patient: Person, browser: OwnBrowser) -> None:
    item = {
        "item_code": "9A751000000000001",
        "item_name": "収縮期血圧（1回目）",
        "value": "128",
        "unit": "mmHg",
    }
    day = (months_ago(fund, 3) + timedelta(days=4)).isoformat()
    sent = fund.lookup_body(patient) | {"examined_on": day, "items": [item]}
    response = await fund.post("/v1/health-checkups", {"checkups": [sent]}, fund.insurer)
    assert response.is_success, response.text

    page = words_of(await browser.get("/portal/checkups"))

    assert "収縮期血圧（1回目） 128 mmHg" in page
    assert '"checkups"' in (await newest_record(fund, "own-access.read"))["detail"]


async def test_treatments_and_surgery_are_two_accesses(fund: Fund, browser: OwnBrowser) -> None:
    page = words_of(await browser.get("/portal/treatments"))
    assert "手術" in page
    records = await fund.records("kind = 'own-access.read'")
    assert [
        '"page": "treatments"' in records[-2]["detail"],
        '"page": "surgeries"' in records[-1]["detail"],
    ] == [True] * 2


async def test_a_consent_is_withdrawn_with_one_tap_and_gone_for_the_facility(
    fund: Fund, patient: Person, browser: OwnBrowser
) -> None:
    pharmacy = await pharmacy_with_history_rights(fund)
    permit = await grant_permit(fund, patient, pharmacy)
    await fetch_history(fund, permit, pharmacy)
    before = await browser.get("/portal/consents")
    assert _withdrawable(before.text) == [str(permit)]

    after = await browser.post("/portal/consents", {"permit": str(permit)})

    assert "同意を取り消しました" in words_of(after)
    assert _withdrawable(after.text) == []
    record = await newest_record(fund, "consent.end")
    assert (record["outcome"], record["client_id"], record["institution_code"]) == ("ended", None, None)
    [end] = await fund.owner.fetch("SELECT * FROM permit_end WHERE permit_id = $1", [permit])
    assert (end["reason"], end["client_id"]) == ("2", None)
    listed = words_of(await browser.get("/portal/accesses"))
    assert "同意を取り消しました" in listed
    token = await fund.token(pharmacy)
    refused = await fund.http.get(
        f"/v1/consents/{permit}/medications",
        headers={"Authorization": f"Bearer {token}", "Operator-Role": "doctor"},
    )
    assert refused.json()["code"] == "consent-withdrawn"


async def test_of_simultaneous_withdrawals_one_ends_the_consent(
    fund: Fund, patient: Person, browser: OwnBrowser
) -> None:
    consent = await registered_consent(fund, patient)
    form = {"permit": consent["consent_id"]}
    answers = await asyncio.gather(*(browser.post("/portal/consents", form) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len([answer for answer in answers if "同意を取り消しました" in words_of(answer)]) == 1
    ends = await fund.records("kind = 'consent.end' AND detail ->> 'permit' = $1", consent["consent_id"])
    assert [record["outcome"] for record in ends] == ["ended"]


async def test_nobody_withdraws_anothers_consent(fund: Fund, browser: OwnBrowser) -> None:
    other = await fund.insured()
    consent = await registered_consent(fund, other)
    for permit in (consent["consent_id"], str(uuid4())):
        response = await browser.post("/portal/consents", {"permit": permit})
        assert "すでに終了しています" in words_of(response)
    assert (
        await fund.owner.fetch("SELECT FROM permit_end WHERE permit_id = $1", [consent["consent_id"]]) == []
    )
    assert (await browser.post("/portal/consents", {"permit": "x"})).status_code == 422


@pytest.mark.parametrize("path", PAGES)
async def test_each_page_is_closed_without_a_session_and_for_a_blocked_person(
    fund: Fund, patient: Person, browser: OwnBrowser, path: str
) -> None:
    assert (await browser.get(path)).status_code == 200
    await protect(fund, patient)
    assert (await browser.get(path)).status_code == 403
    await browser.post("/portal/end")
    assert (await browser.get(path)).status_code == 401


async def test_a_registration_is_ended_through_the_insurer(
    fund: Fund, patient: Person, browser: OwnBrowser
) -> None:
    """Rules K4, K6: she applies, the insurer sees it and acts, the page shows the end; before that she can withdraw."""
    path, listed = "/portal/registration", "/v1/deregistration-applications"
    assert "解除を申し込みました" in words_of(await browser.post(path, {"act": "apply"}))
    assert "申し込めませんでした" in words_of(await browser.post(path, {"act": "apply"})), "once"
    assert "申し込みを取り下げました" in words_of(await browser.post(path, {"act": "withdraw"}))
    assert "取り下げられる申し込みはありません" in words_of(await browser.post(path, {"act": "withdraw"}))
    assert (await fund.get(listed)).json()["applications"] == []

    await browser.post(path, {"act": "apply"})
    [application] = (await fund.get(listed)).json()["applications"]
    assert application["number"] == patient.resident.resident_id[1:]
    done = await fund.post("/v1/deregistrations", {"enrolment_id": application["enrolment_id"]}, fund.insurer)
    assert done.status_code == 201, done.text

    page = words_of(await browser.get(path))
    assert "に解除されます" in page
    assert "保険者が解除を受け付けました" in page
    assert (await fund.get(listed)).json() == {"applications": [], "next": None}
    assert "取り下げられる申し込みはありません" in words_of(await browser.post(path, {"act": "withdraw"}))
    kinds = [record["kind"] for record in await fund.records("kind LIKE 'own-access.dereg%'")]
    assert kinds == [f"own-access.deregistration-{act}" for act in ("applied", "withdrawn", "applied")]
    assert (await browser.post(path, {"act": "x"})).status_code == 422


async def test_a_person_with_two_insurers_asks_at_their_offices(
    fund: Fund, patient: Person, browser: OwnBrowser
) -> None:
    other = await fund.admit_insurer(OTHER_INSURER)
    await fund.enrol(patient, credential=other)
    assert "申し込めませんでした" in words_of(await browser.post("/portal/registration", {"act": "apply"}))


async def test_the_reminder_to_renew_stands_on_two_pages(
    fund: Fund, terminal: Credential, browser: OwnBrowser
) -> None:
    """Rule A7."""
    person = await fund.expiring(30)
    await browser.post("/portal/end")
    await browser.open(await code_for(fund, person, terminal))
    for path in ("/portal/insurance", "/portal/registration"):
        assert "電子証明書の期限が近づいています" in words_of(await browser.get(path)), path


async def test_a_page_that_fails_for_technical_reasons_never_means_not_insured(
    fund: Fund, browser: OwnBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: Any) -> Any:
        raise OSError("connection lost")

    monkeypatch.setattr("eligibility_api.database.pool.ConnectionPool.fetch", lost)
    for path in ("/portal/insurance", *PAGES):
        response = await browser.get(path)
        page = words_of(response)
        assert response.status_code == 503, path
        assert "保険が使えないという意味ではありません" in page
        assert "database-unavailable" in page
        assert "無効" not in page


def _withdrawable(html: str) -> list[str]:
    return re.findall(r'name="permit" value="([^"]+)"', html)
