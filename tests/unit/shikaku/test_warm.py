"""Warm commands: as commands in processes of their own, but quick."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from shikaku import processes
from shikaku.processes import ROOT, StackError
from shikaku.warm import WarmCommands, _exit_code

PROGRAM = """
import os, sys, time
print("imported", flush=True, file=open({log!r}, "a"))

def main():
    word = sys.argv[1]
    if word == "show":
        import colorsys
        print(sys.argv, sys.stdin.read(), os.environ.get("A"), os.environ.get("HOME"), os.getcwd(), os.getpid())
        print("警告", file=sys.stderr)
    elif word == "fail":
        raise ValueError("no such thing")
    elif word == "wait":
        time.sleep(60)
    elif word == "kill":
        os.kill(os.getppid(), 9)
    elif word == "late":
        print("colorsys" in sys.modules)
    elif word == "meet":
        here, there = sys.argv[2:]
        open(here, "w").close()
        while not os.path.exists(there):
            time.sleep(0.01)
        raise SystemExit(5)
    elif word == "text":
        raise SystemExit("a reason")
    raise SystemExit(int(sys.argv[2]) if len(sys.argv) > 2 else None)
"""

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def run(tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a program that is no organisation's; `seconds` of each command: two."""
    (tmp_path / "sample_program.py").write_text(PROGRAM.format(log=str(log)), encoding="utf-8")
    monkeypatch.setattr("shikaku.warm._IMPORT", f"import sys; sys.path.insert(0, {str(tmp_path)!r})")
    monkeypatch.setitem(processes.MODULES, "sample", "sample_program")
    with WarmCommands(2) as warm:

        def one(*arguments: str, stdin: str = "", **environment: str) -> CompletedProcess[str]:
            return warm.run("sample", arguments, environment, stdin)

        yield one


def test_a_command_has_its_arguments_input_and_environment_alone(run: Run) -> None:
    done = run("show", stdin="暗証番号", A="1")
    assert done.returncode == 0
    assert done.stdout.startswith(f"['sample', 'show'] 暗証番号 1 None {ROOT} ")
    assert done.stderr == "警告\n"
    assert run("show").stdout.startswith("['sample', 'show']  None None ")


def test_the_program_is_imported_once_and_each_command_is_a_process(run: Run, log: Path) -> None:
    processes = {run("show").stdout.split()[-1] for _ in range(3)}
    assert len(processes) == 3
    assert str(os.getpid()) not in processes
    assert log.read_text() == "imported\n"


def test_commands_of_threads_run_side_by_side(run: Run, log: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        codes = list(pool.map(lambda code: run("exit", str(code)).returncode, range(12)))
    assert codes == list(range(12))
    assert log.read_text() == "imported\n"


def test_a_command_may_wait_for_another(run: Run, tmp_path: Path) -> None:
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    with ThreadPoolExecutor(2) as pool:
        codes = [one.returncode for one in pool.map(lambda names: run("meet", *names), [(a, b), (b, a)])]
    assert codes == [5, 5]


def test_the_programs_are_imported_ahead(
    tmp_path: Path, log: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shikaku.warm.PROGRAMS", ("sample",))
    with WarmCommands(2) as warm:
        warm.prepare()
        warm.prepare()
    assert log.read_text() == "imported\n"


def test_what_a_command_imported_is_imported_for_the_next(run: Run) -> None:
    assert run("late").stdout == "False\n"
    run("show")
    assert run("late").stdout == "True\n"


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["exit"], 0, ""),
        (["exit", "7"], 7, ""),
        (["text"], 1, "a reason\n"),
        (["fail"], 1, "ValueError: no such thing\n"),
    ],
    ids=["none", "number", "text", "exception"],
)
def test_a_command_ends_as_python_ends_it(run: Run, arguments: list[str], code: int, error: str) -> None:
    done = run(*arguments)
    assert done.returncode == code
    assert done.stderr.endswith(error)
    assert run("exit", "3").returncode == 3  # the next one runs


def test_a_command_that_takes_too_long_is_killed_alone(run: Run) -> None:
    assert run("wait").returncode == -14
    assert run("exit", "0").returncode == 0


def test_a_process_that_was_killed_is_an_error_and_no_hang(run: Run) -> None:
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(run, "wait")
        with pytest.raises(StackError, match="sample: the process for its commands ended with -9"):
            run("kill")
        with pytest.raises(StackError, match="ended with -9"):
            waiting.result()
    assert run("exit", "0").returncode == 0


@pytest.mark.parametrize(("end", "code"), [(None, 0), (0, 0), (3, 3), (True, 1)])
def test_the_exit_code_of_an_end(end: int | None, code: int) -> None:
    assert _exit_code(lambda: sys.exit(end)) == code
    assert _exit_code(lambda: None) == 0
