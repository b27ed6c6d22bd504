"""The page of errors: every code, and what causes it."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx2
import pytest

from eligibility_api.contract.errors import CATALOGUE, ErrorKind
from eligibility_api.sandbox import faults
from sandbox.app import create_app
from sandbox.console import Console
from sandbox.errors import MAX_PERSONS, ErrorRow, error_rows
from sandbox.services import FundSandbox, VirtualReader
from tests.builders.console import FUND_URL, HOSTILE, ScriptedServices, all_persons, console_of

URL = "http://127.0.0.1:8700"
PERSONS = all_persons()
REFUSALS = {str(fault): code for fault, code in faults.REFUSALS.items()}


def rows(text: str = "") -> dict[str, ErrorRow]:
    return {row.entry.code: row for found in error_rows(PERSONS, REFUSALS, text).values() for row in found}


def test_every_code_is_listed_once_under_its_kind() -> None:
    found = error_rows(PERSONS, REFUSALS)
    # Problems between card and reader are the terminal's.
    assert set(found) == set(ErrorKind) - {ErrorKind.CARD}
    assert all(row.entry.kind is kind for kind, listed in found.items() for row in listed)
    assert set(rows()) == set(CATALOGUE)
    assert sum(map(len, found.values())) == len(CATALOGUE)


def test_a_code_names_persons_who_get_it() -> None:
    named = {code: row for code, row in rows().items() if row.persons}
    assert len(named) > 3
    for code, row in named.items():
        assert all(code in person.answers() for person in PERSONS.persons if person.id in row.persons), code
        getting = len([person for person in PERSONS.persons if code in person.answers()])
        assert (len(row.persons), row.more) == (min(getting, MAX_PERSONS), getting > MAX_PERSONS)


def test_every_fault_that_refuses_stands_at_its_code() -> None:
    assert {fault for row in rows().values() for fault in row.faults} == set(REFUSALS)
    assert rows()["database-unavailable"].faults == ("database-away",)


@pytest.mark.parametrize(
    ("text", "code"), [("CHALLENGE-EXP", "challenge-expired"), ("暗証番号", None), ("nonce of no code", None)]
)
def test_codes_are_found_by_code_or_sentence(text: str, code: str | None) -> None:
    found = rows(text)
    assert len(found) < len(CATALOGUE)
    assert code is None or set(found) == {code}


class Links(HTMLParser):
    """The addresses of a page's links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def http_of(console: Console) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(create_app(console), client=("127.0.0.1", 50_000))
    return httpx2.AsyncClient(transport=transport, base_url=URL)


@pytest.mark.anyio
async def test_the_page_links_persons_faults_and_the_page_of_each_code() -> None:
    async with http_of(console_of(ScriptedServices())) as http:
        page = (await http.get("/console/errors")).text
        searched = (await http.get("/console/errors", params={"text": HOSTILE})).text
    links = set(Links(page).found)
    assert {f"{FUND_URL}/problems/{code}" for code in CATALOGUE} <= links
    assert f"{FUND_URL}/docs" in links
    named = next(row for row in rows().values() if row.persons)
    assert f"/console?text={named.persons[0]}&answer={named.entry.code}" in links
    assert "当てはまるコードはありません" in searched
    assert HOSTILE not in searched


@pytest.mark.anyio
async def test_a_card_goes_into_the_reader_that_was_chosen() -> None:
    services = [ScriptedServices(), ScriptedServices()]
    readers = [
        VirtualReader(name, f"http://{number}.test", lambda one=one: httpx2.MockTransport(one.terminal))  # type: ignore[misc]
        for number, (name, one) in enumerate(zip(("架空診療所", "見本薬局"), services, strict=True))
    ]
    fund = FundSandbox(FUND_URL, lambda: httpx2.MockTransport(services[0].fund))
    async with http_of(Console(fund, readers, PERSONS)) as http:
        page = (await http.get("/console", params={"text": "P01-valid"})).text
        form = {"reader": "1", "card": "P01-valid"}
        response = await http.post("/console/card", data=form, headers={"Origin": URL})
    assert ("架空診療所に置く" in page, "見本薬局に置く" in page) == (True, True)
    assert response.status_code == 303
    assert [one.placed for one in services] == [None, "P01-valid"]
