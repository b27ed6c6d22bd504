"""The session of a patient's own page: how long it lasts, what ends it, and what cannot take it over."""

from __future__ import annotations

import pytest

from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.own_access import SESSION_LIFE, digest_of, read_code
from tests.builders.consents import protect
from tests.builders.fund import Fund
from tests.builders.own_page import SESSION_COOKIE, OwnBrowser, code_for, outcomes, own_browser, words_of
from tests.builders.people import Person

pytestmark = pytest.mark.anyio


async def test_a_session_lasts_fifteen_minutes_from_its_opening(fund: Fund, patient: Person) -> None:
    """Rule O2."""
    [row] = await fund.owner.fetch(
        "SELECT session_until - opened_at AS life FROM own_access ORDER BY opened_at DESC NULLS LAST LIMIT 1",
        [],
    )
    assert row["life"] == SESSION_LIFE


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
