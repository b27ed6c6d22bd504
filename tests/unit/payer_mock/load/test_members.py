"""Load tests of members and claims with fake clients; the processes of a fund; reports and their screens."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from eligibility_api.contract.claims import ClaimsFault, ClaimsState
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.uploads import UploadState
from payer_mock.cli import app
from payer_mock.cli import load as load_command
from payer_mock.load import claims as load_claims
from payer_mock.load import members as load_members
from payer_mock.load import processes
from payer_mock.load.claims import send_claim_files
from payer_mock.load.environment import LoadError, TargetEnvironment, target_environment
from payer_mock.load.insurers import InsurerCredentials, InsurerPool, largest_first
from payer_mock.load.members import upload_members
from payer_mock.load.population import PopulationLoader
from payer_mock.load.report import ClaimsLoadReport, MembersLoadReport, UploadRound
from payer_mock.population.files import PopulationError
from payer_mock.screens.load import show_claims_load, show_members_load
from tests.unit.payer_mock.builders import credential

INSURERS = ("01130012", "06130017", "138057")
LINES = re.compile("[\u2500-\u257f]")


def upload(state: UploadState, proposed: int = 0, **more: Any) -> Any:
    usual = {
        "upload_id": "u1",
        "refusal": None,
        "duplicate_of": None,
        "known_from": None,
        "undone_from": None,
    }
    report = SimpleNamespace(rows=10, bad_rows=1, proposed=proposed)
    return SimpleNamespace(state=state, **(usual | {"report": report} | more))


@dataclass
class FakeCredentials:
    """Clients whose uploads have given states by insurer; records the calls."""

    states: dict[str, Any] = field(default_factory=dict)
    published: UploadState = UploadState.PUBLISHED
    proposed: int = 0
    calls: list[tuple[str, str]] = field(default_factory=list)

    @contextmanager
    def client(self, insurer_number: str, *, as_approver: bool = False) -> Iterator[Any]:
        def call(name: str, answer: Any) -> Callable[..., Any]:
            def run(*_: object) -> Any:
                self.calls.append((insurer_number, f"{name}{' as approver' if as_approver else ''}"))
                return answer

            return run

        done = upload(self.published, self.proposed, refusal="row-limit")
        checked = self.states.get(insurer_number, upload(UploadState.CHECKED))
        yield SimpleNamespace(
            upload=call("upload", checked),
            approve_upload=call("approve", done),
            publish_upload=call("publish", done),
            send=call("send", checked),
            confirm=call("confirm", self.proposed),
        )


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A file per insurer, the last one the largest."""
    monkeypatch.setattr(load_members, "send_upload", lambda client, file, _: client.upload(file))
    monkeypatch.setattr(load_members, "confirm_proposals", lambda client: client.confirm())
    monkeypatch.setattr(load_claims, "send_claims", lambda client, file: client.send(file))
    monkeypatch.setattr(
        load_claims, "insurer_of_claims", lambda file: file.stem if file.stem.isdigit() else None
    )
    made = []
    for size, insurer in enumerate(INSURERS):
        file = tmp_path / f"{insurer}.csv"
        file.write_text("insurer_number\n" + f"{insurer}\n" * (size + 1))
        made.append(file)
    return made


def uploaded(files: list[Path], credentials: FakeCredentials) -> UploadRound:
    return upload_members(files, credentials)  # type: ignore[arg-type]


def test_proposals_are_confirmed_by_their_insurer_once_everything_is_published(files: list[Path]) -> None:
    credentials = FakeCredentials(proposed=4)
    result = uploaded(files, credentials)
    assert result.proposals == 4 * len(INSURERS)
    assert Counter(credentials.calls[-len(INSURERS) :]) == Counter(
        (insurer, "confirm") for insurer in INSURERS
    )
    assert result.confirmed_after >= result.published_after


def test_every_file_is_checked_and_then_published_by_its_insurer(files: list[Path]) -> None:
    credentials = FakeCredentials()
    result = uploaded(files, credentials)
    assert Counter(credentials.calls) == Counter(
        (insurer, call) for insurer in INSURERS for call in ("upload", "publish")
    )
    assert (result.rows, result.bad_rows, result.held) == (30, 3, 0)
    assert 0 < result.checked_after <= result.published_after
    assert result.checked_per_s >= result.published_per_s > 0


def test_a_held_file_is_approved_by_a_second_person(files: list[Path]) -> None:
    credentials = FakeCredentials({"138057": upload(UploadState.HELD)})
    assert uploaded(files, credentials).held == 1
    assert ("138057", "approve as approver") in credentials.calls
    assert ("138057", "publish") not in credentials.calls


def test_a_file_that_the_fund_has_already_is_not_published_again(files: list[Path]) -> None:
    credentials = FakeCredentials({"138057": upload(UploadState.PUBLISHED, duplicate_of="u0", report=None)})
    assert uploaded(files, credentials).rows == 20
    assert ("138057", "publish") not in credentials.calls


@pytest.mark.parametrize(
    ("states", "published", "message"),
    [
        ({"138057": upload(UploadState.REFUSED, refusal="file-truncated")}, UploadState.PUBLISHED, "138057.csv: refused (file-truncated)"),
        ({}, UploadState.REFUSED, "upload of [0-9]+: refused (row-limit)"),
    ],
)  # fmt: skip
def test_a_refused_file_ends_the_load_with_its_reason(
    files: list[Path], states: dict[str, Any], published: UploadState, message: str
) -> None:
    with pytest.raises(LoadError, match=message.replace("(", r"\(").replace(")", r"\)")):
        uploaded(files, FakeCredentials(states, published))


