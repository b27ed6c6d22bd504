"""Fixtures of the browser tests: one browser and its pages for a process, the reader, the pictures of a failed step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from clinic_terminal.pages.app import pages
from tests.builders.browser import (
    CHROMIUM,
    DESK,
    PHONE,
    Windows,
    faults_of,
    keep_failure,
    new_page,
    open_browser,
    violations,
)
from tests.builders.clinic.desk import Desk, served_desk
from tests.builders.clinic.desk_steps import log_in
from tests.builders.clinic.reader_rig import ReaderRig, reader_rig
from tests.builders.clinic.reader_steps import READER, at

_BROWSER = pytest.StashKey[Browser]()
_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:  # the hook's own type is a generator
    """Keep the pictures of a failed step before the fixtures close its pages."""
    report = yield
    if call.when == "call" and call.excinfo is not None and _BROWSER in item.config.stash:
        item.stash[_FAILED] = True
        keep_failure(item.config.stash[_BROWSER], item.name)
    return report


@pytest.fixture(scope="package")
def browser(pytestconfig: pytest.Config) -> Iterator[Browser]:
    """The browser of all files that this process runs: to start one takes longer than most tests."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: the browser tests are skipped")
    with open_browser() as opened:
        pytestconfig.stash[_BROWSER] = opened
        yield opened
        del pytestconfig.stash[_BROWSER]


@pytest.fixture(scope="package")
def windows(browser: Browser) -> Windows:
    """The pages that the tests of this process use one after another."""
    return Windows(browser)


@pytest.fixture
def page(request: pytest.FixtureRequest, windows: Windows) -> Iterator[Page]:
    """A page of the desk's size, without cookies."""
    yield from _used(request, windows.clean("page", DESK))


@pytest.fixture
def phone(request: pytest.FixtureRequest, windows: Windows) -> Iterator[Page]:
    """A page of a phone's size, without cookies and apart from `page`."""
    yield from _used(request, windows.clean("phone", PHONE))


@pytest.fixture
def plain_page(request: pytest.FixtureRequest, windows: Windows) -> Iterator[Page]:
    """A page of the desk's size that runs no script."""
    yield from _used(request, windows.clean("plain", DESK, java_script_enabled=False))


@pytest.fixture
def own_page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page that no other test gets: for clocks and listeners, which stay with a page."""
    opened = new_page(browser)
    yield from _used(request, opened)
    opened.context.close()


def _used(request: pytest.FixtureRequest, page: Page) -> Iterator[Page]:
    yield page
    if not request.node.stash.get(_FAILED, False):
        assert faults_of(page) == []


@pytest.fixture(scope="package")
def desk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The reception's desk. It asks for the browser first: without one, nothing is started."""
    with served_desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


@pytest.fixture(scope="package")
def desk_session(desk: Desk, windows: Windows) -> Any:
    """The cookies of the reception, logged in once for all tests: another log-in would end it."""
    page = windows.clean("page", DESK)
    log_in(desk, page)
    assert violations(page) == []
    return page.context.cookies()


@pytest.fixture
def reception(desk: Desk, page: Page, desk_session: Any) -> Iterator[Page]:
    """A page in which the reception is logged in."""
    page.context.add_cookies(desk_session)
    yield page
    desk.gate.set()


@pytest.fixture(scope="package")
def served_reader(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ReaderRig, str]]:
    """A card reader that is watched, and the address of its screen."""
    with reader_rig(tmp_path_factory.mktemp("reader"), reader_volume=40) as rig, pages(rig.pages, 0) as url:
        yield rig, f"{url}/reader"


@pytest.fixture(scope="package")
def display(browser: Browser) -> Iterator[Page]:
    """The page on the reader's display."""
    opened = new_page(browser, READER)
    yield opened
    opened.context.close()


@pytest.fixture
def rig(served_reader: tuple[ReaderRig, str]) -> Iterator[ReaderRig]:
    """The reader, empty and in order again after the test."""
    rig, _ = served_reader
    yield rig
    rig.fund.failures.clear()
    rig.fund.answers.clear()
    rig.fund.unregistered = False
    rig.empty()


@pytest.fixture
def reader_url(served_reader: tuple[ReaderRig, str]) -> str:
    """The address of the reader's screen."""
    return served_reader[1]


@pytest.fixture
def screen(display: Page, rig: ReaderRig, reader_url: str) -> Iterator[Page]:
    """The reader's page, loaded anew and waiting for a card."""
    display.goto(reader_url)
    at(display, "idle")
    yield display
    assert faults_of(display) == []
