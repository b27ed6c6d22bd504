"""The settings of the folders."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from clinic_terminal.exchange.folder.serving import form_of
from clinic_terminal.exchange.folder.settings import FolderSettings
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.settings import SettingsError


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in (
        "ENCODING",
        "SHUFFLED",
        "BULK_FORM",
        "PASSWORD_FILE",
        "ENCRYPT_CONF",
        "RESPONSE_FILE_STAY_MINUTES",
    ):
        monkeypatch.delenv(f"TERMINAL_EXCHANGE_{name}", raising=False)
    return monkeypatch


def test_without_settings_results_are_plain_utf_8_in_the_documented_order(
    environment: pytest.MonkeyPatch,
) -> None:
    settings = FolderSettings.load()
    form = form_of(settings)
    assert (form.encoding, form.shuffle, form.bulk_as_zip) == (Encoding.UTF_8, None, False)
    assert not form.encryption.applies_to("OQSsiquc01req")
    assert settings.left_after == timedelta(days=1)


def test_settings_come_from_the_environment(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    (tmp_path / "encrypt.conf").write_text("OQSsiimm=n\n")
    for name, value in {
        "ENCODING": "Shift_JIS",
        "SHUFFLED": "true",
        "BULK_FORM": "zip",
        "PASSWORD_FILE": str(tmp_path / "password"),
        "ENCRYPT_CONF": str(tmp_path / "encrypt.conf"),
        "RESPONSE_FILE_STAY_MINUTES": "5",
    }.items():
        environment.setenv(f"TERMINAL_EXCHANGE_{name}", value)
    settings = FolderSettings.load()
    form = form_of(settings)
    assert (form.encoding, form.bulk_as_zip) == (Encoding.SHIFT_JIS, True)
    assert form.shuffle is not None
    assert form.encryption.password == b"secret"
    assert form.encryption.applies_to("OQSsiquc01req")
    assert not form.encryption.applies_to("OQSsiimm01req")
    assert settings.left_after == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENCODING", "EUC-JP"),
        ("SHUFFLED", "perhaps"),
        ("BULK_FORM", "pdf"),
        ("RESPONSE_FILE_STAY_MINUTES", "0"),
        ("RESPONSE_FILE_STAY_MINUTES", "1000000"),
    ],
)
def test_a_wrong_setting_is_named(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(f"TERMINAL_EXCHANGE_{name}", value)
    with pytest.raises(SettingsError, match=f"TERMINAL_EXCHANGE_{name}"):
        FolderSettings.load()


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"PASSWORD_FILE": None}, "PASSWORD_FILE: No such file"),
        ({"PASSWORD_FILE": b"\r\n"}, "PASSWORD_FILE: the file is empty"),
        ({"PASSWORD_FILE": b"x" * 2000}, "PASSWORD_FILE: the file is too long"),
        ({"ENCRYPT_CONF": None}, "ENCRYPT_CONF: No such file"),
        ({"ENCRYPT_CONF": b"nonsense"}, "ENCRYPT_CONF: line 1"),
        ({"ENCRYPT_CONF": b"OQSsiquc=e"}, "PASSWORD_FILE: needed"),
    ],
)
def test_a_wrong_file_is_named_without_its_content(
    environment: pytest.MonkeyPatch, tmp_path: Path, files: dict[str, bytes | None], named: str
) -> None:
    for name, content in files.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        environment.setenv(f"TERMINAL_EXCHANGE_{name}", str(tmp_path / name))
    with pytest.raises(SettingsError, match=f"TERMINAL_EXCHANGE_{named}") as caught:
        FolderSettings.load().load_encryption()
    assert "xxx" not in str(caught.value)
    assert "nonsense" not in str(caught.value)
