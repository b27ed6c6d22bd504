"""A patient with her own page: the code that a terminal obtains, and a browser without a window that opens it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from html import unescape
from typing import Any

import httpx2

from eligibility_api.contract.codes import Purpose, Right
from eligibility_api.contract.own_access import OWN_ACCESS_PATH
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.dates import day_in_japan
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_CLINIC
from tests.builders.people import Person

ORIGIN = "https://fund.test"
ONLINE_PAGE = "/portal/online"
SESSION_COOKIE = "__Host-shikaku-portal"
RIGHTS = (Right.ELIGIBILITY, Right.REGISTRATION, Right.CONSENT, Right.OWN_ACCESS)
FEW_GUESSES = 3
"""The guesses of an hour that the fund of the tests lets pass."""


async def own_access(fund: Fund, person: Person, terminal: Credential) -> httpx2.Response:
    """The answer to a terminal's request for a code."""
    proof = await fund.proof(person.card, Purpose.OWN_ACCESS, terminal)
    return await fund.post(OWN_ACCESS_PATH, proof, terminal)


async def code_for(fund: Fund, person: Person, terminal: Credential) -> str:
    """A new code for a person."""
    response = await own_access(fund, person, terminal)
    assert response.status_code == 201, response.text
    return str(response.json()["code"])


@dataclass
class OwnBrowser:
    """A browser on a device of the patient's own: it keeps cookies, and says from which page a form was sent."""

    http: httpx2.AsyncClient

    async def get(self, path: str) -> httpx2.Response:
        """A page."""
        return await self.http.get(path)

    async def post(
        self,
        path: str,
        form: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """What a form sends."""
        sent = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", **(headers or {})}
        return await self.http.post(path, data=form or {}, headers=sent)

    async def open(self, code: str) -> httpx2.Response:
        """Enter a code."""
        return await self.post("/portal/", {"code": code})

    @property
    def token(self) -> str | None:
        """The session's token that the browser keeps."""
        return self.http.cookies.get(SESSION_COOKIE)


@asynccontextmanager
async def own_browser(fund: Fund, address: str = "192.0.2.1") -> AsyncIterator[OwnBrowser]:
    """A browser with an address of its own."""
    transport = httpx2.ASGITransport(fund.app, raise_app_exceptions=False, client=(address, 50_000))
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as http:
        yield OwnBrowser(http)


def words_of(response: httpx2.Response) -> str:
    """The text of a page without its markup."""
    body = re.sub(r"<(head|script|svg|option)\b.*?</\1>", " ", response.text, flags=re.DOTALL)
    body = re.sub(r'<span class="whole">([^<]*)</span>', r"\1", body)
    return unescape(re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", body)))


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
    shown = await browser.post(ONLINE_PAGE, form)
    assert shown.status_code == 200, words_of(shown)
    fields = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown.text)
    assert fields, words_of(shown)
    sent: dict[str, Any] = {"act": act, "information": []}
    for name, value in fields:
        if name == "information":
            sent[name].append(value)
        else:
            sent[name] = unescape(value)
    return words_of(await browser.post(ONLINE_PAGE, sent))


async def outcomes(fund: Fund, person: Person, kind: str) -> list[str]:
    """The outcomes of the records of a kind about a person, oldest first."""
    key = (
        await fund.owner.fetch(
            "SELECT e.person_key FROM enrolment e WHERE e.number = $1 AND e.person_key IS NOT NULL LIMIT 1",
            [person.resident.resident_id[1:]],
        )
    )[0]["person_key"]
    return [record["outcome"] for record in await fund.records("kind = $1 AND person_key = $2", kind, key)]
