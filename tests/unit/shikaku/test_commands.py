"""Commands of the organisations: their environment without foreign settings, their results, and a file for a shell."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from shikaku.commands import Commands
from shikaku.processes import ROOT, StackError
from shikaku.warm import PROGRAMS
from tests.builders.ran_commands import RanCommands

FOREIGN = ("DATABASE_URL", "DATABASE_URL_OTHER", "FUND_HOME", "FUND_DATABASE_URL", "JPKI_HOME", "LOADTEST_PIN",
           "PAYER_FUND_URL", "TERMINAL_FUND_URL")  # fmt: skip


def commands(home: Path) -> Commands:
    return Commands(home, {"FUND_AUDIENCE": "urn:test", "LOADTEST_PIN": "4321"})


def test_a_command_s_environment_has_the_wiring_and_no_foreign_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in FOREIGN:
        monkeypatch.setenv(name, "foreign")
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    environment = commands(tmp_path).environment
    assert "foreign" not in environment.values()
    assert (environment["LANG"], environment["NO_PROXY"]) == ("ja_JP.UTF-8", "127.0.0.1")
    assert (environment["FUND_AUDIENCE"], environment["LOADTEST_PIN"]) == ("urn:test", "4321")


def test_the_wiring_changes_by_connecting_alone(tmp_path: Path) -> None:
    made = commands(tmp_path)
    made.wiring["FUND_AUDIENCE"] = "changed"
    assert made.wiring["FUND_AUDIENCE"] == "urn:test"
    made.connect(FUND_AUDIENCE="changed", PAYER_FUND_URL="http://fund.test")
    assert (made.wiring["FUND_AUDIENCE"], made.environment["PAYER_FUND_URL"]) == (
        "changed",
        "http://fund.test",
    )


def test_a_shell_reads_the_wiring_as_it_is(tmp_path: Path) -> None:
    made = commands(tmp_path)
    made.connect(FUND_HOME="a folder's home")
    path = tmp_path / "deep" / "stack.env"
    made.write_environment(path)
    lines = path.read_text().splitlines()
    assert lines == sorted(lines)
    read = dict(shlex.split(line)[1].split("=", 1) for line in lines)
    assert read == made.wiring


@pytest.mark.parametrize(("check", "code"), [(True, 0), (False, 0), (False, 3)])
def test_a_command_s_result_is_returned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: bool, code: int
) -> None:
    ran = RanCommands(monkeypatch, residents=code)
    done = commands(tmp_path).run("jpki-mock", "residents", "--out", tmp_path, stdin="x", check=check)
    assert (done.returncode, done.stdout) == (code, "printed\n")
    assert ran.ran == [["residents", "--out", str(tmp_path)]]
    assert (ran.options[0]["input"], ran.options[0]["cwd"]) == ("x", ROOT)


def test_a_failed_command_is_named_with_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    RanCommands(monkeypatch, facility=4)
    with pytest.raises(StackError) as raised:
        commands(tmp_path).run("eligibility-api", "facility", "add")
    assert str(raised.value) == "eligibility-api facility ended with exit code 4:\nit broke"


def test_variables_of_one_command_override_the_wiring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = RanCommands(monkeypatch)
    made = commands(tmp_path)
    made.run("payer-mock", "stats", variables={"LOADTEST_PIN": "9999"})
    assert ran.options[0]["env"]["LOADTEST_PIN"] == "9999"
    assert made.wiring["LOADTEST_PIN"] == "4321"


def test_a_command_that_takes_too_long_is_killed_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shikaku.commands._COMMAND_SECONDS", 0.1)
    monkeypatch.setattr("shikaku.commands.command_line", lambda *_: ["sleep", "60"])
    made = Commands(tmp_path, {})
    done = made.run("loadtest", "run", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-9, "", "It was ended after 0.1 s.")
    with pytest.raises(StackError, match="loadtest run ended with exit code -9:\nIt was ended after"):
        made.run("loadtest", "run")


def test_only_the_programs_that_allow_it_run_warm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cold: list[str] = []

    class Warm:
        def __init__(self, seconds: int) -> None:
            self.prepared = False

        def __enter__(self) -> Warm:
            return self

        def __exit__(self, *_: object) -> None: ...

        def prepare(self) -> None:
            self.prepared = True

        def run(self, name: str, *_: object) -> subprocess.CompletedProcess[str]:
            assert self.prepared
            return subprocess.CompletedProcess([], 0, "warm", "")

    def cold_command(name: str, _: object) -> list[str]:
        cold.append(name)
        return ["true"]

    monkeypatch.setattr("shikaku.commands.WarmCommands", Warm)
    monkeypatch.setattr("shikaku.commands.command_line", cold_command)
    made = Commands(tmp_path, {})
    with made.warm():
        outputs = [made.run(name, "--version").stdout for name in (*PROGRAMS, "loadtest", "sandbox-console")]
    assert outputs == ["warm"] * len(PROGRAMS) + ["", ""]
    assert cold == ["loadtest", "sandbox-console"]


def test_a_shell_never_reads_a_part_of_the_wiring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "stack.env"
    made = Commands(tmp_path, {"A": "1"})
    made.write_environment(path)
    former = path.read_text()
    observed: list[str] = []
    replace = Path.replace

    def replaced(part: Path, target: Path) -> Path:
        observed.append(path.read_text())
        return replace(part, target)

    monkeypatch.setattr(Path, "replace", replaced)
    made.connect(B="2")
    made.write_environment(path)
    assert observed == [former]
    assert path.read_text() == "export A=1\nexport B=2\n"
    assert list(tmp_path.iterdir()) == [path]
