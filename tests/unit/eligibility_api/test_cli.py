"""`eligibility-api`: what is wrong with a command line is told before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from eligibility_api.cli import app, main

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
def test_rights_that_are_none_are_a_usage_error_that_names_them_all(rights: str) -> None:
    result = CliRunner().invoke(app, [*FACILITY, "--rights", rights])
    assert result.exit_code == 2
    assert "visual-check" in result.stderr


def test_recomputing_without_keys_makes_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FUND_HOME", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["eligibility-api", "audit", "recompute"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
