"""The patient's own view: one-time codes at terminals with the right, her pages, and what must not work."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from functools import partial
from operator import mod
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from eligibility_api.audit.verifier import Trust, verify
from eligibility_api.audit_log.checkpoint_keys import verification_keys
from eligibility_api.contract.codes import Purpose, Role
from eligibility_api.contract.own_access import OWN_ACCESS_PATH
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.own_access import CODE_LIFE, SESSION_LIFE, digest_of, new_code, read_code
from eligibility_api.merkle_log.exports import Record, decode
from tests.builders.audit_log import sequence
from tests.builders.consents import newest_record, protect, registered_consent
from tests.builders.database import Database
from tests.builders.emergencies import NOTE, ask, early_in_a_time_step, emergency_terminal, identified
from tests.builders.fund import Fund, open_fund
from tests.builders.own_page import (
    ORIGIN,
    RIGHTS,
    SESSION_COOKIE,
    OwnBrowser,
    code_for,
    own_access,
    own_browser,
    words_of,
)
from tests.builders.people import Person
from tests.builders.staff import Authenticator, as_staff

pytestmark = pytest.mark.anyio

FEW_GUESSES = 3
_addresses = itertools.count(1)


@pytest.fixture(scope="module")
async def fund(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    """A fund with a public address over HTTPS."""
    home: Path = tmp_path_factory.mktemp("fund")
    async with open_fund(
        database, home, public_url=ORIGIN, own_access_guesses_per_hour=FEW_GUESSES
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
async def terminal(fund: Fund) -> Credential:
    """A clinic's terminal with the right."""
    return await fund.terminal(rights=RIGHTS)


@pytest.fixture
async def browser(fund: Fund) -> AsyncIterator[OwnBrowser]:
    """The patient's device, at an address that no other test has."""
    async with own_browser(fund, f"198.51.100.{next(_addresses)}") as opened:
        yield opened


@pytest.fixture
async def patient(fund: Fund, terminal: Credential, browser: OwnBrowser) -> Person:
    """An insured person whose page is open in `browser`."""
    person = await fund.insured()
    assert (await browser.open(await code_for(fund, person, terminal))).status_code == 303
    return person


async def outcomes(fund: Fund, person: Person, kind: str) -> list[str]:
    """The outcomes of the records of a kind about a person, oldest first."""
    key = (
        await fund.owner.fetch(
            "SELECT e.person_key FROM enrolment e WHERE e.number = $1 AND e.person_key IS NOT NULL LIMIT 1",
            [person.resident.resident_id[1:]],
        )
    )[0]["person_key"]
    return [record["outcome"] for record in await fund.records("kind = $1 AND person_key = $2", kind, key)]


# -- At the terminal ----------------------------------------------------------------------------------------------------


async def test_the_answer_at_a_facility_is_a_code_and_an_address_alone(
    fund: Fund, terminal: Credential
) -> None:
    """Rules O1, O3."""
    person = await fund.insured()

    response = await own_access(fund, person, terminal)

    answer = response.json()
    assert response.status_code == 201, answer
    assert answer.keys() == {"code", "address", "made_at", "expires_at", "record_id", "accesses"}
    assert (answer["address"], answer["accesses"]) == ("https://fund.test/portal", None)
    assert person.resident.name not in response.text
    record = await newest_record(fund, "own-access.code")
    assert (record["outcome"], str(record["record_id"])) == ("answered", answer["record_id"])


async def test_a_code_is_stored_as_its_digest_for_five_minutes(fund: Fund, terminal: Credential) -> None:
    """Rule O1."""
    code = await code_for(fund, await fund.insured(), terminal)

    [row] = await fund.owner.fetch("SELECT * FROM own_access ORDER BY made_at DESC LIMIT 1", [])

    assert row["code_digest"] == digest_of(read_code(code))
    assert row["expires_at"] - row["made_at"] == CODE_LIFE
    assert code not in str(dict(row))
    assert read_code(code) not in str(dict(row))


