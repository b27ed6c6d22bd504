"""`/docs` of a sandbox in a browser: the interface is shown and tried, with nothing from another host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from eligibility_api.app import build
from eligibility_api.sandbox.app import add_sandbox
from eligibility_api.sandbox.store import SandboxStore
from tests.builders.browser import serving
from tests.depth import at_night

LOADED_MS = 30_000
"""Swagger UI is a large script: on a busy machine it takes seconds to draw the document."""


def never_opened() -> AbstractAsyncContextManager[Any]:
    raise AssertionError("nothing here needs the fund's state")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    app = add_sandbox(build(never_opened), SandboxStore(tmp_path_factory.mktemp("docs")))
    with serving(app) as base:
        yield base


@at_night("Swagger UI takes ten seconds of a processor; the next test has its policy and files")
def test_the_interface_is_read_and_tried_without_another_host_and_nothing_inline(
    own_page: Page, url: str
) -> None:
    page = own_page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{url}/docs#/eligibility/checkEligibilityByNumber")
    expect(page.get_by_text("試験環境です。")).to_be_visible()
    expect(page.get_by_text("資格確認：カード、目視確認", exact=False)).to_be_visible(timeout=LOADED_MS)

    # The example of a test person is what is sent.
    chosen = page.locator("#operations-eligibility-checkEligibilityByNumber")
    expect(chosen).to_contain_text("P01-valid", timeout=LOADED_MS)
    expect(chosen.locator(".opblock-section-request-body")).to_contain_text('"number": "7701"')

    page.locator("#operations-tag-operation").click()
    health = page.locator("#operations-operation-getHealth")
    health.locator(".opblock-summary-control").click()
    health.get_by_role("button", name="Try it out").click()
    health.get_by_role("button", name="Execute").click()
    answer = health.locator(".live-responses-table tbody .response-col_description")
    expect(answer.first).to_contain_text('"status": "ok"', timeout=LOADED_MS)
    own = [address for address in asked if not address.startswith("data:")]
    assert len(own) >= 5
    assert all(address.startswith(url) for address in own)


def test_the_page_allows_its_own_files_alone_and_has_them(url: str) -> None:
    with httpx2.Client(base_url=url) as http:
        page = http.get("/docs")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
        assert "unsafe" not in policy
        files = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert len(files) == 3
        assert [http.get(file).status_code for file in files] == [200] * 3


@pytest.mark.parametrize("name", ["swagger-ui-bundle.map", "..%2Fstore.py", "__init__.py", "x" * 300])
def test_no_other_file_is_served(url: str, name: str) -> None:
    with httpx2.Client(base_url=url) as http:
        answer = http.get(f"/docs/{name}")
    assert answer.status_code in {404, 422}
    assert "import" not in answer.text
