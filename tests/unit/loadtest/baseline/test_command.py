"""`loadtest baseline` from the command line: rounds on request, exit codes, what is printed where."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from loadtest.baseline import run
from loadtest.baseline.run import Extent
from loadtest.cli import app
from loadtest.errors import LoadError
from loadtest.http_client.connection import ConnectionFailed
from tests.unit.loadtest.baseline.builders import report


@pytest.fixture(autouse=True)
def _keep_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Rounds on request that cost one more microsecond each; a line `fail` cannot be completed."""
    used: list[Path] = []

    def rounds(extent: Extent, folder: Path, _: Any, lines: Iterable[str]) -> Iterator[dict[str, float]]:
        assert folder.is_dir()
        used.append(folder)
        for number, line in enumerate(lines):
            if line.strip() == "fail":
                raise LoadError("tap: 503 overloaded")
            yield {
                "api": extent.seconds * 100 + number,
                "database": float(extent.cards),
                "of": extent.connections,
            }

    monkeypatch.setattr(run, "run_rounds_on_request", rounds)
    return used


def invoke(*words: str, lines: str | None = None) -> Result:
    return CliRunner().invoke(app, ["baseline", *words], input=lines)


def test_each_line_of_the_input_is_answered_by_a_line_of_json(folders: list[Path]) -> None:
    options = ("--seconds", "2", "--cards", "300", "--connections", "1")
    done = invoke("--on-request", *options, lines="prepare\ntap\nnumber\n")
    assert done.exit_code == 0
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"api": 200.0 + number, "database": 300.0, "of": 1} for number in range(3)
    ]


@pytest.mark.parametrize("count", ["0", "257", "many"])
def test_another_number_of_connections_is_refused(folders: list[Path], count: str) -> None:
    assert invoke("--on-request", "--connections", count, lines="").exit_code == 2


def test_an_empty_input_is_a_measurement_of_nothing(folders: list[Path]) -> None:
    done = invoke("--on-request", lines="")
    assert (done.exit_code, done.stdout) == (0, "")


def test_the_folder_of_all_files_is_deleted_at_the_end(folders: list[Path]) -> None:
    invoke("--on-request", lines="tap\n")
    invoke("--on-request", lines="fail\n")
    assert len(folders) == 2
    assert [folder.exists() for folder in folders] == [False, False]


def test_a_round_that_fails_exits_with_3_after_the_answers_before_it(folders: list[Path]) -> None:
    done = invoke("--on-request", lines="tap\nfail\ntap\n")
    assert done.exit_code == 3
    assert len(done.stdout.splitlines()) == 1
    assert "測定できませんでした / The measurement failed: tap: 503 overloaded" in done.stderr


@pytest.mark.parametrize(
    "error", [LoadError("no stack"), ConnectionFailed("connection refused"), OSError("no space left")]
)
def test_a_measurement_that_cannot_be_completed_exits_with_3(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(run, "run_baseline", fails)
    done = invoke()
    assert (done.exit_code, done.stdout) == (3, "")
    assert str(error) in done.stderr


@pytest.mark.parametrize(
    ("changes", "code"), [({}, 0), ({"tap": {"failures": 1, "first_failure": "503"}}, 1)]
)
@pytest.mark.parametrize("as_json", [True, False])
def test_wrong_answers_exit_with_1_and_are_printed_all_the_same(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], code: int, as_json: bool
) -> None:
    made = report(**changes)
    monkeypatch.setattr(run, "run_baseline", lambda *_: made)
    done = invoke(*["--json"] * as_json)
    assert done.exit_code == code
    assert made.verdict.en[:40] in " ".join(done.stdout.split())
    if as_json:
        assert json.loads(done.stdout)["failures"] == list(made.failures)