async def test_a_terminal_without_the_right_gets_neither_challenge_nor_code(
    fund: Fund, terminal: Credential
) -> None:
    """Rule O3: the right is off by default, and none of the others includes it."""
    person = await fund.insured()

    refused = await fund.post("/v1/presence/challenges", {"purpose": "own-access"})
    proof = await fund.proof(person.card, Purpose.OWN_ACCESS, terminal)
    sent = await fund.post(OWN_ACCESS_PATH, proof)

    assert (refused.status_code, refused.json()["code"]) == (403, "right-missing")
    assert (sent.status_code, sent.json()["code"]) == (403, "right-missing")


async def test_a_right_that_was_taken_away_counts_from_that_moment(fund: Fund) -> None:
    other = await fund.terminal(rights=RIGHTS)
    person = await fund.insured()
    proof = await fund.proof(person.card, Purpose.OWN_ACCESS, other)
    await fund.owner.fetch(
        "UPDATE client SET rights = array_remove(rights, 'own-access') WHERE client_id = $1",
        [other.client_id],
    )
    response = await fund.post(OWN_ACCESS_PATH, proof, other)
    assert (response.status_code, response.json()["code"]) == (403, "right-missing")


@pytest.mark.parametrize("purpose", [Purpose.ELIGIBILITY, Purpose.FIRST_REGISTRATION])
async def test_a_proof_of_another_purpose_obtains_no_code(
    fund: Fund, terminal: Credential, purpose: Purpose
) -> None:
    """What a patient signed to check in is no own access."""
    person = await fund.insured()
    proof = await fund.proof(person.card, purpose, terminal)
    response = await fund.post(OWN_ACCESS_PATH, proof, terminal)
    assert (response.status_code, response.json()["code"]) == (403, "challenge-other-purpose")


async def test_a_challenge_makes_one_code(fund: Fund, terminal: Credential) -> None:
    person = await fund.insured()
    proof = await fund.proof(person.card, Purpose.OWN_ACCESS, terminal)
    first, second = [await fund.post(OWN_ACCESS_PATH, proof, terminal) for _ in range(2)]
    assert first.status_code == 201
    assert (second.status_code, second.json()["code"]) == (409, "challenge-used")


async def test_an_unregistered_card_needs_its_first_registration(fund: Fund, terminal: Credential) -> None:
    person = fund.person()
    await fund.enrol(person)
    response = await own_access(fund, person, terminal)
    assert (response.status_code, response.json()["code"]) == (409, "first-registration-needed")


async def test_a_blocked_person_gets_no_code(fund: Fund, terminal: Credential) -> None:
    """Rule O4: protection flags hold; a person with her card and PIN must not learn where she is treated."""
    person = await fund.insured()
    await protect(fund, person)

    response = await own_access(fund, person, terminal)

    assert (response.status_code, response.json()["code"]) == (403, "card-not-usable")
    assert (await newest_record(fund, "own-access.code"))["outcome"] == "card-not-usable"


async def test_a_fund_without_an_address_over_https_makes_no_code(fund: Fund, terminal: Credential) -> None:
    person = await fund.insured()
    settings = fund.state.settings
    for address in (None, "http://fund.test"):
        changed = settings.model_copy(update={"public_url": address})
        object.__setattr__(fund.state, "settings", changed)
        try:
            response = await own_access(fund, person, terminal)
            assert (response.status_code, response.json()["code"]) == (503, "own-access-unavailable")
        finally:
            object.__setattr__(fund.state, "settings", settings)


async def test_with_the_setting_a_reader_may_show_the_list_and_nothing_else(
    fund: Fund, terminal: Credential
) -> None:
    person = await fund.insured()
    await fund.tap(person.card)
    settings = fund.state.settings
    object.__setattr__(fund.state, "settings", settings.model_copy(update={"own_accesses_at_reader": True}))
    try:
        answer = (await own_access(fund, person, terminal)).json()
    finally:
        object.__setattr__(fund.state, "settings", settings)
    assert [one["kind"] for one in answer["accesses"]] == [
        "own-access.code",
        "eligibility.card",
        "binding.first-registration",
        "enrolment.add",
    ]
    assert answer["accesses"][1]["by"] == "試験医院"
    assert person.resident.name not in str(answer)