def test_a_file_without_an_insurer_is_named(files: list[Path], tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("name\nx\n")
    with pytest.raises(LoadError, match=r"other\.csv has no insurer number"):
        uploaded([*files, other], FakeCredentials())
    with pytest.raises(LoadError, match=r"other\.csv has no insurer number"):
        send_claim_files(ClaimsLoadReport(10), [other], FakeCredentials())  # type: ignore[arg-type]


def claims(state: ClaimsState = ClaimsState.DONE, **more: Any) -> Any:
    report = SimpleNamespace(claims=100, accepted=98, unmatched=2, faults={ClaimsFault.DUPLICATE: 2})
    return SimpleNamespace(
        state=state, **({"file_id": "f1", "refusal": None, "known_from": None, "report": report} | more)
    )


def test_claims_and_faults_of_all_files_are_added_up(files: list[Path]) -> None:
    report = ClaimsLoadReport(10)
    answers = {insurer: claims() for insurer in INSURERS}
    send_claim_files(report, files, FakeCredentials(answers))  # type: ignore[arg-type]
    assert (report.files, report.claims, report.good, report.unmatched) == (3, 300, 294, 6)
    assert report.faults == Counter({ClaimsFault.DUPLICATE.value: 6})
    assert not report.clean
    assert report.claims_per_s > 0


@pytest.mark.parametrize(
    "answer", [claims(ClaimsState.REFUSED, refusal="file-truncated"), claims(report=None)]
)
def test_a_claim_file_that_was_not_stored_ends_the_load(files: list[Path], answer: Any) -> None:
    with pytest.raises(LoadError, match=r"138057\.csv"):
        send_claim_files(ClaimsLoadReport(10), [files[2]], FakeCredentials({"138057": answer}))  # type: ignore[arg-type]


def test_the_largest_file_is_sent_first(files: list[Path]) -> None:
    assert largest_first(files) == files[::-1]


def test_once_a_thread_has_failed_the_others_stop_at_their_next_wait() -> None:
    pool = InsurerPool()
    pool.wait(0.0)

    def fail() -> None:
        with pool.executor():
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with pytest.raises(LoadError, match="another insurer's thread failed"):
        pool.wait(0.0)


@pytest.mark.parametrize(("as_approver", "name"), [(False, "programs/payer"), (True, "approvers/approver")])
def test_the_credential_of_a_load_is_that_of_program_or_approver(
    tmp_path: Path, as_approver: bool, name: str
) -> None:
    path = tmp_path / f"{name}-01130012.json"
    path.parent.mkdir()
    credential().save(path)
    credentials = InsurerCredentials("http://127.0.0.1:1", tmp_path / "programs", tmp_path / "approvers")
    with credentials.client("01130012", as_approver=as_approver) as client:
        assert client is not None
    with pytest.raises(OSError, match="138057"), credentials.client("138057", as_approver=as_approver):
        raise AssertionError


PROCESSES = {
    1: (0, "init", "init", 10, 5),
    7: (1, "python -m shikaku.stack", "python", 20, 10),
    8: (7, "python -m eligibility_api.serve", "python", 2048, 100),
    9: (8, "python -m eligibility_api.serve worker", "python", 4096, 200),
    10: (8, "/pg/postgres -D data", "postgres", 8192, 400),
    11: (7, "python -m jpki_mock.cli", "python", 1024, 800),
    20: (1, "python -m eligibility_api.serve", "python", 512, 1600),
}
"""In place of /proc: parent, command line, name, peak and processor ticks by process id."""


def read_proc(pid: int, name: str) -> str:
    if pid not in PROCESSES:
        return ""
    parent, command, comm, peak, ticks = PROCESSES[pid]
    return {
        "status": f"Name:\t{comm}\nPPid:\t{parent}\nVmHWM:\t  {peak} kB\n",
        "cmdline": command,
        "comm": comm,
        "stat": f"{pid} (a (b) c) S {' '.join(['0'] * 10)} {ticks} 1 2 3 0",
    }[name]


@pytest.fixture
def proc(monkeypatch: pytest.MonkeyPatch) -> None:
    parents: dict[int, list[int]] = {}
    for pid, (parent, *_) in PROCESSES.items():
        parents.setdefault(parent, []).append(pid)
    monkeypatch.setattr(processes, "_read", read_proc)
    monkeypatch.setattr(processes, "_children", lambda: parents)
    monkeypatch.setattr(os, "sysconf", lambda _: 100)


def test_only_the_fund_s_own_processes_of_this_stack_are_counted(proc: None) -> None:
    assert processes.fund_peaks(7) == {8: 2.0, 9: 4.0}
    assert processes.fund_peaks(20) == {20: 0.5}
    assert processes.fund_peaks(999) == {}


def test_the_fund_s_processor_time_includes_its_database_and_ended_children(proc: None) -> None:
    assert processes.fund_cpu_seconds(7) == pytest.approx((100 + 200 + 400 + 3 * 6) / 100)


def test_this_process_has_a_peak() -> None:
    assert processes.own_peak() > 1
    assert processes._read(2**22 + 1, "status") == ""


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
        assert done.stdout == ""
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
