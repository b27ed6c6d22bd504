"""The target: a running stack, and other organisations' programs, run by name."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from loadtest import target as target_module
from loadtest.errors import LoadError
from loadtest.target import TargetEnvironment, open_target, start_stack

pytestmark = pytest.mark.slow


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


ENVIRONMENT_FILE = """export TERMINAL_FUND_URL=http://127.0.0.1:8400
export FUND_HOME='/tmp/a folder/stack'
export PAYER_CREDENTIAL=/a.json:/b.json
export SECRET='it'"'"'s = "quoted" $HOME'
export EMPTY=
"""


def test_the_environment_file_is_read_as_a_shell_would(tmp_path: Path) -> None:
    file = tmp_path / "stack.env"
    file.write_text(ENVIRONMENT_FILE, encoding="utf-8")
    assert target_module._read_environment(file) == {
        "TERMINAL_FUND_URL": "http://127.0.0.1:8400",
        "FUND_HOME": "/tmp/a folder/stack",
        "PAYER_CREDENTIAL": "/a.json:/b.json",
        "SECRET": 'it\'s = "quoted" $HOME',
        "EMPTY": "",
    }


def test_a_started_stack_s_commands_reach_no_other_database() -> None:
    kept = target_module._without_databases(
        {
            "DATABASE_URL": "x",
            "DATABASE_URL_2": "x",
            "FUND_DATABASE_OWNER_URL": "x",
            "FUND_SECRETS_DIR": "x",
            "FUND_HOME": "x",
            "PATH": "/bin",
        }
    )
    assert kept == {"FUND_HOME": "x", "PATH": "/bin"}


class FakeProcess:
    """A stack's process: `codes` are what it is found to have exited with, poll by poll."""

    pid = 7

    def __init__(self, *codes: int | None) -> None:
        self._codes = list(codes)

    def poll(self) -> int | None:
        return self._codes.pop(0) if len(self._codes) > 1 else self._codes[0]


def wait(process: FakeProcess, log: Path) -> None:
    target_module._wait_until_ready(cast(Any, process), log)


def test_a_stack_is_ready_once_it_prints_how_to_load_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "stack.log"
    log.write_bytes(b"starting\n")
    monkeypatch.setattr(time, "sleep", lambda _: log.write_text("starting\nset -a; . stack.env\n"))
    wait(FakeProcess(None), log)


def test_a_stack_that_ends_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    log = tmp_path / "stack.log"
    log.write_bytes(b"\xff\n" + b"".join(b"line %d\n" % number for number in range(100)))
    with pytest.raises(LoadError) as raised:
        wait(FakeProcess(1), log)
    assert str(raised.value).splitlines()[0] == "the stack did not start: line 80"
    assert str(raised.value).splitlines()[-1] == "line 99"


def test_a_stack_that_never_gets_ready_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "stack.log"
    log.write_bytes(b"")
    clock = iter(range(0, 10_000, 100))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with pytest.raises(LoadError, match="did not start in time"):
        wait(FakeProcess(None), log)


@pytest.fixture
def stacks(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands of started stacks, each of which writes its environment file at once."""
    commands: list[list[str]] = []

    @contextmanager
    def child(command: list[str], *, output: Any, stop_seconds: float) -> Iterator[FakeProcess]:
        commands.append(command)
        home = Path(command[command.index("--home") + 1])
        home.with_name("stack.env").write_text(
            "export TERMINAL_FUND_URL=http://127.0.0.1:9\nexport FUND_HOME=/f\n"
        )
        output.write(b"set -a; . stack.env\n")
        output.flush()
        yield FakeProcess(None)
        commands.append(["ended"])

    monkeypatch.setattr(target_module, "child_process", child)
    monkeypatch.setenv("FUND_DATABASE_URL", "postgresql://elsewhere/other")
    return commands


def test_a_started_stack_has_its_own_home_and_database(tmp_path: Path, stacks: list[list[str]]) -> None:
    with start_stack(tmp_path, workers=3) as target:
        assert (target.fund_url, target.stack_pid) == ("http://127.0.0.1:9", 7)
        assert "FUND_DATABASE_URL" not in target.environment
        assert "PATH" in target.environment
    assert stacks[0][1:] == ["-m", "shikaku.stack", "--home", str(tmp_path / "stack"), "--workers", "3"]
    assert stacks[1:] == [["ended"]]


def test_a_stack_is_given_a_prepared_database(tmp_path: Path, stacks: list[list[str]]) -> None:
    cluster = cast(Any, object())
    with start_stack(tmp_path, workers=1, database=tmp_path / "addresses", cluster=cluster) as target:
        assert target.cluster is cluster
    assert stacks[0][-2:] == ["--database", str(tmp_path / "addresses")]


def test_without_a_running_stack_one_is_started(
    tmp_path: Path, stacks: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TERMINAL_FUND_URL", raising=False)
    with open_target(tmp_path, workers=2) as target:
        assert target.stack_pid == 7
    assert stacks[0][-1] == "2"


def test_a_command_that_prints_no_object_raises_its_messages() -> None:
    target = TargetEnvironment(dict(os.environ), None)
    with pytest.raises(LoadError, match=r"(?s)payer-mock nonsense printed no JSON: .*nonsense"):
        target.run_json("payer-mock", "nonsense")


@pytest.mark.parametrize(("lines", "shown"), [(0, 0), (3, 3), (20, 20), (21, 20)])
def test_the_tail_of_a_log_has_twenty_lines(lines: int, shown: int) -> None:
    text = "\n".join(f"line {number}" for number in range(lines)) + "\n\n"
    tail = target_module._tail(text).splitlines()
    assert tail == [f"line {number}" for number in range(lines)][-20:]
    assert len(tail) == shown