# -- Opening a code -----------------------------------------------------------------------------------------------------


async def test_a_code_opens_the_page_which_names_where_and_when_it_was_made(
    fund: Fund, terminal: Credential, browser: OwnBrowser
) -> None:
    """Rule O2."""
    person = await fund.insured()
    code = await code_for(fund, person, terminal)

    opened = await browser.open(code.lower().replace("-", " "))

    assert (opened.status_code, opened.headers["location"]) == (303, "/portal/insurance")
    cookie = opened.headers["set-cookie"]
    assert cookie.startswith(f"{SESSION_COOKIE}=")
    for attribute in ("HttpOnly", "Secure", "SameSite=strict", "Path=/", f"Max-Age={15 * 60}"):
        assert attribute in cookie
    page = words_of(await browser.get("/portal/insurance"))
    assert "この画面のコードは、試験医院で令和" in page
    assert person.resident.name in page
    assert "試験健康保険組合" in page
    assert "有効" in page
    assert person.resident.address not in page
    assert (await newest_record(fund, "own-access.opened"))["outcome"] == "opened"


async def test_a_session_lasts_fifteen_minutes_from_its_opening(fund: Fund, patient: Person) -> None:
    """Rule O2."""
    [row] = await fund.owner.fetch(
        "SELECT session_until - opened_at AS life FROM own_access ORDER BY opened_at DESC NULLS LAST LIMIT 1",
        [],
    )
    assert row["life"] == SESSION_LIFE


async def test_a_second_opening_is_refused_and_stands_in_her_list(
    fund: Fund, terminal: Credential, browser: OwnBrowser
) -> None:
    """Replay, as from another device that saw the code."""
    person = await fund.insured()
    code = await code_for(fund, person, terminal)
    await browser.open(code)

    async with own_browser(fund, "203.0.113.1") as other:
        again = await other.open(code)
        assert other.token is None
        assert (await other.get("/portal/insurance")).status_code == 401

    assert again.status_code == 403
    assert "使えません" in words_of(again)
    assert await outcomes(fund, person, "own-access.refused") == ["code-used"]
    listed = words_of(await browser.get("/portal/accesses"))
    assert "使用済みまたは期限切れのコードで、画面を開こうとしました" in listed


async def test_of_simultaneous_openings_one_succeeds(fund: Fund, terminal: Credential) -> None:
    person = await fund.insured()
    code = await code_for(fund, person, terminal)

    async def opening(number: int) -> int:
        async with own_browser(fund, f"203.0.113.{100 + number}") as device:
            return (await device.open(code)).status_code

    statuses = await asyncio.gather(*(opening(number) for number in range(8)))

    assert sorted(statuses) == [303] + [403] * 7
    assert await outcomes(fund, person, "own-access.refused") == ["code-used"] * 7


async def test_an_expired_code_is_refused(fund: Fund, terminal: Credential, browser: OwnBrowser) -> None:
    person = await fund.insured()
    code = await code_for(fund, person, terminal)
    await fund.owner.fetch(
        "UPDATE own_access SET expires_at = now() WHERE code_digest = $1", [digest_of(read_code(code))]
    )
    assert (await browser.open(code)).status_code == 403
    assert await outcomes(fund, person, "own-access.refused") == ["code-expired"]


async def test_guesses_are_limited_by_address_and_recorded(
    fund: Fund, terminal: Credential, browser: OwnBrowser
) -> None:
    code = await code_for(fund, await fund.insured(), terminal)
    guesses = [new_code(partial(mod, number)) for number in range(FEW_GUESSES + 1)]
    before = len(await fund.records("kind = 'own-access.refused' AND outcome = 'code-unknown'"))

    statuses = [(await browser.open(guess)).status_code for guess in guesses]

    assert statuses == [403] * FEW_GUESSES + [429]
    assert (await browser.open(code)).status_code == 429, "the limit comes before the code"
    after = len(await fund.records("kind = 'own-access.refused' AND outcome = 'code-unknown'"))
    assert after - before == FEW_GUESSES
    async with own_browser(fund, "203.0.113.200") as other:
        assert (await other.open(code)).status_code == 303, "one address's excess is its own"


