"""A real browser for tests: Debian's Chromium under Playwright, with pictures and accessibility checks."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.depth import DEEP

CHROMIUM = Path("/usr/bin/chromium")
ROOT = Path(__file__).parents[2]
FAILURES = ROOT / "var" / "browser"
"""Where the picture of a failed step is kept."""

PICTURES = os.environ.get("SHIKAKU_PICTURES")
"""The folder to which pictures of screens are written, if they are asked for: `make pictures`."""

DESK = (1366, 768)
PHONE = (360, 740)
SIZES = (DESK, (1024, 600), (800, 1280), PHONE) if DEEP else (DESK, PHONE)
"""The sizes at which a screen is checked; those between the widest and the narrowest in `make deep` only."""

ZOOMED = (683, 384)
"""1366 × 768 at 200 % zoom."""

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--lang=ja",
)  # fmt: skip
_MAX_COLOURS = 64
_TIMEOUT_MS = 15_000


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A headless browser with a new, empty profile. Only while it is open, no other event loop runs here."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


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


def picture(page: Page, name: str) -> None:
    """Keep a picture of the screen for the documents, if pictures are asked for."""
    if PICTURES is None:
        return
    folder = ROOT / PICTURES
    folder.mkdir(parents=True, exist_ok=True)
    image = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    image.convert("RGB").quantize(_MAX_COLOURS).save(folder / f"{name}.png", optimize=True)


def reload_until(page: Page, part: Locator) -> None:
    """Load the page again until it has a part, for at most fifteen seconds."""
    deadline = time.monotonic() + _TIMEOUT_MS / 1000
    while not part.count() and time.monotonic() < deadline:
        page.reload()


def violations(page: Page) -> list[str]:
    """What axe finds on a page: rules of WCAG 2.2 A and AA, and best practices, with the elements."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]
    ]


def overflows(page: Page, size: tuple[int, int]) -> list[str]:
    """The elements that a window of this size cuts off, or for which the page would scroll sideways."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    wide = page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter(element =>
            element.getBoundingClientRect().right > document.documentElement.clientWidth + 1
            && !element.closest(".scroll, .said, .skip, dialog"))
          .map(element => element.outerHTML.slice(0, 120))"""
    )
    assert isinstance(wide, list)
    return wide
