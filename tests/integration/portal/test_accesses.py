"""What a patient reads on her own page: her own information, who looked at it, the evidence; and the database's rights."""

from __future__ import annotations

import json
from uuid import uuid4

import httpx2
import pytest

from eligibility_api.audit.verifier import Trust, verify
from eligibility_api.audit_log.checkpoint_keys import verification_keys
from eligibility_api.contract.codes import Role
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.own_access import digest_of
from eligibility_api.merkle_log.exports import Record, decode
from tests.builders.audit_log import sequence
from tests.builders.consents import newest_record, registered_consent
from tests.builders.emergencies import NOTE, ask, early_in_a_time_step, emergency_terminal, identified
from tests.builders.fund import Fund
from tests.builders.own_page import OwnBrowser, code_for, own_browser, words_of
from tests.builders.people import Person
from tests.builders.staff import Authenticator, as_staff

pytestmark = pytest.mark.anyio


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
