"""`loadtest run` and `loadtest baseline` as they are typed, nothing started."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from loadtest.baseline import run as baseline_run
from loadtest.baseline.report import BaselineReport
from loadtest.cli import app
from loadtest.generator.pool import LOCAL_COMMAND
from loadtest.scenario import run as rush_run
from loadtest.scenario.report import RunReport
from loadtest.target import LoadError
from tests.unit.loadtest.baseline.builders import report as baseline_report
from tests.unit.loadtest.scenario.test_report import report as rush_report


@pytest.fixture(autouse=True)
def _keep_signals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.chdir(tmp_path)  # where reports go


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was run, with an outcome each instead."""
    seen: list[Any] = []

    def rush(plan: Any, size: Any, **more: Any) -> RunReport:
        seen.append((plan, size, more["how"]))
        return rush_report()

    def baseline(seconds: float, cards: int, *_: Any) -> BaselineReport:
        seen.append((seconds, cards))
        return baseline_report()

    monkeypatch.setattr(rush_run, "run_rush", rush)
    monkeypatch.setattr(baseline_run, "run_baseline", baseline)
    return seen


def typed(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_a_level_is_run_as_it_is_asked_for(runs: list[Any]) -> None:
    done = typed("run", "--level", "L1", "--minutes", "2", "--people", "5000", "--scale", "0.5", "--json")
    assert (done.exit_code, json.loads(done.stdout)["passed"]) == (0, True)
    [(plan, size, how)] = runs
    assert (plan.level.name, plan.seconds, plan.scale) == ("L1", 120, 0.5)
    assert (size.people, size.cards) == (5000, 1000)
    assert how.generators is None


@pytest.mark.parametrize(
    ("words", "generators"),
    [
        (("--generators", "3"), [LOCAL_COMMAND] * 3),
        (("--generator", "ssh one loadtest generate", "--generator", "ssh two loadtest generate"),
         ["ssh one loadtest generate", "ssh two loadtest generate"]),
        (("--generators", "1", "--generator", "ssh one loadtest generate"), [LOCAL_COMMAND, "ssh one loadtest generate"]),
    ],
)  # fmt: skip
def test_generators_are_started_here_and_elsewhere(
    runs: list[Any], words: tuple[str, ...], generators: list[str]
) -> None:
    typed("run", "--level", "L0", *words)
    assert runs[0][2].generators == generators


def test_a_report_is_left_where_it_is_wanted_or_under_the_instant(runs: list[Any], tmp_path: Path) -> None:
    done = typed("run", "--level", "L0", "--out", "mine")
    assert "mine/report.html" in done.stderr
    typed("run", "--level", "L1")
    [kept] = (tmp_path / "var" / "loadtest" / "reports").iterdir()
    assert kept.name.endswith("Z-L1")
    for folder in (tmp_path / "mine", kept):
        assert json.loads((folder / "report.json").read_text())["circumstances"]["command"].startswith(
            "loadtest"
        )
        assert (folder / "report.html").exists()


def test_a_report_that_cannot_be_written_is_told(runs: list[Any], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "report.html").mkdir()
    assert typed("run", "--level", "L0", "--out", "mine").exit_code == 3


def test_a_fault_is_asked_for_by_its_name(runs: list[Any]) -> None:
    typed("run", "--level", "L0", "--fault", "token-down")
    assert runs[0][2].fault.name == "token-down"
    assert typed("run", "--level", "L0", "--fault", "earthquake").exit_code == 2


def test_a_level_lasts_as_long_as_it_does_unless_that_is_told(runs: list[Any]) -> None:
    typed("run", "--level", "month-start", "--scale", "0.1")
    assert runs[0][0].seconds == 3 * 3600


def test_a_small_nation_has_no_more_cards_than_people(runs: list[Any]) -> None:
    typed("run", "--level", "L0", "--people", "200", "--cards", "500")
    assert runs[0][1].cards == 200


def test_the_baseline_is_measured_with_the_given_options(runs: list[Any]) -> None:
    done = typed("baseline", "--seconds", "5", "--cards", "300", "--json")
    assert (done.exit_code, runs) == (0, [(5.0, 300)])
    told = json.loads(done.stdout)
    assert {"tap_over_baseline", "number_over_fastapi", "tap_cpu_over_baseline"} <= told.keys()


@pytest.mark.parametrize(
    "words",
    [
        ("--level", "L9"),
        ("--level", "L3", "--scale", "10", "--minutes", "180"),
        ("--level", "L0", "--scale", "0"),
        ("--level", "L0", "--generators", "0"),
    ],
)
def test_a_run_is_bounded(runs: list[Any], words: tuple[str, ...]) -> None:
    assert (typed("run", *words).exit_code, runs) == (2, [])


@pytest.mark.parametrize("words", [("run", "--level", "L0"), ("baseline",)])
def test_what_could_not_be_run_is_told(
    monkeypatch: pytest.MonkeyPatch, runs: list[Any], words: tuple[str, ...]
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise LoadError("the house did not start")

    failing: Callable[..., None] = fails
    monkeypatch.setattr(rush_run, "run_rush", failing)
    monkeypatch.setattr(baseline_run, "run_baseline", failing)
    done = typed(*words)
    assert done.exit_code == 3
    assert "the house did not start" in done.stderr


def test_a_nation_of_ten_million_is_uploaded_in_part_and_filled_in_for_the_rest(runs: list[Any]) -> None:
    typed("run", "--level", "L0", "--people", "10000000", "--cards", "20000")
    size = runs[0][1]
    assert (size.by_upload, size.bulk.people, size.cards) == (20_000, 9_980_000, 20_000)
    assert size.bulk_cards == 19_960


@pytest.mark.parametrize(
    ("words", "fit", "scale"),
    [((), True, 1.0), (("--scale", "0.2"), False, 0.2)],
)
def test_a_days_scale_is_found_unless_it_is_told(
    runs: list[Any], words: tuple[str, ...], fit: bool, scale: float
) -> None:
    typed("run", "--level", "day", *words)
    plan, _, how = runs[0]
    assert (how.fit, plan.scale, plan.seconds) == (fit, scale, 600)


@pytest.mark.parametrize(
    ("level", "words", "share"),
    [
        ("L0", (), 0.0),
        ("day", (), 0.3),
        ("L0", ("--prescriptions", "0.5"), 0.5),
        ("day", ("--prescriptions", "0"), 0.0),
    ],
)
def test_the_share_of_prescriptions_is_the_levels_unless_it_is_told(
    runs: list[Any], level: str, words: tuple[str, ...], share: float
) -> None:
    typed("run", "--level", level, *words)
    assert runs[0][0].level.prescriptions == share


@pytest.mark.parametrize(("level", "minutes"), [("month-start", 180), ("batch-night", 240), ("storm", 3)])
def test_a_level_lasts_as_long_as_it_does(runs: list[Any], level: str, minutes: int) -> None:
    assert typed("run", "--level", level).exit_code == 0
    assert runs[0][0].seconds == minutes * 60
