"""The target: a running stack, and other organisations' programs, run by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loadtest.target import LoadError, TargetEnvironment, open_target


def test_many_commands_are_run_in_one_process_and_their_output_is_returned() -> None:
    target = TargetEnvironment(dict(os.environ), None)
    assert (
        target.run("payer-mock", ["next-month", "--help"], ["population", "--help"]).count(
            "Usage: payer-mock"
        )
        == 2
    )


def test_a_failed_command_ends_the_run_and_is_named() -> None:
    target = TargetEnvironment(dict(os.environ), None)
    with pytest.raises(LoadError, match="payer-mock nonsense exited with 2"):
        target.run("payer-mock", ["nonsense"])


def test_a_running_stack_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TERMINAL_FUND_URL", "http://127.0.0.1:8400")
    monkeypatch.setenv("FUND_HOME", "/somewhere")
    with open_target(tmp_path, workers=1) as target:
        assert (target.fund_url, target.fund_home, target.stack_pid) == (
            "http://127.0.0.1:8400",
            Path("/somewhere"),
            None,
        )