async def test_a_typing_mistake_is_no_guess(fund: Fund, terminal: Credential, browser: OwnBrowser) -> None:
    code = await code_for(fund, await fund.insured(), terminal)
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    for typed in (wrong, "", "K7Q", "<script>", "0" * 18):
        response = await browser.open(typed)
        assert response.status_code == 422, typed
        assert "打ち間違い" in words_of(response)
        assert typed not in response.text or len(typed) < 4
    assert (await browser.open(code)).status_code == 303


async def test_the_address_of_a_guess_is_not_readable(fund: Fund, browser: OwnBrowser) -> None:
    await browser.open(new_code(lambda below: below // 2))
    rows = await fund.owner.fetch("SELECT source FROM own_access_guess", [])
    assert rows
    assert all(len(row["source"]) == 32 for row in rows)


# -- The session --------------------------------------------------------------------------------------------------------


async def test_without_a_session_nothing_is_shown(browser: OwnBrowser) -> None:
    for path in ("/portal/insurance", "/portal/accesses"):
        response = await browser.get(path)
        assert response.status_code == 401, path
        assert "own-session-ended" not in response.text
        assert "新しいコードが必要です" in words_of(response)


@pytest.mark.parametrize("token", ["x" * 43, "x" * 10_000, "../../x", "' OR true --"])
async def test_a_made_up_token_is_no_session(browser: OwnBrowser, patient: Person, token: str) -> None:
    browser.http.cookies.set(SESSION_COOKIE, token, domain="fund.test", path="/")
    browser.http.cookies.delete(SESSION_COOKIE, domain="fund.test", path="/")
    response = await browser.http.get("/portal/insurance", headers={"Cookie": f"{SESSION_COOKIE}={token}"})
    assert response.status_code == 401
    assert patient.resident.name not in response.text


async def test_the_button_ends_the_session_at_once(fund: Fund, patient: Person, browser: OwnBrowser) -> None:
    token = browser.token
    ended = await browser.post("/portal/end")

    assert ended.status_code == 200
    assert browser.token is None
    response = await browser.http.get("/portal/insurance", headers={"Cookie": f"{SESSION_COOKIE}={token}"})
    assert response.status_code == 401, "the token that somebody kept opens nothing"
    assert await outcomes(fund, patient, "own-access.ended") == ["done"]


async def test_another_code_in_the_same_browser_ends_the_former_session(
    fund: Fund, terminal: Credential, browser: OwnBrowser, patient: Person
) -> None:
    """Rule O2: nobody could close it any more."""
    former = browser.token
    assert former is not None
    other = await fund.insured()
    await fund.register(other.card)
    ends = "kind = 'own-access.ended'"
    before = len(await fund.records(ends))
    assert (await browser.open("K7Q")).status_code == 422
    assert (await browser.get("/portal/insurance")).status_code == 200, "a refused code ends nothing"

    await browser.open(await code_for(fund, other, terminal))

    assert browser.token not in (None, former)
    assert len(await fund.records(ends)) == before + 1
    assert (await browser.get("/portal/insurance")).status_code == 200
    async with own_browser(fund) as kept:
        kept.http.cookies.set(SESSION_COOKIE, former)
        assert (await kept.get("/portal/insurance")).status_code == 401


async def test_an_expired_session_shows_nothing(fund: Fund, patient: Person, browser: OwnBrowser) -> None:
    assert browser.token is not None
    await fund.owner.fetch(
        "UPDATE own_access SET session_until = now() WHERE session_digest = $1", [digest_of(browser.token)]
    )
    assert (await browser.get("/portal/insurance")).status_code == 401


async def test_a_block_that_arrives_closes_the_open_page(
    fund: Fund, patient: Person, browser: OwnBrowser
) -> None:
    await protect(fund, patient)
    for path in ("/portal/insurance", "/portal/accesses"):
        response = await browser.get(path)
        assert response.status_code == 403, path
        assert patient.resident.name not in response.text
        assert "試験医院" not in words_of(response)
    assert (await outcomes(fund, patient, "own-access.read"))[-1] == "card-not-usable"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://fund.test"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.test"},
    ],
    ids=lambda headers: "-".join(next(iter(headers.items()))),
)
async def test_a_post_of_another_site_is_refused(
    patient: Person, browser: OwnBrowser, headers: dict[str, str]
) -> None:
    response = await browser.post("/portal/end", headers=headers)
    assert response.status_code == 403
    assert (await browser.get("/portal/insurance")).status_code == 200, "the session goes on"


