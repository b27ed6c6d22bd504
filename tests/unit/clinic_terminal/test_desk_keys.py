"""The desk's keys: which may be chosen, and that every page offers what was chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinic_terminal.desk_keys import DEFAULT_KEYS, FREE_KEYS, DeskAction, read_keys
from clinic_terminal.settings import SettingsError, TerminalSettings


def test_nothing_chosen_leaves_the_usual_keys() -> None:
    assert read_keys("") == DEFAULT_KEYS
    assert set(DEFAULT_KEYS) == set(DeskAction)
    assert set(DEFAULT_KEYS.values()) <= FREE_KEYS


def test_a_chosen_key_replaces_the_usual_one() -> None:
    keys = read_keys(" visual = Ctrl+F9 , batch=Shift+F4,")
    assert keys[DeskAction.VISUAL] == "Ctrl+F9"
    assert keys[DeskAction.BATCH] == "Shift+F4"
    assert keys[DeskAction.NUMBER] == "F2"


def test_two_actions_may_change_their_keys_with_each_other() -> None:
    keys = read_keys("number=F9,visual=F2")
    assert (keys[DeskAction.NUMBER], keys[DeskAction.VISUAL]) == ("F9", "F2")


@pytest.mark.parametrize(
    "text",
    [
        "number",
        "number=",
        "unknown=F9",
        "number=F9",
        "number=a",
        "number=F1",
        "number=F3",
        "number=F5",
        "number=Shift+F5",
        "number=F6",
        "number=F7",
        "number=F10",
        "number=F11",
        "number=F12",
        "history=Ctrl+F4",
        "history=Alt+F4",
        "number=Ctrl+P",
        "number=Shift+Ctrl+F2",
        "number=F2=F4",
        "number=F2," * 100,
    ],
)
def test_a_key_of_the_browser_or_of_two_actions_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"the keys are|the actions are|of its own|at most"):
        read_keys(text)


def test_the_setting_is_checked_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERMINAL_CREDENTIAL", str(tmp_path / "none.json"))
    monkeypatch.setenv("TERMINAL_FUND_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("TERMINAL_DESK_KEYS", "number=F5")
    with pytest.raises(SettingsError, match="TERMINAL_DESK_KEYS"):
        TerminalSettings.load()
    monkeypatch.setenv("TERMINAL_DESK_KEYS", "number=Ctrl+F2")
    assert TerminalSettings.load().desk_keys == "number=Ctrl+F2"
