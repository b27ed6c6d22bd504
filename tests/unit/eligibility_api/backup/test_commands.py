"""Commands of backups: what is missing is named before anything is done; a failed program's error is its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eligibility_api.backup.programs import BackupError, Programs
from eligibility_api.cli import app
from eligibility_api.embedded_postgres.unprivileged import Unprivileged
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.keys import load_keys

COMMANDS = [("backup",), ("restore", "--to", "2026-11-30T12:00:00+09:00"), ("verify",)]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("DATABASE_URL", "FUND_DATABASE_URL", "FUND_BACKUP_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("FUND_HOME", str(tmp_path))
    return tmp_path


def error(*words: str) -> str:
    result = CliRunner().invoke(app, words)
    assert result.exit_code != 0
    return str(result.exception)


@pytest.mark.parametrize("words", [COMMANDS[0], COMMANDS[1]], ids=["backup", "restore"])
def test_without_a_directory_of_backups_the_setting_is_named(words: tuple[str, ...], home: Path) -> None:
    assert "FUND_BACKUP_HOME" in error(*words)
    assert not (home / "postgres").exists()


@pytest.mark.parametrize("words", [COMMANDS[0], COMMANDS[1]], ids=["backup", "restore"])
def test_another_server_is_backed_up_with_its_own_tools(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://shikaku_api:secret@db.example/shikaku")
    assert "its own tools" in error(*words)


def test_nothing_is_verified_without_the_logs_keys(home: Path) -> None:
    load_keys(KeyFiles.below(home))
    assert "verification keys" in error("verify")


def test_an_instant_without_offset_is_a_usage_error() -> None:
    assert CliRunner().invoke(app, ["restore", "--to", "2026-11-30T12:00:00"]).exit_code == 2


@pytest.mark.parametrize(
    ("stderr", "shown"),
    [
        (b"pg_x: error: no space\npg_x: removing files\n", "pg_x: error: no space"),
        (b"first\nlast\n", "pg_x: last"),
        (b"", "pg_x: exit code 3"),
    ],
)
def test_a_program_that_fails_is_named_with_its_error(
    monkeypatch: pytest.MonkeyPatch, stderr: bytes, shown: str
) -> None:
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 3, b"", stderr)
    )
    with pytest.raises(BackupError) as raised:
        Programs(Path("/programs"), Unprivileged((), 0)).run("pg_x", [])
    assert str(raised.value) == shown
