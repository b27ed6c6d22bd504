"""Where a load test runs: at a running fund, or at a stack of its own with its processes and its population."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from payer_mock.load import processes
from payer_mock.load.environment import LoadError, TargetEnvironment, target_environment
from payer_mock.load.population import PopulationLoader
from payer_mock.load.report import MembersLoadReport, UploadRound

PROCESSES = {
    1: (0, "init", "init", 10, 0.1),
    7: (1, "python -m shikaku.stack", "python", 20, 0.2),
    8: (7, "python -m eligibility_api.serve", "python", 2048, 1.0),
    9: (8, "python -m eligibility_api.serve worker", "python", 4096, 2.0),
    10: (8, "/pg/postgres -D data", "postgres", 8192, 4.0),
    11: (7, "python -m jpki_mock.cli", "python", 1024, 8.0),
    20: (1, "python -m eligibility_api.serve", "python", 512, 16.0),
}
"""In place of the machine's: parent, command line, name, peak and processor seconds by process id."""


@dataclass(frozen=True)
class FakeProcess:
    """In place of `psutil.Process`."""

    pid: int

    def __post_init__(self) -> None:
        if self.pid not in PROCESSES:
            raise psutil.NoSuchProcess(self.pid)

    def children(self, recursive: bool) -> list[FakeProcess]:
        assert recursive
        own = [FakeProcess(pid) for pid, (parent, *_) in PROCESSES.items() if parent == self.pid]
        return own + [one for child in own for one in child.children(recursive=True)]

    def cmdline(self) -> list[str]:
        return PROCESSES[self.pid][1].split()

    def name(self) -> str:
        return PROCESSES[self.pid][2]

    def cpu_times(self) -> SimpleNamespace:
        if self.pid == 9:  # it exits meanwhile
            raise psutil.NoSuchProcess(self.pid)
        return SimpleNamespace(
            user=PROCESSES[self.pid][4], system=0.5, children_user=0.25, children_system=0.0
        )


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "Process", FakeProcess)
    monkeypatch.setattr(processes, "_peak_mib", lambda pid: PROCESSES[pid][3] / 1024)


@pytest.mark.usefixtures("machine")
def test_only_the_fund_s_own_processes_of_this_stack_are_counted() -> None:
    assert processes.fund_peaks(7) == {8: 2.0, 9: 4.0}
    assert processes.fund_peaks(20) == {20: 0.5}
    assert processes.fund_peaks(999) == {}


@pytest.mark.usefixtures("machine")
def test_the_fund_s_processor_time_includes_its_database_and_ended_children() -> None:
    assert processes.fund_cpu_seconds(7) == 1.0 + 4.0 + 2 * 0.75
    assert processes.fund_cpu_seconds(999) == 0


def test_this_process_has_a_peak() -> None:
    assert processes.own_peak() > 1
    assert processes._peak_mib(2**22 + 1) == 0


ENVIRONMENT_FILE = "export PAYER_FUND_URL=http://127.0.0.1:9\nexport FUND_HOME='/a folder'\n"


def test_a_running_fund_is_used_and_its_processes_are_not_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PAYER_FUND_URL", "http://127.0.0.1:8400")
    with target_environment(tmp_path) as target:
        assert (target.fund_url, target.stack_pid) == ("http://127.0.0.1:8400", None)


class FakeStack:
    """A started stack that prints its last line at once, or ends."""

    pid = 7

    def __init__(self, command: list[str], *, stdout: Any, code: int | None = None, **_: object) -> None:
        self.command, self.code, self.signals = command, code, list[int]()
        home = Path(command[command.index("--home") + 1])
        home.with_name("stack.env").write_text(ENVIRONMENT_FILE)
        stdout.write(b"set -a; . stack.env\n" if code is None else b"no port\n")
        stdout.flush()

    def poll(self) -> int | None:
        return self.code

    def send_signal(self, number: int) -> None:
        self.signals.append(number)

    def wait(self, timeout: float) -> None:
        assert timeout > 0


@pytest.mark.parametrize("code", [None, 3])
def test_without_a_running_fund_a_stack_is_started_and_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int | None
) -> None:
    started: list[FakeStack] = []

    def popen(command: list[str], **options: Any) -> FakeStack:
        started.append(FakeStack(command, code=code, **options))
        return started[0]

    monkeypatch.delenv("PAYER_FUND_URL", raising=False)
    monkeypatch.setattr(subprocess, "Popen", popen)
    if code is None:
        with target_environment(tmp_path) as target:
            assert (target.fund_url, target.stack_pid) == ("http://127.0.0.1:9", 7)
            assert target.variables["FUND_HOME"] == "/a folder"
    else:
        with pytest.raises(LoadError, match="did not start: no port"), target_environment(tmp_path):
            raise AssertionError
    assert started[0].signals == [signal.SIGTERM]


def test_another_organisation_s_program_is_run_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **options: Any) -> Any:
        commands.append(command)
        failed = "insurer" in command
        return SimpleNamespace(returncode=4 if failed else 0, stderr="line\n" * 30 + "the reason\n")

    monkeypatch.setattr(subprocess, "run", run)
    target = TargetEnvironment({"PAYER_FUND_URL": "http://127.0.0.1:9"}, 7)
    target.run("jpki-mock", "residents", "--out", Path("x"))
    assert commands[0][3:] == ["residents", "--out", "x"]
    assert "from jpki_mock.cli import main" in commands[0][2]
    with pytest.raises(LoadError, match="eligibility-api insurer exited with 4:") as raised:
        target.run("eligibility-api", "insurer", "add")
    assert str(raised.value).endswith("the reason")
    assert len(str(raised.value).splitlines()) == 20


def test_a_population_is_provisioned_by_the_organisations_in_charge(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands: list[tuple[str, ...]] = []
    target: Any = SimpleNamespace(
        fund_url="http://127.0.0.1:9",
        stack_pid=None,
        run=lambda *words: commands.append(tuple(map(str, words))),
    )
    report = MembersLoadReport(300)
    loader = PopulationLoader(report, target, tmp_path)
    generated: list[Any] = []
    monkeypatch.setattr(
        "payer_mock.load.population.generate_population", lambda *args, **more: generated.append((args, more))
    )
    loader.provision(5, "2026-10")
    assert [command[:2] for command in commands] == [
        ("jpki-mock", "residents"),
        ("eligibility-api", "insurer"),
    ]
    assert {"--people", "300", "--seed", "5"} <= set(commands[0])
    assert generated == [
        ((tmp_path / "residents.jsonl", tmp_path / "population"), {"seed": 5, "month": "2026-10"})
    ]
    assert [*report.seconds] == ["residents", "population", "admission"]
    month = tmp_path / "population" / "2026-10"
    month.mkdir(parents=True)
    for name in ("members-01130012.csv", "members-unreported.csv", "members-138057.csv"):
        (month / name).touch()
    sent: list[set[str]] = []

    def upload_all(files: list[Path], _: object) -> UploadRound:
        sent.append({file.name for file in files})
        return UploadRound()

    monkeypatch.setattr("payer_mock.load.population.upload_members", upload_all)
    loader.enrol("first_load", "2026-10")
    assert sent == [{"members-01130012.csv", "members-138057.csv"}]
    assert report.insurers == 2
    loader.record_peak_memory()
    assert [*report.peaks] == ["loader"]
