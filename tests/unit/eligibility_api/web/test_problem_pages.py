"""The pages that the `type` of a problem leads to."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from eligibility_api.contract.errors import CATALOGUE, CatalogueEntry, ErrorKind, Problem, ShikakuError
from eligibility_api.web.problem_pages import KINDS, html, router
from eligibility_api.web.problems import install_error_handlers
from scripts import problem_docs

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def app() -> FastAPI:
    made = FastAPI()
    made.include_router(router)
    install_error_handlers(made)
    return made


async def get(app: FastAPI, path: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://fund") as http:
        return await http.get(path)


class Texts(HTMLParser):
    """The texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.found.append(data)


async def test_the_type_of_every_problem_is_a_page_with_its_sentences(app: FastAPI) -> None:
    assert CATALOGUE
    for code, entry in CATALOGUE.items():
        page = await get(app, Problem.of(ShikakuError(code)).type)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8"), code
        assert {code, entry.ja, entry.en, entry.engineer, *KINDS[entry.kind]} <= set(
            Texts(page.text).found
        ), code


async def test_a_page_runs_and_loads_nothing(app: FastAPI) -> None:
    headers = (await get(app, "/problems/challenge-expired")).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "code", ["unknown", "<script>", "challenge-expired%00", "CHALLENGE-EXPIRED", "x" * 60]
)
async def test_another_text_is_not_found_and_not_repeated(app: FastAPI, code: str) -> None:
    answer = await get(app, f"/problems/{code}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert code not in answer.text


async def test_a_text_longer_than_any_code_is_not_looked_up(app: FastAPI) -> None:
    assert max(map(len, CATALOGUE)) <= 60
    answer = await get(app, f"/problems/{'x' * 61}")
    assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid")


def test_a_text_is_not_markup() -> None:
    entry = CatalogueEntry("a-code", ErrorKind.REQUEST, 400, "<b>", '"&', "</p><script>")
    assert {"<b>", '"&', "</p><script>"} <= set(Texts(html(entry)).found)


def test_every_kind_has_a_meaning() -> None:
    assert set(KINDS) == set(ErrorKind)


def test_the_documents_cover_every_code_and_name_its_operations() -> None:
    response: dict[str, Any] = {"content": {"application/problem+json": {"examples": {"challenge-used": {}}}}}
    shared: dict[str, Any] = {"content": {"application/problem+json": {"examples": {"internal": {}}}}}
    document: dict[str, Any] = {
        "paths": {"/v1/a": {"post": {"responses": {"409": response}}}},
        "components": {"responses": {"AnyProblem": shared}},
    }
    page = problem_docs.page("challenge-used", document)
    assert "| `POST /v1/a` |" in page
    assert "`/problems/challenge-used`" in page
    assert CATALOGUE["challenge-used"].ja in page
    index = problem_docs.index()
    assert all(f"({code}.md)" in index for code in CATALOGUE)
    assert list(problem_docs.operations("challenge-expired", document)) == []
    assert list(problem_docs.operations("internal", document)) == ["any / すべて"]
