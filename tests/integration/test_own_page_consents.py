"""A consent to an online consultation ahead, given on the person's own page (rule W14): how it is given, found, used."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from eligibility_api.contract.codes import Category, FacilityKind, Right
from eligibility_api.contract.history import HistoryResource
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.domain.permits import MAX_OWN_PAGE_CONSENTS
from tests.builders.claims import request_history
from tests.builders.consents import code_of, newest_record, protect, registered_consent
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.fund_clients import CLINIC, OTHER_CLINIC
from tests.builders.own_page import ORIGIN, RIGHTS, OwnBrowser, code_for, own_browser, words_of
from tests.builders.people import Person

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("clinic")]

PAGE = "/portal/online"
RECORD = "00000000-0000-7000-8000-000000000000"
READING = (Right.ELIGIBILITY, Right.REGISTRATION, Right.CONSENT)


@pytest.fixture(scope="module")
async def fund(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    """A fund with a public address over HTTPS."""
    home: Path = tmp_path_factory.mktemp("fund")
    async with open_fund(database, home, public_url=ORIGIN) as opened:
        yield opened


@pytest.fixture(scope="module")
async def here(fund: Fund) -> Credential:
    """The clinic at which codes are made."""
    return await fund.terminal(rights=RIGHTS)


@pytest.fixture(scope="module")
async def clinic(fund: Fund) -> Credential:
    """The clinic that sees patients online."""
    return await fund.terminal(institution_code=OTHER_CLINIC, rights=READING)


@pytest.fixture
async def patient(fund: Fund) -> Person:
    """An insured person."""
    return await fund.insured()


@pytest.fixture
async def browser(fund: Fund, here: Credential, patient: Person) -> AsyncIterator[OwnBrowser]:
    """Her device, with her page open."""
    async with own_browser(fund) as opened:
        assert (await opened.open(await code_for(fund, patient, here))).status_code == 303
        yield opened


@pytest.fixture(autouse=True)
async def clock_set_back(fund: Fund) -> AsyncIterator[None]:
    """Sets the clock back, without the records ahead of it: the newest one is a clock too."""
    yield
    await fund.set_clock_offset(timedelta())
    await fund.alter_records("DELETE FROM audit_record WHERE recorded_at > now()")


def ahead(fund: Fund, days: int) -> date:
    return day_in_japan(fund.clock()) + timedelta(days=days)


def wish(fund: Fund, **changes: Any) -> dict[str, Any]:
    """What the form sends: for medicines, at the other clinic, in three days."""
    chosen = {
        "code": OTHER_CLINIC,
        "day": ahead(fund, 3).isoformat(),
        "information": ["YZK"],
        "act": "review",
    }
    return chosen | changes


async def agree(browser: OwnBrowser, form: dict[str, Any], act: str = "agree") -> str:
    """Read the words of a wish, and answer; the words of the page that follows."""
    shown = await browser.post(PAGE, form)
    assert shown.status_code == 200, words_of(shown)
    fields = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown.text)
    assert fields, words_of(shown)
    sent: dict[str, Any] = {"act": act, "information": []}
    for name, value in fields:
        if name == "information":
            sent[name].append(value)
        else:
            sent[name] = html.unescape(value)
    return words_of(await browser.post(PAGE, sent))


async def found(fund: Fund, clinic: Credential, identified_by: str) -> Any:
    """The clinic's answer for a person whom it identified: its consents, or a code."""
    response = await fund.get("/v1/consents/own-page", clinic, identified_by=identified_by)
    return response.json()["consents"] if response.status_code == 200 else code_of(response)


async def looked_up(fund: Fund, clinic: Credential, patient: Person) -> str:
    """The record of a look-up by number, as before an online consultation."""
    response = await fund.post("/v1/eligibility/number", fund.lookup_body(patient), clinic)
    assert response.status_code == 200, response.text
    return str(response.json()["record_id"])


async def test_it_is_read_on_its_day_only_by_the_facility_that_identified_her(
    fund: Fund, clinic: Credential, patient: Person, browser: OwnBrowser
) -> None:
    assert "予約の日だけ、閲覧できます" in await agree(browser, wish(fund))

    [consent] = await found(fund, clinic, await looked_up(fund, clinic, patient))

    day = datetime.combine(ahead(fund, 3), time(), JAPAN)
    assert (consent["basis"], consent["care"]) == ("own-access", "3")
    assert consent["categories"] == ["medication", "prescription"]
    assert datetime.fromisoformat(consent["available_from"]) == day
    assert datetime.fromisoformat(consent["available_until"]) == day + timedelta(days=1)
    codes = {"today": code_of(await request_history(fund, consent["consent_id"], clinic))}
    for name, instant in {
        "before": day - timedelta(seconds=20),
        "that day": day + timedelta(seconds=20),
        "after": day + timedelta(days=1),
    }.items():
        await fund.set_clock_offset(instant - datetime.now(UTC))
        await fund.mirror()
        codes[name] = code_of(await request_history(fund, consent["consent_id"], clinic))
    assert codes == {
        "today": "consent-not-yet",
        "before": "consent-not-yet",
        "that day": "200",
        "after": "consent-expired",
    }


