"""The settings of the smoke test."""

from pathlib import Path

import pytest

from loadtest.smoke.settings import LoadSettings, SettingsError
from tests.unit.loadtest.builders import EXPECTED, credential, set_up


@pytest.fixture(autouse=True)
def _set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    set_up(monkeypatch, tmp_path)


def test_settings_come_from_the_environment() -> None:
    settings = LoadSettings.load()
    assert settings.load_credential() == credential()
    assert settings.load_expected() == EXPECTED
    assert settings.pin.get_secret_value() == "1234"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://127.1.2.3:1/prefix", "http://[::1]:1", "https://127.0.0.1"]
)
def test_load_may_go_to_this_machine(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("TERMINAL_FUND_URL", url)
    assert str(LoadSettings.load().fund_url).startswith(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://fund.example",
        "http://192.0.2.1:8400",
        "http://0.0.0.0:8400",
        "http://localhost.fund.example",
        "http://127.0.0.1.fund.example",
        "http://127.0.0.1@fund.example",
        "http://[2001:db8::1]:8400",
    ],
)
def test_other_machines_are_rejected(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("TERMINAL_FUND_URL", url)
    with pytest.raises(SettingsError, match="TERMINAL_FUND_URL: load goes to loopback addresses only"):
        LoadSettings.load()


def test_missing_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOADTEST_CARDS")
    monkeypatch.delenv("TERMINAL_CREDENTIAL")
    with pytest.raises(SettingsError, match=r"LOADTEST_CARDS.*TERMINAL_CREDENTIAL"):
        LoadSettings.load()


@pytest.mark.parametrize("content", ["", "[]", '{"valid": "9"}'])
def test_expected_answers_are_validities_by_card(tmp_path: Path, content: str) -> None:
    (tmp_path / "expected").write_text(content)
    with pytest.raises(SettingsError, match="LOADTEST_EXPECTED"):
        LoadSettings.load().load_expected()


def test_an_insurers_credential_is_rejected(tmp_path: Path) -> None:
    credential(None).save(tmp_path / "terminal")
    with pytest.raises(SettingsError, match="institution code"):
        LoadSettings.load().load_credential()


def test_a_missing_credential_is_reported(tmp_path: Path) -> None:
    (tmp_path / "terminal").unlink()
    with pytest.raises(SettingsError, match="TERMINAL_CREDENTIAL"):
        LoadSettings.load().load_credential()
