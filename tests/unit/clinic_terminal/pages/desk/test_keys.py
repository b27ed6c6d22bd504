"""The pages of the desk offer the keys that the facility chose, each once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clinic_terminal.desk_keys import DEFAULT_KEYS
from tests.builders.clinic.desk import open_browser
from tests.builders.clinic.samples import answer
from tests.builders.page_words import words_of

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("setting", "changes"), [("", {}), ("visual=Ctrl+F9,next=Alt+PageDown", {"visual": "Ctrl+F9"})]
)
async def test_buttons_and_foot_bar_have_the_chosen_keys(
    tmp_path: Path, setting: str, changes: dict[str, str]
) -> None:
    keys = {action.value: key for action, key in DEFAULT_KEYS.items()} | changes
    async with open_browser(tmp_path, desk_keys=setting) as browser:
        await browser.log_in()
        visit = browser.desk.visit(answer())
        page = await browser.get(f"/desk/visits/{visit}")
    offered = re.findall(r'data-key="([^"]+)"', page.text)
    assert sorted(offered) == sorted(
        keys[action] for action in ("number", "batch", "visual", "again", "other-day")
    )
    assert f"{keys['visual']} 目視確認" in words_of(page)
    assert ('data-next="Alt+PageDown"' in page.text) is bool(setting)
    assert "Alt+↑ 前の受付" in words_of(page)