async def test_the_record_has_the_statement_and_the_own_access_and_the_permit_no_client(
    fund: Fund, patient: Person, browser: OwnBrowser
) -> None:
    await agree(browser, wish(fund, information=["YZK", "TKK"]))
    record = await newest_record(fund, "own-access.consent")
    detail = json.loads(record["detail"])
    assert (record["outcome"], record["client_id"]) == ("registered", None)
    assert detail["statement"]["categories"] == ["health-checkup", "medication", "prescription"]
    assert detail["statement"]["day"] == ahead(fund, 3).isoformat()
    [permit] = await fund.owner.fetch("SELECT * FROM permit WHERE permit_id::text = $1", [detail["permit"]])
    assert (permit["client_id"], permit["institution_code"], permit["operator"]) == (None, OTHER_CLINIC, None)
    assert json.loads(permit["reason"]) == {
        "own_access": detail["own_access"],
        "statement": detail["statement"],
    }
    [code] = await fund.owner.fetch(
        "SELECT r.kind FROM own_access a JOIN audit_record r USING (record_id) WHERE a.access_id::text = $1",
        [detail["own_access"]],
    )
    assert code["kind"] == "own-access.code"


async def test_it_stands_in_her_lists_and_is_withdrawn_there(
    fund: Fund, clinic: Credential, patient: Person, browser: OwnBrowser
) -> None:
    page = await agree(browser, wish(fund))
    assert "あなたの同意（ご自分の画面）" in page
    identified = await looked_up(fund, clinic, patient)
    [consent] = await found(fund, clinic, identified)
    listed = words_of(await browser.get("/portal/accesses"))
    assert "オンライン診療のための同意を、この画面で登録しました" in listed
    assert "同意の状況を確認しました" in listed

    await browser.post("/portal/consents", {"permit": consent["consent_id"]})

    assert await found(fund, clinic, identified) == []
    assert code_of(await request_history(fund, consent["consent_id"], clinic)) == "consent-withdrawn"


@pytest.mark.parametrize("fault", ["here", "nobody", "no code", "a pharmacy's program without the right"])
async def test_it_is_given_to_no_facility_that_takes_none(
    fund: Fund, patient: Person, browser: OwnBrowser, fault: str
) -> None:
    """Rule W14: a terminal that obtained the code by a lie gains no consent for its own facility."""
    unentitled = "1310000017"
    await fund.terminal(institution_code=unentitled, kind=FacilityKind.PHARMACY, rights=(Right.ELIGIBILITY,))
    codes = {
        "here": CLINIC,
        "nobody": "1399999999",
        "no code": "13",
        "a pharmacy's program without the right": unentitled,
    }
    page = words_of(await browser.post(PAGE, wish(fund, code=codes[fault])))
    expected = "コードを作った医療機関や薬局には" if fault == "here" else "医療機関や薬局を選んでください"
    assert expected in page
    assert await fund.records("kind = 'own-access.consent' AND outcome <> 'registered'") == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"day": ""}, "予約の日を", id="no day"),
        pytest.param({"day": "明日"}, "予約の日を", id="no such day"),
        pytest.param({"information": []}, "1つ以上選んでください", id="nothing chosen"),
        pytest.param({"information": ["TSR"]}, "1つ以上選んでください", id="not medical"),
    ],
)
async def test_a_wish_without_day_or_information_is_explained(
    fund: Fund, browser: OwnBrowser, changes: dict[str, Any], sentence: str
) -> None:
    assert sentence in words_of(await browser.post(PAGE, wish(fund, **changes)))


@pytest.mark.parametrize("days", [-1, 31])
async def test_a_day_that_is_over_or_too_far_ahead_is_refused(
    fund: Fund, browser: OwnBrowser, days: int
) -> None:
    page = words_of(await browser.post(PAGE, wish(fund, day=ahead(fund, days).isoformat())))
    assert "予約の日を" in page


@pytest.mark.parametrize(
    "sent", [{"act": "sign"}, {"information": ["ALL"]}, {"day": "9" * 25}, {"code": "1" * 65}]
)
async def test_what_no_form_sends_is_refused(fund: Fund, browser: OwnBrowser, sent: dict[str, Any]) -> None:
    assert (await browser.post(PAGE, wish(fund, **sent))).status_code == 422


