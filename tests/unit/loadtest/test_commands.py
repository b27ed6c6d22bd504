"""The commands `loadtest run` and `loadtest baseline`, without running anything."""

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
from loadtest.baseline.run import Extent
from loadtest.cli import app
from loadtest.conductor.run_handle import LOCAL_COMMAND
from loadtest.errors import LoadError
from loadtest.report.report import RunReport
from loadtest.run import run as scenario_run
from tests.unit.loadtest.baseline.builders import report as baseline_report
from tests.unit.loadtest.scenario.builders import report as run_report


@pytest.fixture(autouse=True)
def _keep_signals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.chdir(tmp_path)  # where reports go


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The arguments of each run, which returns a given report."""
    recorded: list[Any] = []

    def scenario(plan: Any, size: Any, **more: Any) -> RunReport:
        recorded.append((plan, size, more["options"]))
        return run_report()

    def baseline(extent: Extent, *_: Any) -> BaselineReport:
        recorded.append(extent)
        return baseline_report()

    monkeypatch.setattr(scenario_run, "run_scenario", scenario)
    monkeypatch.setattr(baseline_run, "run_baseline", baseline)
    return recorded


def invoke(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_a_level_is_run_with_the_given_options(runs: list[Any]) -> None:
    done = invoke("run", "--level", "L1", "--minutes", "2", "--people", "5000", "--scale", "0.5", "--json")
    assert (done.exit_code, json.loads(done.stdout)["passed"]) == (0, True)
    [(plan, size, options)] = runs
    assert (plan.level.name, plan.seconds, plan.scale) == ("L1", 120, 0.5)
    assert (size.people, size.cards) == (5000, 1000)
    assert options.generators is None


@pytest.mark.parametrize(
    ("words", "generators"),
    [
        (("--generators", "3"), [LOCAL_COMMAND] * 3),
        (("--generator", "ssh one locust", "--generator", "ssh two locust"),
         ["ssh one locust", "ssh two locust"]),
        (("--generators", "1", "--generator", "ssh one locust"), [LOCAL_COMMAND, "ssh one locust"]),
    ],
)  # fmt: skip
def test_generators_are_local_or_given_by_command_lines(
    runs: list[Any], words: tuple[str, ...], generators: list[str]
) -> None:
    invoke("run", "--level", "L0", *words)
    assert runs[0][2].generators == generators


def test_a_report_is_written_to_the_given_folder_or_to_one_named_by_the_time(
    runs: list[Any], tmp_path: Path
) -> None:
    done = invoke("run", "--level", "L0", "--out", "mine")
    assert "mine/report.html" in done.stderr
    invoke("run", "--level", "L1")
    [kept] = (tmp_path / "var" / "loadtest" / "reports").iterdir()
    assert kept.name.endswith("Z-L1")
    for folder in (tmp_path / "mine", kept):
        assert json.loads((folder / "report.json").read_text())["host_info"]["command"].startswith("loadtest")
        assert (folder / "report.html").exists()


def test_a_report_that_cannot_be_written_is_an_error(runs: list[Any], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "report.html").mkdir()
    assert invoke("run", "--level", "L0", "--out", "mine").exit_code == 3


def test_a_fault_is_selected_by_its_name(runs: list[Any]) -> None:
    invoke("run", "--level", "L0", "--fault", "token-endpoint-down")
    assert runs[0][2].fault.name == "token-endpoint-down"
    assert invoke("run", "--level", "L0", "--fault", "earthquake").exit_code == 2


@pytest.mark.parametrize(
    ("words", "cluster"),
    [
        ((), False),
        (("--cluster",), True),
        (("--fault", "database-restart"), False),
        (("--cluster", "--fault", "database-restart"), True),
        (("--fault", "primary-lost"), True),
        (("--fault", "etcd-lost"), True),
    ],
)
def test_a_fault_of_a_cluster_runs_on_one(runs: list[Any], words: tuple[str, ...], cluster: bool) -> None:
    assert invoke("run", "--level", "L0", *words).exit_code == 0
    assert runs[0][2].cluster is cluster


def test_a_run_that_ends_before_a_lost_host_is_replaced_is_refused(runs: list[Any]) -> None:
    done = invoke("run", "--level", "L0", "--fault", "primary-hangs", "--minutes", "1")
    assert (done.exit_code, runs) == (2, [])
    assert "--minutes 1.5 or more" in done.stderr
    assert invoke("run", "--level", "L0", "--fault", "primary-hangs", "--minutes", "1.5").exit_code == 0


def test_a_level_has_its_own_duration(runs: list[Any]) -> None:
    invoke("run", "--level", "month-start", "--scale", "0.1")
    assert runs[0][0].seconds == 3 * 3600


def test_there_are_no_more_cards_than_people(runs: list[Any]) -> None:
    invoke("run", "--level", "L0", "--people", "200", "--cards", "500")
    assert runs[0][1].cards == 200


def test_the_baseline_is_measured_with_the_given_options(runs: list[Any]) -> None:
    done = invoke("baseline", "--seconds", "5", "--cards", "300", "--connections", "32", "--json")
    assert (done.exit_code, runs) == (0, [Extent(seconds=5.0, cards=300, connections=32)])
    report = json.loads(done.stdout)
    assert {"tap_over_baseline", "number_over_fastapi", "tap_cpu_over_baseline"} <= report.keys()


@pytest.mark.parametrize(
    "words",
    [
        ("--level", "L9"),
        ("--level", "L3", "--scale", "10", "--minutes", "180"),
        ("--level", "L0", "--scale", "0"),
        ("--level", "L0", "--generators", "0"),
    ],
)
def test_a_run_has_limits(runs: list[Any], words: tuple[str, ...]) -> None:
    assert (invoke("run", *words).exit_code, runs) == (2, [])


@pytest.mark.parametrize("words", [("run", "--level", "L0"), ("baseline",)])
def test_a_run_that_fails_is_reported(
    monkeypatch: pytest.MonkeyPatch, runs: list[Any], words: tuple[str, ...]
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise LoadError("the stack did not start")

    failing: Callable[..., None] = fails
    monkeypatch.setattr(scenario_run, "run_scenario", failing)
    monkeypatch.setattr(baseline_run, "run_baseline", failing)
    done = invoke(*words)
    assert done.exit_code == 3
    assert "the stack did not start" in done.stderr


def test_ten_million_people_are_uploaded_in_part_and_loaded_in_bulk_for_the_rest(runs: list[Any]) -> None:
    invoke("run", "--level", "L0", "--people", "10000000", "--cards", "20000")
    size = runs[0][1]
    assert (size.by_upload, size.bulk.people, size.cards) == (20_000, 9_980_000, 20_000)
    assert size.bulk_cards == 19_960


@pytest.mark.parametrize(
    ("words", "calibrate", "scale"),
    [((), True, 1.0), (("--scale", "0.2"), False, 0.2)],
)
def test_a_days_scale_is_calibrated_unless_it_is_given(
    runs: list[Any], words: tuple[str, ...], calibrate: bool, scale: float
) -> None:
    invoke("run", "--level", "day", *words)
    plan, _, options = runs[0]
    assert (options.calibrate, plan.scale, plan.seconds) == (calibrate, scale, 600)


@pytest.mark.parametrize(
    ("level", "words", "share"),
    [
        ("L0", (), 0.0),
        ("day", (), 0.3),
        ("L0", ("--prescriptions", "0.5"), 0.5),
        ("day", ("--prescriptions", "0"), 0.0),
    ],
)
def test_the_share_of_prescriptions_is_the_levels_unless_it_is_given(
    runs: list[Any], level: str, words: tuple[str, ...], share: float
) -> None:
    invoke("run", "--level", level, *words)
    assert runs[0][0].level.prescriptions == share


@pytest.mark.parametrize(("level", "minutes"), [("month-start", 180), ("batch-night", 240), ("storm", 3)])
def test_each_level_has_its_duration(runs: list[Any], level: str, minutes: int) -> None:
    assert invoke("run", "--level", level).exit_code == 0
    assert runs[0][0].seconds == minutes * 60
