"""The OpenAPI document over HTTP: compressed, and sent once to who keeps it."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2
import pytest
from fastapi import FastAPI, Request, Response

from eligibility_api.web.description.served import DESCRIPTION_PATH, ServedDescription, accepts_gzip

pytestmark = pytest.mark.anyio

DOCUMENT = {"openapi": "3.1.0", "info": {"title": "資格確認" * 100}}


async def get(headers: Mapping[str, str]) -> httpx2.Response:
    app, served = FastAPI(openapi_url=None), ServedDescription(DOCUMENT)

    @app.get(DESCRIPTION_PATH)
    async def description(request: Request) -> Response:
        return served.respond(request)

    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://fund") as http:
        return await http.get(DESCRIPTION_PATH, headers={"Accept-Encoding": "identity"} | dict(headers))


async def test_a_client_that_accepts_gzip_gets_the_same_document_smaller() -> None:
    plain, compressed = await get({}), await get({"Accept-Encoding": "br, gzip"})
    assert plain.json() == compressed.json() == DOCUMENT
    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert int(compressed.headers["content-length"]) < int(plain.headers["content-length"]) / 10
    assert plain.headers["vary"] == compressed.headers["vary"] == "Accept-Encoding"


async def test_each_form_has_a_tag_of_its_own_and_is_sent_once() -> None:
    forms: list[Mapping[str, str]] = [{}, {"Accept-Encoding": "gzip"}]
    tags = [(await get(form)).headers["etag"] for form in forms]
    assert len(set(tags)) == 2
    for form, tag in zip(forms, tags, strict=True):
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = await get({**form, "If-None-Match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert (await get({**form, "If-None-Match": '"other"'})).status_code == 200


async def test_the_same_document_is_the_same_bytes() -> None:
    first, second = [await get({"Accept-Encoding": "gzip"}) for _ in range(2)]
    assert first.headers["etag"] == second.headers["etag"]
    assert first.content == second.content != b""


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("", False),
        ("identity", False),
        ("gzip", True),
        ("GZIP", True),
        ("br, gzip;q=0.5", True),
        ("gzip; q=1.0", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("xgzip", False),
        ("*", False),
    ],
)
def test_gzip_is_accepted_if_it_is_named_with_a_weight(text: str, accepted: bool) -> None:
    assert accepts_gzip(text) is accepted
