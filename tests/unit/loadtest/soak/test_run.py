"""A whole soak with fake parts: phases, chores alongside, the closing checks; and the command."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from loadtest.cli import app
from loadtest.dataset.provision import DatasetSize
from loadtest.errors import LoadError
from loadtest.html_report import render
from loadtest.http_client.connection import ConnectionFailed, Reply
from loadtest.report.report import RunReport
from loadtest.soak import run as run_module
from loadtest.soak.presenter import show
from loadtest.soak.reading import Reading
from loadtest.soak.run import SoakReport, run_soak
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.faults.builders import FakePool
from tests.unit.loadtest.scenario.builders import FAULT, report

SIZE = DatasetSize(300, 60, 8)


def note(data: bytes) -> Reply:
    if b"/v1/token" in data:
        return Reply(200, b'{"access_token": "t", "expires_in": 300}')
    assert b"GET /v1/audit/checkpoint" in data
    assert b"Authorization: Bearer t" in data
    return Reply(200, b"note")


class Target:
    """A stack of the soak's own."""

    environment: Mapping[str, str] = MappingProxyType({})
    fund_url = "http://127.0.0.1:1"

    def __init__(self, laboratory: Laboratory) -> None:
        self._laboratory = laboratory

    def run(self, program: str, *commands: tuple[Any, ...]) -> str:
        if (refusal := self._laboratory.refusal) is not None:
            self._laboratory.refusal = None
            raise refusal
        self._laboratory.commands += [(program, *map(str, command)) for command in commands]
        return ""

    def run_json(self, program: str, *arguments: str | Path) -> dict[str, Any]:
        self._laboratory.commands.append((program, *map(str, arguments)))
        return self._laboratory.verified