async def test_no_other_words_than_the_shown_ones_are_registered(fund: Fund, browser: OwnBrowser) -> None:
    """A wish that differs from the words is shown again; refusing registers nothing."""
    before = len(await fund.records("kind = 'own-access.consent'"))
    form = wish(fund, facility=OTHER_CLINIC, act="agree", language="ja", seal="0" * 64)
    assert "この内容に同意しますか" in words_of(await browser.post(PAGE, form))
    assert "同意は登録していません" in await agree(browser, wish(fund), "refuse")
    assert len(await fund.records("kind = 'own-access.consent'")) == before


async def test_sent_twice_it_is_given_once_and_no_more_than_twenty_are_open(
    fund: Fund, clinic: Credential, patient: Person, browser: OwnBrowser
) -> None:
    for days in (0, 0, *range(MAX_OWN_PAGE_CONSENTS)):
        await agree(browser, wish(fund, day=ahead(fund, days).isoformat()))
    identified = await looked_up(fund, clinic, patient)
    assert len(await found(fund, clinic, identified)) == MAX_OWN_PAGE_CONSENTS
    page = await agree(browser, wish(fund, day=ahead(fund, MAX_OWN_PAGE_CONSENTS).isoformat()))
    assert "20件までです" in page
    assert len(await found(fund, clinic, identified)) == MAX_OWN_PAGE_CONSENTS


async def test_only_the_facility_that_identified_her_finds_only_its_own(
    fund: Fund, here: Credential, clinic: Credential, patient: Person, browser: OwnBrowser
) -> None:
    await agree(browser, wish(fund))
    identified = await looked_up(fund, clinic, patient)
    elsewhere = await looked_up(fund, here, patient)
    other = await fund.insured()
    assert [
        await found(fund, here, identified),
        await found(fund, clinic, RECORD),
        await found(fund, here, elsewhere),
        await found(fund, clinic, await looked_up(fund, clinic, other)),
    ] == ["not-identified", "not-identified", [], []]
    without = await fund.terminal(institution_code=OTHER_CLINIC, rights=(Right.ELIGIBILITY,))
    assert await found(fund, without, identified) == "right-missing"
    [record] = await fund.records(
        "kind = 'consent.read' AND person_key IS NULL AND institution_code = $1", OTHER_CLINIC
    )
    assert record["outcome"] == "not-identified"


async def test_an_identification_of_yesterday_is_too_old(
    fund: Fund, clinic: Credential, patient: Person, browser: OwnBrowser
) -> None:
    await agree(browser, wish(fund))
    identified = await looked_up(fund, clinic, patient)
    await fund.set_clock_offset(timedelta(hours=24, minutes=1))
    await fund.mirror()
    assert await found(fund, clinic, identified) == "not-identified"


async def test_a_card_s_consent_is_not_among_them(
    fund: Fund, clinic: Credential, patient: Person, browser: OwnBrowser
) -> None:
    await registered_consent(fund, patient)
    record = (await fund.records("kind = 'eligibility.consent-pin'"))[-1]
    assert await found(fund, fund.clinic, str(record["record_id"])) == []


async def test_of_a_person_who_is_protected_since_nothing_is_given_or_found(
    fund: Fund, clinic: Credential, patient: Person, browser: OwnBrowser
) -> None:
    """Rule W6."""
    await agree(browser, wish(fund))
    identified = await looked_up(fund, clinic, patient)
    await protect(fund, patient)
    assert await found(fund, clinic, identified) == "card-not-usable"
    assert (await browser.post(PAGE, wish(fund))).status_code == 403


async def test_facilities_that_she_consented_to_are_offered_by_name(
    fund: Fund, clinic: Credential, browser: OwnBrowser
) -> None:
    assert OTHER_CLINIC not in (await browser.get(PAGE)).text
    await agree(browser, wish(fund))
    assert f'name="facility" value="{OTHER_CLINIC}"' in (await browser.get(PAGE)).text


async def test_it_opens_only_what_it_names(
    fund: Fund, clinic: Credential, patient: Person, browser: OwnBrowser
) -> None:
    await agree(browser, wish(fund, day=ahead(fund, 0).isoformat(), information=["YZK"]))
    [consent] = await found(fund, clinic, await looked_up(fund, clinic, patient))
    assert Category.TREATMENT not in consent["categories"]
    asked = await request_history(fund, consent["consent_id"], clinic, HistoryResource.TREATMENTS)
    assert code_of(asked) == "consent-category"
    ended = await fund.post(f"/v1/consents/{consent['consent_id']}/end", {"reason": "1"}, clinic)
    assert ended.status_code == 200, ended.text
