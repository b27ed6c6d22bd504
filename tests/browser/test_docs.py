"""`/docs` of a sandbox in a browser: the interface is shown and tried, with nothing from another host."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx2
import pytest
import uvicorn
from playwright.sync_api import Page, expect

from eligibility_api.app import build
from eligibility_api.sandbox.app import add_sandbox
from eligibility_api.sandbox.store import SandboxStore

HOST = "127.0.0.1"
LOADED_MS = 30_000
"""Swagger UI is a large script: on a busy machine it takes seconds to draw the document."""


def never_opened() -> AbstractAsyncContextManager[Any]:
    raise AssertionError("nothing here needs the fund's state")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    app = add_sandbox(build(never_opened), SandboxStore(tmp_path_factory.mktemp("docs")))
    server = uvicorn.Server(uvicorn.Config(app, host=HOST, port=0, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    waited = threading.Event()
    while not server.started and thread.is_alive():
        waited.wait(0.01)
    yield f"http://{HOST}:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def test_the_interface_is_read_and_tried_without_another_host(page: Page, url: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{url}/docs")
    expect(page.get_by_text("試験環境です。")).to_be_visible()
    expect(page.get_by_text("資格確認：カード、目視確認", exact=False)).to_be_visible(timeout=LOADED_MS)
    page.locator("#operations-tag-operation").click()
    page.locator("#operations-operation-getHealth .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    answer = page.locator(".live-responses-table tbody .response-col_description")
    expect(answer.first).to_contain_text('"status": "ok"', timeout=LOADED_MS)
    own = [address for address in asked if not address.startswith("data:")]
    assert len(own) >= 5
    assert all(address.startswith(url) for address in own)


def test_the_example_of_a_test_person_is_what_is_sent(page: Page, url: str) -> None:
    page.goto(f"{url}/docs#/eligibility/checkEligibilityByNumber")
    chosen = page.locator("#operations-eligibility-checkEligibilityByNumber")
    expect(chosen).to_contain_text("P01-valid", timeout=LOADED_MS)
    expect(chosen.locator(".opblock-section-request-body")).to_contain_text('"number": "7701"')


def test_nothing_inline_may_run(page: Page, url: str) -> None:
    """The policy is in force: what the page would have to run inline does not."""
    response = page.goto(f"{url}/docs")
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["swagger-ui-bundle.map", "..%2Fstore.py", "__init__.py", "x" * 300])
def test_no_other_file_is_served(url: str, name: str) -> None:
    with httpx2.Client(base_url=url) as http:
        answer = http.get(f"/docs/{name}")
    assert answer.status_code in {404, 422}
    assert "import" not in answer.text
