"""A real browser for tests: Debian's Chromium under Playwright, with accessibility checks and pictures."""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

import pylopdf_fonts_jp
import uvicorn
from axe_playwright_python.base import AXE_SCRIPT
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from starlette.types import ASGIApp

from screens.web.server import HOST, config_of
from tests.builders.screen_checks import misfits
from tests.depth import DEEP

_CHROMIUMS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
CHROMIUM = next((path for path in _CHROMIUMS if path.exists()), None)
"""Debian's Chromium, if it is installed: the build that opens no windows takes two thirds of the processor time."""
ROOT = Path(__file__).parents[2]
FAILURES = ROOT / "var" / "browser"
"""Where the pictures of a failed step are kept."""

PICTURES = os.environ.get("SHIKAKU_PICTURES")
"""The folder to which pictures of screens are written, if they are asked for: `make pictures`."""

DESK = (1366, 768)
PHONE = (360, 740)
EVERY_SIZE = (DESK, (1024, 600), (800, 1280), PHONE)
ZOOMED = (683, 384)
"""1366 × 768 at 200 % zoom."""

SIZES = (*(EVERY_SIZE if DEEP else (DESK, PHONE)), ZOOMED)
"""The sizes at which a screen is checked; those between the widest and the narrowest in `make deep` only."""

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--lang=ja",
)  # fmt: skip
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{folder}</dir></fontconfig>"""
_MAX_COLOURS = 64
_TIMEOUT_MS = 15_000
_RUN_AXE = """async ([most, contrast]) => {
  for (const moving of document.getAnimations())  // colours are between two until its end
    if (moving.effect.getComputedTiming().endTime !== Infinity) moving.finish();
  const further = [...document.querySelectorAll("table, tbody, ol, ul")].flatMap(list => [...list.children].slice(most)).filter(one => !one.hidden);
  for (const one of further) one.hidden = true;
  try {
    const {violations} = await axe.run({resultTypes: ["violations"], preload: false, rules: {"color-contrast": {enabled: contrast}}});
    return violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.target} ${node.failureSummary}`));
  } finally {
    for (const one of further) one.hidden = false;
  }
}"""
_MAX_ROWS = 10_000 if DEEP else 12
"""So many rows of a list or table axe looks at: the further ones are built alike, and cost a long page two seconds."""


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A headless browser with a new, empty profile. Only while it is open, no other event loop runs here.

    Beside the system's fonts it has that of the papers: BIZ UDPGothic lacks rare characters such as 𠮷.
    """
    expect.set_options(timeout=_TIMEOUT_MS)
    with sync_playwright() as playwright, TemporaryDirectory() as folder:
        fonts = Path(folder) / "fonts.conf"
        fonts.write_text(_FONTS.format(folder=Path(pylopdf_fonts_jp.sans_path()).parent))
        environment: dict[str, str | float | bool] = {**os.environ, "FONTCONFIG_FILE": str(fonts)}
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS), env=environment)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an application, without its lifespan, in a thread; yields the base URL."""
    server = uvicorn.Server(config_of(app))
    server.config.host, server.config.port, server.config.lifespan = HOST, 0, "off"
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    waited = Event()
    while not server.started and thread.is_alive():
        waited.wait(0.01)
    yield f"http://{HOST}:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def new_page(browser: Browser, size: tuple[int, int] = DESK, **options: Any) -> Page:
    """A page with cookies of its own. An error of its script, or of its CSP, is kept in `faults_of`."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="ja-JP", **options)
    context.set_default_timeout(_TIMEOUT_MS)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    _FAULTS[page] = faults
    return page


_FAULTS: dict[Page, list[str]] = {}


def faults_of(page: Page) -> list[str]:
    """What the browser reported about a page's scripts and policies; a page's own refusal is no fault."""
    return [fault for fault in _FAULTS[page] if not fault.startswith("Failed to load resource")]


class Windows:
    """Pages that tests use one after another: to open one, with a process of its own, takes a second of the processor."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._pages: dict[str, Page] = {}

    def clean(self, name: str, size: tuple[int, int], **options: Any) -> Page:
        """The page of this name as a new one would be: of this size, without cookies, rights or faults.

        It shows what the former test left until this one opens its own: to show nothing in between would take another process of the
        browser, which costs as much as three pages.
        """
        page = self._pages.get(name)
        if page is None:
            page = self._pages[name] = new_page(self._browser, size, **options)
            return page
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(media="null", forced_colors="null", reduced_motion="null")
        page.context.clear_cookies()
        page.context.clear_permissions()
        _FAULTS[page].clear()
        return page


def reload_until(page: Page, part: Locator) -> None:
    """Load the page again until it has a part, for at most fifteen seconds."""
    deadline = time.monotonic() + _TIMEOUT_MS / 1000
    while not part.count() and time.monotonic() < deadline:
        page.reload()


def run_until(page: Page, part: Locator, *, shown: bool = True, step: str = "00:01") -> None:
    """Let the page's own clock run until a part is shown, or is gone, for at most fifteen seconds of the test's."""
    deadline = time.monotonic() + _TIMEOUT_MS / 1000
    while bool(part.count()) is not shown and time.monotonic() < deadline:
        page.clock.fast_forward(step)
    expect(part).to_have_count(1 if shown else 0)


def violations(page: Page) -> list[str]:
    """What axe finds on a page: rules of WCAG 2.2 A and AA, and best practices, with the elements.

    By day without the contrasts, which take axe more time than all else: tests/unit/screens/test_tokens.py has those of the colours.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(_RUN_AXE, [_MAX_ROWS, DEEP])
    assert isinstance(found, list)
    return found


@contextmanager
def processor_time(page: Page) -> Iterator[Callable[[], float]]:
    """Yields the seconds of a processor that the page's own thread has worked since; a busy machine changes them little."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        [value] = [
            float(one["value"])
            for one in session.send("Performance.getMetrics")["metrics"]
            if one["name"] == "TaskDuration"
        ]
        return value

    yield spent
    session.detach()


def fonts_of(page: Page, selector: str) -> set[str]:
    """The families of the fonts with whose glyphs an element is drawn."""
    session = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        session.send(f"{domain}.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    session.detach()
    return {font["familyName"] for font in fonts}


def misfits_at(page: Page, size: tuple[int, int]) -> list[str]:
    """What a window of this size cuts off, breaks or makes too small (`screen_checks`)."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    return misfits(page)


def assert_clean(page: Page) -> None:
    """Hold a screen: axe finds nothing, and no size cuts anything off. The window keeps its own size."""
    found = violations(page)
    assert found == [], found
    assert_whole(page)


def assert_whole(page: Page, *sizes: tuple[int, int]) -> None:
    """Hold that no size cuts anything off: the window's own, `SIZES`, and these."""
    former = page.viewport_size
    assert former is not None
    own = (former["width"], former["height"])
    for size in dict.fromkeys((own, *SIZES, *sizes)):
        found = misfits_at(page, size) if size != own else misfits(page)
        assert found == [], (size, found)
    page.set_viewport_size(former)


def keep_failure(browser: Browser, test: str) -> None:
    """Keep a picture of each open page, when a step of a test failed."""
    FAILURES.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"\W+", "-", test)
    for number, page in enumerate(page for context in browser.contexts for page in context.pages):
        page.screenshot(path=FAILURES / f"{name}-{number}.png", full_page=True)


def picture(page: Page, name: str, sizes: Sequence[tuple[int, int]] = EVERY_SIZE) -> None:
    """Keep a picture of the screen for the documents, if pictures are asked for.

    `make deep` holds the screen at each of the sizes and contrasts; with SHIKAKU_PICTURES it keeps a picture of each too.
    """
    if PICTURES is not None:
        _save(page, name, ROOT / PICTURES)
    if DEEP:
        _hold_everywhere(page, name, sizes)


def _hold_everywhere(page: Page, name: str, sizes: Sequence[tuple[int, int]]) -> None:
    former = page.viewport_size
    assert former is not None
    contrast = page.locator("html").get_attribute("data-contrast")
    for shown in ("normal", "high"):
        page.evaluate("contrast => { document.documentElement.dataset.contrast = contrast; }", shown)
        for size in sizes:
            found = misfits_at(page, size)
            assert found == [], (name, shown, size, found)
            if PICTURES is not None:
                path = ROOT / PICTURES / f"{name}-{size[0]}x{size[1]}-{shown}.png"
                page.screenshot(path=path, full_page=True, animations="disabled")
        found = violations(page)
        assert found == [], (name, shown, found)
    page.evaluate("contrast => { document.documentElement.dataset.contrast = contrast; }", contrast)
    page.set_viewport_size(former)


def _save(page: Page, name: str, folder: Path) -> None:
    """Keep a picture that takes little room, as the documents' do."""
    folder.mkdir(parents=True, exist_ok=True)
    image = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    image.convert("RGB").quantize(_MAX_COLOURS).save(folder / f"{name}.png", optimize=True)
