"""What a patient does at the reader's screen, in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from clinic_terminal.card.channel import CardConnection
from tests.builders.clinic.reader_rig import ReaderRig

READER = (1024, 600)
"""The size of its display."""

PIN = "1234"
"""Of the cards of `fake_card`."""


def place(rig: ReaderRig, card: CardConnection) -> None:
    """Put a card in the reader."""
    rig.place(lambda: card)


def at(page: Page, step: str, title: str | None = None) -> None:
    """Wait for a step, and for its title."""
    expect(page.locator(f".step-{step}")).to_be_visible()
    if title is not None:
        expect(page.locator("h1")).to_contain_text(title)


def press(page: Page, name: str) -> None:
    """Press the button with this Japanese name."""
    page.get_by_role("button", name=re.compile(f"^{name}")).click()


def key_in(page: Page, digits: str) -> None:
    """Type a PIN on a USB ten-key."""
    page.keyboard.type(digits)
    page.keyboard.press("NumpadEnter")


def choose_pin(page: Page, digits: str = PIN) -> None:
    """Choose the PIN as the way to be known, and type it."""
    at(page, "method")
    press(page, "暗証番号を入力する")
    at(page, "pin")
    key_in(page, digits)


def tab_to(page: Page, name: str) -> None:
    """Press a button by the keyboard alone. Raises AssertionError if it is not reached from the title."""
    expect(page.locator("h1")).to_be_focused()
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip().startswith(name):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name} is not reached")
