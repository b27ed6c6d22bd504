"""Outages are replayed one after the other against one stack; the command's options, output and exit codes."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from loadtest.cli import app
from loadtest.dataset.provision import DatasetSize
from loadtest.errors import LoadError
from loadtest.html_report import render
from loadtest.outages import run as run_module
from loadtest.outages.catalogue import OUTAGES
from loadtest.outages.presenter import show, summary
from loadtest.outages.run import Replay, replay_all
from loadtest.report.report import RunReport
from tests.unit.loadtest.scenario.builders import FAULT, report, stats

SIZE = DatasetSize(300, 60, 8)


def broken() -> RunReport:
    """A run with an error that nothing explains."""
    failed = stats()
    failed.errors["internal"] = 1
    return report(stats=failed, sections=[FAULT])


class Stack:
    """Records what runs against it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = 0
        self.runs: list[tuple[str, float, float, int]] = []
        self.reports = {name: report(sections=[FAULT]) for name in OUTAGES}
        self.failures: list[Exception] = []
        self.refusal: Exception | None = None
        monkeypatch.setattr(run_module, "provisioned", self.provisioned)
        monkeypatch.setattr(run_module, "run_on", self.run_on)

    @contextmanager
    def provisioned(self, size: DatasetSize, **_: Any) -> Iterator[tuple[str, str]]:
        if self.refusal is not None:
            raise self.refusal
        self.opened += 1
        self.size = size
        yield "target", "dataset"

    def run_on(self, target: str, dataset: str, plan: Any, size: DatasetSize, **more: Any) -> RunReport:
        assert (target, dataset, size) == ("target", "dataset", self.size)
        if self.failures:
            raise self.failures.pop()
        fault = more["options"].fault
        self.runs.append((fault.name, plan.seconds, plan.scale, plan.seed))
        return self.reports[next(name for name, each in OUTAGES.items() if each.fault is fault)]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stack:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(render, "write", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    return Stack(monkeypatch)


def invoke(*words: str) -> Result:
    return CliRunner().invoke(app, ["outage", *words])


def test_all_are_replayed_against_one_stack(stack: Stack, tmp_path: Path) -> None:
    steps: list[str] = []
    work = [(outage, outage.plan(None, 0.3, 1)) for outage in OUTAGES.values()]
    replays = list(replay_all(work, SIZE, workers=2, folder=tmp_path, progress=steps.append))
    assert stack.opened == 1
    assert [replay.outage.name for replay in replays] == list(OUTAGES)
    assert [name for name, *_ in stack.runs] == [outage.fault.name for outage in OUTAGES.values()]
    assert len(steps) == 12


def test_without_a_name_the_command_replays_all_twelve(stack: Stack) -> None:
    done = invoke("--json")
    printed = json.loads(done.stdout)
    assert (done.exit_code, printed["passed"], len(printed["outages"])) == (0, True, 12)
    assert printed["outages"][0]["name"] == "wrong-numbers"
    assert printed["outages"][0]["happened"] == "an insurer loaded wrong numbers"
    assert [seconds for _, seconds, _, _ in stack.runs] == [
        180.0 if name == "storm" else 60.0 for name, *_ in stack.runs
    ]


def test_the_given_ones_are_replayed_in_their_order_with_different_arrivals(stack: Stack) -> None:
    done = invoke(
        "demand-spike", "blank-burden", "--minutes", "0.5", "--scale", "0.2", "--seed", "5", "--cards", "9000"
    )
    assert done.exit_code == 0
    assert stack.runs == [("demand-spike", 30.0, 0.2, 5), ("blank-column", 30.0, 0.2, 6)]
    assert (stack.size.people, stack.size.cards) == (3000, 3000)


def test_one_that_did_not_end_as_expected_fails_the_command(stack: Stack) -> None:
    stack.reports["demand-spike"] = broken()
    done = invoke("blank-burden", "demand-spike", "--json")
    printed = json.loads(done.stdout)
    assert (done.exit_code, printed["passed"]) == (1, False)
    assert [one["passed"] for one in printed["outages"]] == [True, False]


@pytest.mark.parametrize(
    "words", [("flood",), ("--minutes", "0"), ("--minutes", "61"), ("--cards", "1"), ("--scale", "0")]
)
def test_what_does_not_exist_or_is_out_of_bounds_is_wrong_usage(stack: Stack, words: tuple[str, ...]) -> None:
    assert (invoke(*words).exit_code, stack.runs) == (2, [])


def test_a_run_that_cannot_be_completed_is_named_and_the_others_follow(stack: Stack) -> None:
    stack.failures = [LoadError("no insurer has 20 members: increase --people")]
    done = invoke("wrong-numbers", "demand-spike", "--json")
    printed = json.loads(done.stdout)
    assert (done.exit_code, printed["passed"]) == (3, False)
    assert [one["passed"] for one in printed["outages"]] == [False, True]
    assert printed["outages"][0]["reason"] == "no insurer has 20 members: increase --people"
    assert "increase --people" in done.stderr


def test_a_stack_that_cannot_be_provisioned_ends_the_command(stack: Stack) -> None:
    stack.refusal = LoadError("this stack holds another nation")
    done = invoke("wrong-numbers")
    assert (done.exit_code, stack.runs) == (3, [])
    assert "another nation" in done.stderr


def test_the_console_shows_each_verdict_and_the_sum() -> None:
    console = Console(file=StringIO(), width=200)
    replays = [
        Replay(OUTAGES["demand-spike"], report(sections=[FAULT])),
        Replay(OUTAGES["blank-burden"], broken()),
        Replay(OUTAGES["wrong-numbers"], report(sections=[FAULT], wrong={"validity": 3})),
        Replay(OUTAGES["uneven-load"], None, "a terminal could not sign in: 503"),
    ]
    show(console, replays)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "✓ demand-spike" in printed
    assert "✗ blank-burden" in printed
    assert "It could not be completed: a terminal could not sign in: 503." in printed
    assert "1 of 4 outages ended as expected; 3 answers were wrong." in printed
    assert summary(replays).ja == "4件の障害のうち1件が想定どおりです。誤った回答は3件です。"
