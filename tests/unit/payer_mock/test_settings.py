"""Settings from the environment."""

from pathlib import Path

import pytest

from eligibility_api.contract.transport import ClientTls
from payer_mock.settings import DeskSettings, PayerSettings, SettingsError, TlsSettings
from tests.builders.devices import client_file, open_devices
from tests.unit.payer_mock.builders import FUND, INSURER, OTHER_INSURER, credential


def saved(folder: Path, insurer_number: str | None, name: str = "") -> str:
    path = folder / f"{name or insurer_number}.json"
    credential(insurer_number).save(path)
    return str(path)


def of_files(monkeypatch: pytest.MonkeyPatch, *files: str) -> PayerSettings:
    monkeypatch.setenv("PAYER_CREDENTIAL", ":".join(files))
    monkeypatch.setenv("PAYER_FUND_URL", FUND)
    return PayerSettings.load()


def test_credentials_are_keyed_by_insurer_number(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = of_files(monkeypatch, saved(tmp_path, INSURER), saved(tmp_path, OTHER_INSURER))
    assert str(settings.fund_url) == f"{FUND}/"
    assert settings.load_credentials() == {number: credential(number) for number in (INSURER, OTHER_INSURER)}


def test_missing_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYER_CREDENTIAL", "")
    monkeypatch.delenv("PAYER_FUND_URL", raising=False)
    with pytest.raises(SettingsError, match=r"PAYER_CREDENTIAL.*PAYER_FUND_URL"):
        PayerSettings.load()


@pytest.mark.parametrize("content", [None, "", '{"private_key": "secret"}'])
def test_an_unreadable_credential_is_reported_by_its_position(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    broken = tmp_path / "broken.json"
    if content is not None:
        broken.write_text(content)
    settings = of_files(monkeypatch, saved(tmp_path, INSURER), str(broken))
    with pytest.raises(SettingsError, match="file 2 is not a readable") as caught:
        settings.load_credentials()
    assert "secret" not in str(caught.value)


def test_a_terminals_credential_is_rejected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="file 1 is not an insurer's"):
        of_files(monkeypatch, saved(tmp_path, None)).load_credentials()


def test_a_second_credential_of_an_insurer_is_rejected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = saved(tmp_path, INSURER), saved(tmp_path, INSURER, "again")
    with pytest.raises(SettingsError, match="file 2 belongs to an insurer that already has one"):
        of_files(monkeypatch, *files).load_credentials()


@pytest.mark.parametrize("settings", [PayerSettings, DeskSettings, TlsSettings])
def test_the_files_of_tls_are_the_programs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: type[TlsSettings]
) -> None:
    monkeypatch.setenv("PAYER_CREDENTIAL", saved(tmp_path, INSURER))
    monkeypatch.setenv("PAYER_FUND_URL", FUND)
    assert settings.load().tls == ClientTls()
    devices = open_devices(tmp_path)
    certificate = client_file(devices, tmp_path / "insurer-1.pem")
    monkeypatch.setenv("PAYER_TLS_CERTIFICATE", str(certificate))
    assert settings.load().tls == ClientTls(certificate=certificate)
    monkeypatch.setenv("PAYER_TLS_AUTHORITIES", str(tmp_path / "none.pem"))
    with pytest.raises(SettingsError, match="PAYER_TLS_AUTHORITIES"):
        settings.load()
