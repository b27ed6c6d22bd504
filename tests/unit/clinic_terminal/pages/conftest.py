"""A browser at the terminal's screens, for every test here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.builders.clinic.desk import Browser, open_browser


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stretch passwords less than the program does; tests/unit/screens/test_operators.py has the real work."""
    monkeypatch.setattr("screens.operators._N", 2)


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with open_browser(tmp_path) as opened:
        yield opened


@pytest.fixture
async def desk(browser: Browser) -> Browser:
    """A browser in which the reception is logged in."""
    assert (await browser.log_in()).status_code == 303
    return browser
