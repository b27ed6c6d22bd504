"""The terminal's settings."""

from pathlib import Path

import pytest

from clinic_terminal.settings import SettingsError, TerminalSettings
from eligibility_api.contract.transport import ClientTls
from tests.builders.clinic.samples import credential
from tests.builders.devices import client_file, open_devices


@pytest.fixture
def credential_file(tmp_path: Path) -> Path:
    path = tmp_path / "terminal.json"
    credential().save(path)
    return path


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, credential_file: Path) -> None:
    monkeypatch.setenv("TERMINAL_CREDENTIAL", str(credential_file))
    monkeypatch.setenv("TERMINAL_FUND_URL", "http://127.0.0.1:8000")
    settings = TerminalSettings.load()
    assert str(settings.fund_url) == "http://127.0.0.1:8000/"
    assert settings.load_credential() == credential()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, {"TSR", "TKK", "YZK"}),
        ("YZK", {"YZK"}),
        (" TKK , SHJ,", {"TKK", "SHJ"}),
        ("", set()),
    ],
    ids=["factory", "one", "spaces", "none"],
)
def test_a_facility_asks_for_medicines_and_check_ups_unless_set_otherwise(
    monkeypatch: pytest.MonkeyPatch, credential_file: Path, value: str | None, expected: set[str]
) -> None:
    """Factory state: treatments and surgery are not asked for."""
    monkeypatch.setenv("TERMINAL_CREDENTIAL", str(credential_file))
    monkeypatch.setenv("TERMINAL_FUND_URL", "http://127.0.0.1:8000")
    if value is not None:
        monkeypatch.setenv("TERMINAL_INFORMATION", value)
    assert TerminalSettings.load().information == expected


def test_unknown_information_is_named(monkeypatch: pytest.MonkeyPatch, credential_file: Path) -> None:
    monkeypatch.setenv("TERMINAL_CREDENTIAL", str(credential_file))
    monkeypatch.setenv("TERMINAL_FUND_URL", "http://127.0.0.1:8000")
    monkeypatch.setenv("TERMINAL_INFORMATION", "YZK,XYZ")
    with pytest.raises(SettingsError, match="TERMINAL_INFORMATION"):
        TerminalSettings.load()


@pytest.mark.parametrize(
    ("variable", "low", "high"), [("TERMINAL_IDLE_MINUTES", 2, 120), ("TERMINAL_HIDE_SECONDS", 30, 300)]
)
def test_screens_lock_and_hide_within_bounds(
    monkeypatch: pytest.MonkeyPatch, credential_file: Path, variable: str, low: int, high: int
) -> None:
    monkeypatch.setenv("TERMINAL_CREDENTIAL", str(credential_file))
    monkeypatch.setenv("TERMINAL_FUND_URL", "http://127.0.0.1:8000")
    name = variable.removeprefix("TERMINAL_").lower()
    for value in (low, high):
        monkeypatch.setenv(variable, str(value))
        assert getattr(TerminalSettings.load(), name) == value
    for value in (low - 1, high + 1):
        monkeypatch.setenv(variable, str(value))
        with pytest.raises(SettingsError, match=variable):
            TerminalSettings.load()


def test_a_url_without_tls_is_rejected(monkeypatch: pytest.MonkeyPatch, credential_file: Path) -> None:
    monkeypatch.setenv("TERMINAL_CREDENTIAL", str(credential_file))
    monkeypatch.setenv("TERMINAL_FUND_URL", "http://fund.example")
    with pytest.raises(SettingsError, match="TERMINAL_FUND_URL: https"):
        TerminalSettings.load()


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TERMINAL_CREDENTIAL", raising=False)
    monkeypatch.setenv("TERMINAL_FUND_URL", "no address")
    with pytest.raises(SettingsError, match=r"TERMINAL_CREDENTIAL.*TERMINAL_FUND_URL"):
        TerminalSettings.load()


def settings_with(path: Path) -> TerminalSettings:
    return TerminalSettings.model_validate({"credential": path, "fund_url": "http://127.0.0.1:8000"})


@pytest.mark.parametrize("content", [None, "", "{}", '{"private_key": "secret"}'])
def test_an_unreadable_credential_is_reported_without_its_content(
    tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "terminal.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError) as caught:
        settings_with(path).load_credential()
    assert "secret" not in str(caught.value)


def test_an_insurers_credential_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "insurer.json"
    credential().model_copy(update={"institution_code": None}).save(path)
    with pytest.raises(SettingsError, match="institution code"):
        settings_with(path).load_credential()


def test_the_files_of_tls_are_the_terminals(
    monkeypatch: pytest.MonkeyPatch, credential_file: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("TERMINAL_CREDENTIAL", str(credential_file))
    monkeypatch.setenv("TERMINAL_FUND_URL", "https://fund.example")
    assert TerminalSettings.load().tls == ClientTls()
    devices = open_devices(tmp_path)
    certificate = client_file(devices, tmp_path / "clinic-1.pem")
    monkeypatch.setenv("TERMINAL_TLS_AUTHORITIES", str(devices.trust_path))
    monkeypatch.setenv("TERMINAL_TLS_CERTIFICATE", str(certificate))
    assert TerminalSettings.load().tls == ClientTls(devices.trust_path, certificate)
    monkeypatch.setenv("TERMINAL_TLS_CERTIFICATE", str(devices.trust_path))
    with pytest.raises(
        SettingsError, match="TERMINAL_TLS_CERTIFICATE: a PEM certificate with its private key"
    ):
        TerminalSettings.load()
