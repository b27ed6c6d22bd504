"""`eligibility-api`: an invalid command line is rejected before anything is done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eligibility_api.cli import app, main
from eligibility_api.embedded_postgres.server import SETTINGS
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.keys import load_keys

RESERVED = 3
"""Connections that PostgreSQL reserves for its superuser."""

FACILITY = [
    "facility",
    "add",
    "--institution-code",
    "1311111114",
    "--name",
    "試験医院",
    "--out",
    "terminal.json",
]


@pytest.mark.parametrize("rights", ["foo", "", "eligibility,", "eligibility registration"])
def test_unknown_rights_are_a_usage_error_that_lists_all_rights(rights: str) -> None:
    result = CliRunner().invoke(app, [*FACILITY, "--rights", rights])
    assert result.exit_code == 2
    assert "visual-check" in result.stderr


def test_recomputing_without_keys_creates_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FUND_HOME", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["eligibility-api", "audit", "recompute"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("membership", ["", "{", '{"number": "7654321"}'])
def test_an_invalid_membership_is_rejected_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, membership: str
) -> None:
    load_keys(KeyFiles.below(tmp_path))
    monkeypatch.setenv("FUND_HOME", str(tmp_path))
    moment = ["--known-at", "2026-11-01T00:00:00+09:00", "--as-of", "2026-10-01"]
    words = ["audit", "known", *moment, "--institution-code", "1311111114"]
    result = CliRunner().invoke(app, words, input=membership)
    assert isinstance(result.exception, OperatorError)
    assert "not a membership" in str(result.exception)
    assert "7654321" not in str(result.exception)


def test_an_instant_without_offset_is_a_usage_error() -> None:
    words = ["--known-at", "2026-11-01T00:00:00", "--as-of", "2026-10-01", "--institution-code", "1311111114"]
    assert CliRunner().invoke(app, ["audit", "known", *words]).exit_code == 2


def test_the_number_of_connections_of_a_service_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUND_POOL_CONNECTIONS", "6")
    printed = json.loads(CliRunner().invoke(app, ["db-connections", "--workers", "3"]).stdout)
    background = sum(printed[name] for name in ("scheduler", "jobs", "sequencer", "commands"))
    assert (printed["api_worker_pool"], printed["total"]) == (6, 3 * printed["api_worker"] + background)


def test_the_embedded_database_accepts_four_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FUND_POOL_CONNECTIONS", raising=False)
    printed = json.loads(CliRunner().invoke(app, ["db-connections", "--workers", "4"]).stdout)
    assert printed["total"] + RESERVED <= int(SETTINGS["max_connections"])
