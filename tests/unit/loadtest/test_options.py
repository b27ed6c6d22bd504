"""The options of every command: help in both languages, limits, and what is refused before anything starts."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from loadtest.baseline import run as baseline_run
from loadtest.cli import app
from loadtest.overload import run as overload_run
from loadtest.planning import run as planning_run
from loadtest.run import run as scenario_run
from loadtest.scenario.levels import LEVELS
from loadtest.smoke import command as smoke_command

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
COMMANDS = ("baseline", "run", "outage", "soak", "plan", "overload", "smoke")


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What a command would have started: nothing must be."""
    begun: list[str] = []

    def begin(name: str) -> Callable[..., None]:
        return lambda *_, **__: begun.append(name)

    monkeypatch.chdir(tmp_path)
    for module, name in (
        (scenario_run, "run_scenario"),
        (planning_run, "run_plan"),
        (baseline_run, "run_baseline"),
        (baseline_run, "run_rounds_on_request"),
        (overload_run, "run_overload"),
        (smoke_command, "run_smoke"),
    ):
        monkeypatch.setattr(module, name, begin(name))
    return begun


def invoke(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), terminal_width=200, env={"COLUMNS": "200"})


def plain(result: Result) -> str:
    return " ".join(re.sub("[\u2500-\u257f]", " ", result.output).split())


def test_without_a_command_all_are_listed() -> None:
    text = plain(invoke("--help"))
    assert all(name in text for name in COMMANDS)
    assert "Load tests for services of this machine." in text
    assert "このマシンのサービスに負荷をかけて試験します。" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_s_help_begins_in_japanese_and_continues_in_english(command: str) -> None:
    done = invoke(command, "--help")
    text = plain(done)
    description = typer.main.get_command(app).commands[command].help or ""  # type: ignore[attr-defined]
    japanese, _, english = description.partition("\n\n")
    assert done.exit_code == 0
    assert not japanese.isascii()
    assert japanese.strip().endswith("。")
    assert english.strip()[0].isascii()
    assert "Exit code 0" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained_in_both_languages(command: str) -> None:
    group = typer.main.get_command(app)
    options = group.commands[command].params  # type: ignore[attr-defined]
    assert options
    for option in options:
        japanese, separator, english = (option.help or "").partition(" / ")
        assert separator, option.name
        assert JAPANESE.search(japanese), option.name
        assert not JAPANESE.search(english), option.name


BELOW_AND_ABOVE: dict[str, dict[str, tuple[str, str | None]]] = {
    "run": {
        "--minutes": ("0.049", "240.1"),
        "--people": ("99", None),
        "--cards": ("0", None),
        "--uploaded": ("99", None),
        "--terminals": ("3", "5001"),
        "--scale": ("0.0009", "10.1"),
        "--prescriptions": ("-0.01", "1.01"),
        "--workers": ("0", None),
        "--generators": ("-1", "257"),
        "--seed": ("-1", None),
    },
    "plan": {
        "--seconds": ("0.9", "120.1"),
        "--people": ("99", None),
        "--cards": ("19", None),
        "--terminals": ("3", "5001"),
        "--workers": ("0", None),
        "--seed": ("-1", None),
    },
    "overload": {
        "--seconds": ("1", "61"),
        "--capacity": ("0.9", "5000.1"),
        "--people": ("99", None),
        "--cards": ("19", None),
        "--terminals": ("3", "5001"),
        "--workers": ("0", None),
        "--seed": ("-1", None),
    },
    "baseline": {"--seconds": ("0.9", "600.1"), "--cards": ("99", "100001")},
    "smoke": {"--seconds": ("0.9", "3600.1"), "--users": ("0", "501")},
}
NUMBERS = [(command, option) for command, options in BELOW_AND_ABOVE.items() for option in options]


def words_of(command: str) -> list[str]:
    return [command, *(["--level", "L0"] if command == "run" else [])]


def limits(command: str, option: str) -> list[str]:
    return [value for value in BELOW_AND_ABOVE[command][option] if value is not None]


@pytest.mark.parametrize(
    ("command", "option", "value"),
    [(command, option, value) for command, option in NUMBERS for value in limits(command, option)],
)
def test_a_value_just_outside_its_limits_is_refused_by_name(
    started: list[str], command: str, option: str, value: str
) -> None:
    done = invoke(*words_of(command), option, value)
    assert (done.exit_code, started) == (2, [])
    assert option in plain(done)


@pytest.mark.parametrize(("command", "option"), NUMBERS)
@pytest.mark.parametrize("value", ["", "many", "１２三", "1e999", "nan", "-inf", "0x10"])
def test_what_is_no_number_of_this_kind_is_refused(
    started: list[str], command: str, option: str, value: str
) -> None:
    done = invoke(*words_of(command), option, value)
    assert (done.exit_code, started) == (2, [])


@pytest.mark.parametrize("value", ["", "l0", "L0 ", "L9", "all", "負荷"])
def test_another_level_is_refused_and_the_levels_are_listed(started: list[str], value: str) -> None:
    done = invoke("run", "--level", value)
    assert (done.exit_code, started) == (2, [])
    assert all(name in plain(done) for name in LEVELS)


@pytest.mark.parametrize(
    "words",
    [
        ("run",),
        ("run", "--level"),
        ("run", "--level", "L0", "--fault", "earthquake"),
        ("run", "--level", "L0", "extra"),
        ("run", "--level", "L0", "--unknown"),
        ("baseline", "--on-request=yes"),
        ("plan", "--json", "out.json"),
        ("smoke", "--users", "4.5"),
        ("simulate",),
    ],
)
def test_wrong_usage_starts_nothing(started: list[str], words: tuple[str, ...]) -> None:
    assert (invoke(*words).exit_code, started) == (2, [])


def test_reports_are_not_written_over_a_file(started: list[str], tmp_path: Path) -> None:
    (tmp_path / "report").write_text("a file")
    assert (invoke("run", "--level", "L0", "--out", "report").exit_code, started) == (2, [])
    assert (tmp_path / "report").read_text() == "a file"


@pytest.mark.parametrize(("minutes", "refused"), [("27.5", False), ("27.6", True)])
def test_a_run_has_at_most_twenty_million_checks(started: list[str], minutes: str, refused: bool) -> None:
    """At ten times the rate of L1, 12,100 checks a second, that is 1,653 seconds."""
    done = invoke("run", "--level", "L1", "--scale", "10", "--minutes", minutes)
    assert (done.exit_code == 2) is refused
    assert (started == []) is refused
    assert ("at most 20,000,000 checks" in plain(done)) is refused