async def test_a_code_in_an_address_opens_nothing(
    fund: Fund, terminal: Credential, browser: OwnBrowser
) -> None:
    """So that none stands in a history, a log or a Referer."""
    code = await code_for(fund, await fund.insured(), terminal)
    for response in (await browser.get(f"/portal/?code={code}"), await browser.post(f"/portal/?code={code}")):
        assert browser.token is None
        assert code not in response.text
        assert "set-cookie" not in response.headers
    assert (await browser.open(code)).status_code == 303


async def test_every_page_is_for_this_browser_and_site_alone(patient: Person, browser: OwnBrowser) -> None:
    for path in ("/portal/", "/portal/insurance", "/portal/accesses", "/portal/nothing"):
        headers = (await browser.get(path)).headers
        assert headers["cache-control"] == "no-store", path
        assert headers["referrer-policy"] == "same-origin", path
        assert headers["x-frame-options"] == "DENY", path
        assert "default-src 'none'" in headers["content-security-policy"], path


async def test_no_code_token_or_name_is_logged(
    fund: Fund, terminal: Credential, browser: OwnBrowser, capfd: pytest.CaptureFixture[str]
) -> None:
    person = await fund.insured()
    code = await code_for(fund, person, terminal)
    await browser.open(code)
    await browser.open(code)
    await browser.get("/portal/insurance")
    assert browser.token is not None
    written = "".join(capfd.readouterr())
    for secret in (code, read_code(code), browser.token, person.resident.name):
        assert secret not in written


# -- What she reads -----------------------------------------------------------------------------------------------------


async def test_she_reads_her_own_information_alone(
    fund: Fund, terminal: Credential, patient: Person, browser: OwnBrowser
) -> None:
    """Two sessions at once, each with its own person; a form names nobody."""
    other = await fund.insured()
    async with own_browser(fund, "203.0.113.50") as others:
        await others.open(await code_for(fund, other, terminal))
        first, second = await browser.get("/portal/insurance"), await others.get("/portal/insurance")
    assert patient.resident.name in first.text
    assert other.resident.name not in first.text
    assert other.resident.name in second.text


async def test_the_list_has_in_words_who_looked_at_what(
    fund: Fund, terminal: Credential, browser: OwnBrowser
) -> None:
    person = await fund.insured()
    consent = await registered_consent(fund, person)
    path = f"/v1/consents/{consent['consent_id']}/medications"
    headers = {"Authorization": f"Bearer {await fund.token(fund.clinic)}"} | as_staff(
        Role.DOCTOR, "架空　医師"
    )
    read = await fund.http.get(path, headers=headers)
    assert read.status_code == 200, read.text
    await browser.open(await code_for(fund, person, terminal))

    listed = words_of(await browser.get("/portal/accesses"))

    assert "お薬の情報を閲覧しました" in listed
    assert "医師 架空　医師" in listed
    assert "あなたの同意（暗証番号）にもとづく閲覧" in listed
    assert "マイナンバーカードで、保険の資格を確認しました" in listed
    assert "この画面を開くためのコードが作られました" in listed
    assert "この画面で、情報を閲覧しました" not in listed
    own = words_of(await browser.post("/portal/accesses", {"own": "true"}))
    assert "この画面で、情報を閲覧しました" in own


