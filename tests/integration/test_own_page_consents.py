"""A consent to an online consultation ahead, given on the person's own page (rule W14): how it is given, found, used."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from clinic_terminal.exchange.answering import Exchange
from clinic_terminal.exchange.operator import Operator
from clinic_terminal.messages.bulk import OnlineBulkRequest, ResultsRequest
from clinic_terminal.messages.headers import Message
from clinic_terminal.messages.registry import MESSAGES
from clinic_terminal.store import TerminalStore
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Care, Category, FacilityKind, Right, Role
from eligibility_api.contract.history import HistoryResource
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.dates import JAPAN
from eligibility_api.domain.permits import MAX_OWN_PAGE_CONSENTS
from tests.builders.claims import request_history
from tests.builders.clinic.clinic_software import eligibility_request, header, history_request
from tests.builders.consents import code_of, newest_record, protect, registered_consent
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.fund_clients import CLINIC, INSURER, OTHER_CLINIC
from tests.builders.in_process import InProcessTransport, in_thread
from tests.builders.own_page import (
    ONLINE_PAGE,
    ORIGIN,
    RIGHTS,
    OwnBrowser,
    agree,
    ahead,
    code_for,
    own_browser,
    wish,
    words_of,
)
from tests.builders.people import Person

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("clinic")]

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
    page = words_of(await browser.post(ONLINE_PAGE, wish(fund, code=codes[fault])))
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
    assert sentence in words_of(await browser.post(ONLINE_PAGE, wish(fund, **changes)))


@pytest.mark.parametrize("days", [-1, 31])
async def test_a_day_that_is_over_or_too_far_ahead_is_refused(
    fund: Fund, browser: OwnBrowser, days: int
) -> None:
    page = words_of(await browser.post(ONLINE_PAGE, wish(fund, day=ahead(fund, days).isoformat())))
    assert "予約の日を" in page


@pytest.mark.parametrize(
    "sent", [{"act": "sign"}, {"information": ["ALL"]}, {"day": "9" * 25}, {"code": "1" * 65}]
)
async def test_what_no_form_sends_is_refused(fund: Fund, browser: OwnBrowser, sent: dict[str, Any]) -> None:
    assert (await browser.post(ONLINE_PAGE, wish(fund, **sent))).status_code == 422


async def test_no_other_words_than_the_shown_ones_are_registered(fund: Fund, browser: OwnBrowser) -> None:
    """A wish that differs from the words is shown again; refusing registers nothing."""
    before = len(await fund.records("kind = 'own-access.consent'"))
    form = wish(fund, facility=OTHER_CLINIC, act="agree", language="ja", seal="0" * 64)
    assert "この内容に同意しますか？" in words_of(await browser.post(ONLINE_PAGE, form))
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
    assert (await browser.post(ONLINE_PAGE, wish(fund))).status_code == 403


async def test_facilities_that_she_consented_to_are_offered_by_name(
    fund: Fund, clinic: Credential, browser: OwnBrowser
) -> None:
    assert OTHER_CLINIC not in (await browser.get(ONLINE_PAGE)).text
    await agree(browser, wish(fund))
    assert f'name="facility" value="{OTHER_CLINIC}"' in (await browser.get(ONLINE_PAGE)).text


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


async def test_the_facility_s_list_has_it_and_it_answers_the_eligibility_on_its_day_only(
    fund: Fund, clinic: Credential, here: Credential, patient: Person, browser: OwnBrowser
) -> None:
    """Of the list nobody must have been identified: it is what OQSmuonq and the desk ask."""
    await agree(browser, wish(fund))
    [given] = await found(fund, clinic, await looked_up(fund, clinic, patient))
    today = ahead(fund, 0).isoformat()
    query = {"care": "3", "given_from": today, "given_to": today, "limit": "100"}
    lists = {
        name: (await fund.get("/v1/consents", terminal, **query)).json()["consents"]
        for name, terminal in (("clinic", clinic), ("elsewhere", here))
    }
    assert given in lists["clinic"]
    assert given not in lists["elsewhere"]
    path = f"/v1/consents/{given['consent_id']}/eligibility"
    assert code_of(await fund.get(path, clinic)) == "consent-not-yet"
    day = datetime.combine(ahead(fund, 3), time(), JAPAN)
    await fund.set_clock_offset(day + timedelta(seconds=20) - datetime.now(UTC))
    await fund.mirror()
    answer = await fund.get(path, clinic)
    assert answer.status_code == 200, answer.text
    assert [one["name"] for one in answer.json()["results"]] == [patient.resident.name]


async def test_the_clinic_s_software_reads_under_it_and_lists_it(
    fund: Fund, clinic: Credential, patient: Person, browser: OwnBrowser, tmp_path: Path
) -> None:
    """By the membership alone, as messages name a patient; the list has other persons of this module too."""
    await agree(browser, wish(fund, day=ahead(fund, 0).isoformat()))
    membership = {
        "insurer_number": INSURER,
        "symbol": "見本",
        "number": patient.resident.resident_id[1:],
        "branch": "00",
    }
    today = ahead(fund, 0)
    look_up = eligibility_request(
        {"medical_institution_code": OTHER_CLINIC, "qualification_confirmation_date": today},
        **membership,
        birth_date=patient.resident.birth_date,
    )
    medicines = history_request(membership | {"medical_institution_code": OTHER_CLINIC}, care=Care.ONLINE)
    search = {"examined_from": today, "examined_to": today, "care": Care.ONLINE}
    upload = OnlineBulkRequest.model_validate(
        {"header": header(medical_institution_code=OTHER_CLINIC), "body": {"search_info": search}}
    )
    with TerminalStore.open(tmp_path) as store:

        async def ask(prefix: str, request: Message) -> Any:
            client = FundClient(
                "http://fund.test", clinic, clock=fund.clock, transport=InProcessTransport(fund.app)
            )
            exchange = Exchange(client, store, clock=fund.clock)
            doctor = Operator(Role.DOCTOR, "架空 医師")
            return await in_thread(lambda: exchange.answer(MESSAGES[prefix], request, doctor))

        assert (await ask("YZKsiquc01req", medicines)).header.result_code == "SHK-4002", "nobody identified"
        assert (await ask("OQSsiquc01req", look_up)).body.validity == "1"
        result = await ask("YZKsiquc01req", medicines)
        assert (result.header.result_code, result.header.person.name) == ("1", patient.resident.name)
        number = (await ask("OQSmuonq01req", upload)).body.reception_number
        results = ResultsRequest.model_validate(
            {"header": {"medical_institution_code": OTHER_CLINIC}, "body": {"reception_number": number}}
        )
        units = (await ask("OQSmuonq02req", results)).body.units
    flags = {one.number: one.medicines.flag for unit in units for one in unit.results}
    assert flags[membership["number"]] == "1"
