"""One-time codes of the patient's own page: made at terminals with the right, and opened once."""

from __future__ import annotations

import asyncio
from functools import partial
from operator import mod

import pytest

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.durations import CODE_LIFE
from eligibility_api.contract.own_access import OWN_ACCESS_PATH
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.own_access import digest_of, new_code, read_code
from tests.builders.consents import newest_record, protect
from tests.builders.fund import Fund
from tests.builders.own_page import (
    FEW_GUESSES,
    RIGHTS,
    SESSION_COOKIE,
    OwnBrowser,
    code_for,
    outcomes,
    own_access,
    own_browser,
    words_of,
)

pytestmark = pytest.mark.anyio


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
