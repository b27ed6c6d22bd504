"""What a load test shows and prints, and its exit code."""

from __future__ import annotations

import io
import json
import re
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from eligibility_api.contract.errors import ShikakuError
from payer_mock.cli import app
from payer_mock.cli import load as load_command
from payer_mock.load.environment import LoadError
from payer_mock.load.report import ClaimsLoadReport, MembersLoadReport, UploadRound
from payer_mock.population.files import PopulationError
from payer_mock.screens.load import show_claims_load, show_members_load

LINES = re.compile("[\u2500-\u257f]")


def members_report(bad_rows: int = 0) -> MembersLoadReport:
    report = MembersLoadReport(100_000)
    report.insurers = 12
    report.first = UploadRound(120_000, bad_rows, 1, 10.0, 20.0)
    report.monthly = UploadRound(121_000, 0, 0, 10.0, 11.0)
    report.peaks.update({"loader": 90.0, "fund 8": 250.0})
    report.seconds.update({"first_load": 20.0})
    return report


def claims_report(**more: Any) -> ClaimsLoadReport:
    usual = {"files": 3, "claims": 6000, "good": 6000, "stored_after": 2.0, "cpu_seconds": 1.5}
    report = ClaimsLoadReport(100_000, **(usual | more))
    report.peaks.update({"loader": 90.0})
    return report


def shown(show: Callable[[Console, Any], None], report: Any) -> str:
    console = Console(file=io.StringIO(), record=True, width=160)
    show(console, report)
    return " ".join(LINES.sub(" ", console.export_text()).split())


def test_a_load_of_members_is_shown_with_its_rates() -> None:
    text = shown(show_members_load, members_report())
    for words in (
        "住民 / residents 100,000",
        "保険者 / insurers 12",
        "12,000 行/秒",
        "6,000 行/秒",
        "11,000 行/秒",
        "250 MiB",
        "first_load 20.0 秒",
    ):
        assert words in text
    printed = members_report().as_json()
    assert (printed["upload_check_per_s"], printed["first_load_per_s"], printed["monthly_per_s"]) == (
        12_000,
        6_000,
        11_000,
    )


def test_a_load_of_claims_is_shown_with_its_faults() -> None:
    text = shown(show_claims_load, claims_report(faults=Counter({"duplicate": 1200}), unmatched=7))
    for words in (
        "レセプト / claims 6,000",
        "1,200",
        "error: duplicate",
        "3,000 件/秒",
        "1コアあたり / per core 4,000 件/秒",
    ):
        assert words in text
    assert "per core" not in shown(show_claims_load, claims_report(cpu_seconds=None))


@pytest.fixture(autouse=True)
def _keep_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)


def invoke(
    monkeypatch: pytest.MonkeyPatch, command: str, outcome: Any, *words: str
) -> tuple[Result, list[Any]]:
    runs: list[Any] = []

    def run(*arguments: Any) -> Any:
        runs.append(arguments)
        assert arguments[-1].is_dir()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(load_command, "run_members_load", run)
    monkeypatch.setattr(load_command, "run_claims_load", run)
    return CliRunner().invoke(app, [command, *words]), runs


@pytest.mark.parametrize(
    ("command", "outcome", "code"),
    [
        ("load", members_report(), 0),
        ("load", members_report(bad_rows=1), 1),
        ("load-claims", claims_report(), 0),
        ("load-claims", claims_report(good=5999), 1),
        ("load", LoadError("the stack did not start"), 3),
        ("load-claims", PopulationError("this folder has no population"), 3),
        ("load", OSError("no space left"), 3),
        ("load", ShikakuError("enrolment-other-insurer"), 1),
        ("load-claims", ShikakuError("fund-unreachable"), 3),
    ],
)
def test_the_exit_code_of_a_load_is_its_result(
    monkeypatch: pytest.MonkeyPatch, command: str, outcome: Any, code: int
) -> None:
    done, _ = invoke(monkeypatch, command, outcome, "--json")
    assert done.exit_code == code
    if isinstance(outcome, Exception):
        given = json.loads(done.stdout)["problem"]["code"] if done.stdout else None
        assert given == (outcome.code if isinstance(outcome, ShikakuError) else None)
        assert str(outcome) in done.stderr or "(" in done.stderr
    else:
        assert json.loads(done.stdout)["people"] == 100_000


def test_a_load_runs_in_the_given_folder_or_in_a_temporary_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done, [(people, seed, folder)] = invoke(
        monkeypatch, "load", members_report(), "--people", "7", "--seed", "3"
    )
    assert (done.exit_code, people, seed, folder.exists()) == (0, 7, 3, False)
    _, [(people, months, seed, folder)] = invoke(
        monkeypatch,
        "load-claims",
        claims_report(),
        "--months",
        "2",
        "--folder",
        str(tmp_path / "new" / "folder"),
    )
    assert (people, months, seed) == (100_000, 2, 1)
    assert folder == tmp_path / "new" / "folder"
    assert folder.exists()
