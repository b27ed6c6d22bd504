"""Fixtures of the browser tests: a browser per file, a page per test, the picture of a failed step."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.builders.browser import CHROMIUM, FAILURES, faults_of, new_page, open_browser

_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:  # the hook's own type is a generator
    """Note whether a test failed, for the fixture that takes the picture."""
    report = yield
    if call.when == "call":
        item.stash[_FAILED] = call.excinfo is not None
    return report


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The file's browser."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: the browser tests are skipped")
    with open_browser() as opened:
        yield opened


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page of the desk's size. If the test fails, its picture stays in `var/browser`."""
    opened = new_page(browser)
    yield opened
    if request.node.stash.get(_FAILED, False):
        FAILURES.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"\W+", "-", request.node.name)
        opened.screenshot(path=FAILURES / f"{name}.png", full_page=True)
    else:
        assert faults_of(opened) == []
    opened.context.close()