class Laboratory:
    """Fake parts of a soak, and what was done with them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commands: list[tuple[str, ...]] = []
        self.phases: list[tuple[str, float, int]] = []
        self.reports: list[RunReport] = []
        self.sent = 0
        self.verified: dict[str, Any] = {"holds": True, "leaves": 9, "records": 9}
        self.cut: list[object] = []
        self.failures: list[Exception] = []
        self.refusal: Exception | None = None
        """Of the next command."""
        self.checkpoint = FakePool(note)
        for name in (
            "start_stack",
            "provision",
            "claim_files",
            "ClaimSender",
            "cut_month",
            "count_records",
            "run_on",
            "read",
        ):
            monkeypatch.setattr(run_module, name, getattr(self, name))
        monkeypatch.setattr(run_module, "operator_dsn", lambda _: "postgresql://owner")
        monkeypatch.setattr(run_module, "ConnectionPool", lambda *_, **__: self.checkpoint)

    @contextmanager
    def start_stack(self, folder: Path, *, workers: int, backups: bool) -> Iterator[Target]:
        assert backups
        yield Target(self)

    def provision(self, *_: object) -> Any:
        return SimpleNamespace(terminals=[terminal()] * 3)

    def claim_files(self, *_: object) -> list[Path]:
        return [Path("claims-06010001-2026-10.UKE")]

    def ClaimSender(self, files: list[Path], client_of: object) -> Any:
        def send_next() -> None:
            self.sent += 1
            sender.sent = self.sent

        sender = SimpleNamespace(sent=0, refused=[], failures=0, send_next=send_next)
        return sender

    async def cut_month(self, dsn: str, at: object) -> None:
        self.cut.append(at)

    async def count_records(self, dsn: str, at: object) -> tuple[int, int]:
        assert [at] == self.cut
        return 400, 500

    def run_on(self, target: object, dataset: object, plan: Any, size: DatasetSize, **more: Any) -> RunReport:
        if self.failures:
            raise self.failures.pop()
        self.phases.append((more["options"].fault.name, plan.scale, plan.seed))
        section = FAULT
        section.figures.update(before={"p99_ms": 30.0})  # type: ignore[attr-defined]
        return report(sections=[section])

    async def read(self, target: object, at_s: float, answered: int) -> Reading:
        return Reading(at_s, {"api": 200.0}, {"api": 60}, 20, 10**9, answered)


@pytest.fixture
def laboratory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Laboratory:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(render, "write", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    return Laboratory(monkeypatch)


def soak(tmp_path: Path, hours: float = 0.1) -> SoakReport:
    return run_soak(
        hours,
        SIZE,
        scale=0.1,
        seed=5,
        workers=2,
        folder=tmp_path,
        progress=lambda _: None,
        on_phase=lambda *_: None,
    )


def test_faults_take_turns_with_claims_in_each_phase_and_back_ups_now_and_then(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    done = soak(tmp_path)
    assert laboratory.phases == [
        (name, 0.1, 5 + number)
        for number, name in enumerate(
            ["wrong-numbers", "blank-column", "publish", "ocsp-slow", "ocsp-down", "reconnect-storm"]
        )
    ]
    assert laboratory.sent == len(done.results) == 6
    backups = laboratory.commands.count(("eligibility-api", "backup"))
    assert backups == done.closing.backups == 3  # of the first and fourth phase, and at the end
    assert [reading.answered for reading in done.readings] == [3160 * number for number in range(7)]
    assert done.passed
    assert done.verdict.en == "0.1 hours, 18,960 checks: passed."


def test_log_and_back_ups_are_verified_with_a_checkpoint_from_before(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    soak(tmp_path)
    kept = str(tmp_path / "checkpoint")
    assert (tmp_path / "checkpoint").read_bytes() == b"note"
    export = str(tmp_path / "audit.jsonl")
    assert laboratory.commands[-3:] == [
        ("eligibility-api", "audit", "export", "--out", export),
        ("eligibility-api", "audit", "verify", export, "--json", "--checkpoint", kept),
        ("eligibility-api", "verify", "--checkpoint", kept),
    ]


def test_a_log_that_does_not_hold_fails_the_soak(laboratory: Laboratory, tmp_path: Path) -> None:
    laboratory.verified = {"holds": False}
    done = soak(tmp_path)
    assert not done.passed
    assert done.verdict.en == "0.1 hours, 18,960 checks: failed (log, backup)."


def test_a_verdict_names_how_much_was_not_judged(laboratory: Laboratory, tmp_path: Path) -> None:
    done = soak(tmp_path, hours=0.05)
    assert len(done.results) == 3
    assert done.verdict.en == "0.05 hours, 9,480 checks: passed. 5 criteria were not judged."
    assert done.verdict.ja == "0.05時間、照会9,480件：合格です。5項目は未判定です。"


@pytest.mark.parametrize(
    "failure", [LoadError("payer-mock upload printed no JSON"), ConnectionFailed("timeout")]
)
def test_a_phase_that_cannot_be_completed_has_failed_and_the_next_one_follows(
    laboratory: Laboratory, tmp_path: Path, failure: Exception
) -> None:
    laboratory.failures = [failure]
    done = soak(tmp_path)
    assert (len(done.results), len(done.readings)) == (6, 7)
    first, second, *_ = done.results
    assert (first.fault, first.met, first.p99_ms) == ("wrong-numbers", False, None)
    assert first.verdict.en == f"It could not be completed: {failure}."
    assert second.met
    assert done.verdict.en.startswith("0.1 hours, 15,800 checks: failed (faults).")


def test_a_chore_that_fails_fails_its_phase(laboratory: Laboratory, tmp_path: Path) -> None:
    laboratory.refusal = LoadError("eligibility-api backup exited with 1")
    done = soak(tmp_path, 0.05)
    assert [result.met for result in done.results] == [False, True, True]


def cut(_: bytes) -> Reply:
    raise ConnectionFailed("timeout")


@pytest.mark.parametrize(
    "pool", [FakePool(cut), FakePool(lambda _: Reply(404, b""))], ids=["cut", "none yet"]
)
def test_without_a_checkpoint_nothing_is_begun(
    laboratory: Laboratory, tmp_path: Path, pool: FakePool
) -> None:
    laboratory.checkpoint = pool
    with pytest.raises(LoadError, match="checkpoint"):
        soak(tmp_path)
    assert laboratory.phases == []


def invoke(*words: str) -> Result:
    return CliRunner().invoke(app, ["soak", *words])


def test_the_command_prints_the_report_and_keeps_it(laboratory: Laboratory, tmp_path: Path) -> None:
    done = invoke("--hours", "0.1", "--scale", "0.2", "--json", "--out", "reports")
    printed = json.loads(done.stdout)
    assert (done.exit_code, printed["passed"], printed["scale"], len(printed["phases"])) == (0, True, 0.2, 6)
    assert json.loads((tmp_path / "reports" / "soak.json").read_text()) == printed
    assert printed["closing"]["before_month"] == 400
    assert printed["machine"]["cores"] > 0


def test_a_failed_soak_has_exit_code_one(laboratory: Laboratory) -> None:
    laboratory.verified = {"holds": False}
    done = invoke("--hours", "0.1")
    assert done.exit_code == 1
    assert "✗ log" in done.stdout


def test_one_that_cannot_be_completed_has_exit_code_three(laboratory: Laboratory) -> None:
    laboratory.checkpoint = FakePool(cut)
    done = invoke("--hours", "0.1")
    assert done.exit_code == 3
    assert "the log's checkpoint cannot be read: timeout" in done.stderr


@pytest.mark.parametrize(
    "words", [("--hours", "0"), ("--hours", "241"), ("--people", "299"), ("--scale", "11")]
)
def test_options_out_of_bounds_are_wrong_usage(laboratory: Laboratory, words: tuple[str, ...]) -> None:
    assert (invoke(*words).exit_code, laboratory.phases) == (2, [])


def test_the_console_shows_failed_phases_and_every_criterion(laboratory: Laboratory, tmp_path: Path) -> None:
    console = Console(file=StringIO(), width=200)
    show(console, soak(tmp_path))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "✓ answers" in printed
    assert "✓ memory: api" in printed
    assert "0.1時間、照会18,960件：合格です。" in printed