async def test_an_emergency_look_is_marked_with_its_reason(
    fund: Fund, terminal: Credential, browser: OwnBrowser
) -> None:
    hospital = await emergency_terminal(fund)
    doctor = await Authenticator.of(fund, "架空　救急")
    person = await fund.insured()
    async with early_in_a_time_step(fund):
        record = await identified(fund, hospital, person)
        permit = await ask(fund, hospital, doctor, record)
        assert permit.status_code == 201, permit.text
        await browser.open(await code_for(fund, person, terminal))
        response = await browser.get("/portal/accesses")

    listed = words_of(response)
    assert "救急のため、同意なしに情報を閲覧できるようにしました" in listed
    assert "意識がない" in listed
    assert NOTE in listed
    assert response.text.count('class="panel urgent"') == 1


async def test_an_older_part_of_the_list_begins_where_the_first_one_ended(
    fund: Fund, terminal: Credential, browser: OwnBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eligibility_api.portal.service.PAGE_ROWS", 2)
    person = await fund.insured()
    await fund.tap(person.card)
    await browser.open(await code_for(fund, person, terminal))
    times, response = [], await browser.get("/portal/accesses")
    for _ in range(5):
        times += _times(response)
        form = _older(response)
        if form is None:
            break
        response = await browser.post("/portal/accesses", form)
    assert len(times) == len(set(times)) == 5
    assert times == sorted(times, reverse=True)


def _times(response: httpx2.Response) -> list[str]:
    return [part.split('"')[0] for part in response.text.split('<time datetime="')[1:]]


def _older(response: httpx2.Response) -> dict[str, str] | None:
    if 'name="record"' not in response.text:
        return None
    at, record = (response.text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("at", "record"))
    return {"at": at, "record": record}


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-30", "x"])
async def test_a_position_that_no_list_has_is_refused(patient: Person, browser: OwnBrowser, at: str) -> None:
    position = {"at": at, "record": "00000000-0000-0000-0000-000000000000"}
    response = await browser.post("/portal/accesses", position)
    assert response.status_code == 422


async def test_every_look_at_a_page_is_recorded(fund: Fund, patient: Person, browser: OwnBrowser) -> None:
    for path in ("/portal/insurance", "/portal/accesses"):
        await browser.get(path)
    records = await fund.records(
        "kind = 'own-access.read' AND detail ->> 'page' IN ('insurance', 'accesses')"
    )
    assert [record["outcome"] for record in records[-2:]] == ["answered", "answered"]
    assert records[-2]["enrolments"]


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_the_pages_speak_both_languages(patient: Person, browser: OwnBrowser, language: str) -> None:
    await browser.post("/portal/display", {"language": language, "contrast": "high"})
    page = (await browser.get("/portal/insurance")).text
    assert f'<html lang="{language}" data-contrast="high"' in page
    assert ("My insurance" in page) is (language == "en")


async def test_each_entry_is_verified_and_the_file_verifies_offline(
    fund: Fund, terminal: Credential, browser: OwnBrowser
) -> None:
    """Rule O5."""
    person = await fund.insured()
    await fund.tap(person.card)
    await browser.open(await code_for(fund, person, terminal))
    await sequence(fund)

    page = words_of(await browser.get("/portal/accesses"))
    downloaded = await browser.post("/portal/accesses/file")

    assert page.count("書き換えられていないことを確認済み") == 5
    assert downloaded.headers["content-disposition"].startswith('attachment; filename="shikaku-accesses-')
    lines = downloaded.content.splitlines(keepends=True)
    report = verify(lines, Trust(verification_keys(fund.state.settings)))
    assert report.holds, report.findings
    records = [decode(line) for line in lines[1:-1]]
    assert len(records) == 5
    kinds = {json.loads(record.text)["kind"] for record in records if isinstance(record, Record)}
    assert {"eligibility.card", "own-access.code", "own-access.opened"} <= kinds
    altered = [line.replace(b"eligibility.card", b"eligibility.cart") for line in lines]
    assert verify(altered, Trust(verification_keys(fund.state.settings))).findings
    assert verify(lines[:2] + lines[3:], Trust(verification_keys(fund.state.settings))).findings, (
        "one left out"
    )


async def test_a_record_that_was_altered_is_named_on_the_page(
    fund: Fund, patient: Person, browser: OwnBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sequence(fund)
    monkeypatch.setattr("eligibility_api.portal.proofs.commitment", lambda salt, text: b"x" * 32)
    page = words_of(await browser.get("/portal/accesses"))
    assert "この記録は、書き込まれたときと異なります" in page
    assert "確認済み" not in page


async def test_before_the_first_checkpoint_of_her_records_there_is_no_file(
    fund: Fund, patient: Person, browser: OwnBrowser
) -> None:
    response = await browser.post("/portal/accesses/file")
    assert response.status_code == 503
    assert "own-proofs-pending" in response.text
    assert "まもなく確認できます" in words_of(await browser.get("/portal/accesses"))


async def test_evidence_of_another_persons_record_is_not_hers_to_read(
    fund: Fund, patient: Person, browser: OwnBrowser
) -> None:
    """The database's function itself refuses: not the page that calls it."""
    other = await fund.insured()
    await fund.tap(other.card)
    foreign = await newest_record(fund, "eligibility.card")
    assert browser.token is not None
    statement = "SELECT * FROM own_evidence($1, $2)"
    own = digest_of(browser.token)
    assert await fund.state.database.fetch(statement, [own, [foreign["record_id"]]]) == []
    assert await fund.state.database.fetch(statement, [b"x" * 32, [foreign["record_id"]]]) == []


# -- Its database rights ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recorded", [None, "another person", "refused", "the person"])
async def test_a_program_that_makes_its_own_code_reads_nothing_without_a_record_of_it(
    fund: Fund, patient: Person, recorded: str | None
) -> None:
    """Taken over, the API can list a person's accesses only by a record that stands in that list for good."""
    [own] = await fund.owner.fetch("SELECT * FROM own_access ORDER BY made_at DESC LIMIT 1", ())
    person_key, other = own["person_key"], b"another person's"
    columns = [own["authority"], own["serial"], own["institution_code"], own["client_id"]]
    forged = "made by a program" + str(recorded)
    fetch = fund.state.database.fetch
    record_id = uuid4()
    if recorded is not None:
        outcome = "card-not-usable" if recorded == "refused" else "answered"
        named = other if recorded == "another person" else person_key
        [record] = await fetch(
            "INSERT INTO audit_record (kind, outcome, person_key, authority, serial, institution_code, client_id)"
            " VALUES ('own-access.code', $1, $2, $3, $4, $5, $6) RETURNING record_id",
            [outcome, named, *columns],
        )
        record_id = record["record_id"]
    await fetch(
        "INSERT INTO own_access (code_digest, record_id, person_key, authority, serial, institution_code, client_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [digest_of(forged), record_id, person_key, *columns],
    )
    kinds = ["own-access.code", "own-access.opened"]
    listed = await fetch("SELECT * FROM accesses_of_code($1, 10, $2)", [digest_of(forged), kinds])
    [opened] = await fetch(
        "SELECT * FROM open_own_access($1, $2)", [digest_of(forged), digest_of(forged + "!")]
    )
    assert (bool(listed), opened["outcome"] == "opened") == ((recorded == "the person"),) * 2
    if recorded == "the person":
        assert record_id in {row["record_id"] for row in listed}


async def test_the_api_role_cannot_read_own_accesses_or_reopen_them(fund: Fund, patient: Person) -> None:
    for statement in (
        "SELECT person_key FROM own_access",
        "SELECT code_digest FROM own_access",
        "UPDATE own_access SET opened_at = NULL",
        "DELETE FROM own_access",
        "SELECT * FROM accesses_to('\\x00', now(), gen_random_uuid(), 1, '{}')",
    ):
        with pytest.raises(Exception, match="permission denied"):
            await fund.state.database.fetch(statement, [])
