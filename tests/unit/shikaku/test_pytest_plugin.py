"""The fixture for other programs' tests: it starts nothing unasked, and says why a stack did not start."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from shikaku import pytest_plugin
from shikaku.pytest_plugin import RunningStack

READY = {
    "fund": "http://fund",
    "terminal_credential": "/t.json",
    "exchange": "/x",
    "cards": "/cards",
    "variables": {"A": "1"},
}

STACK = """
import json, signal, sys, time
arguments = sys.argv[2:]
ready = arguments[arguments.index("--ready-file") + 1]
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
{before}
open(ready, "w").write(json.dumps({{"arguments": arguments, **{ready}}}))
time.sleep(60)
"""


class TmpPaths:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def mktemp(self, name: str) -> Path:
        (self._folder / name).mkdir()
        return self._folder / name


def started(
    monkeypatch: pytest.MonkeyPatch, folder: Path, before: str = "", options: tuple[str, ...] = ()
) -> Iterator[RunningStack]:
    """The fixture's generator, over a program in the stack's place."""
    program = STACK.format(before=before, ready=READY)
    popen = subprocess.Popen

    def instead(command: list[str], **more: Any) -> Any:
        assert command[:3] == [sys.executable, "-m", "shikaku.serve"]
        return popen([sys.executable, "-c", program, *command[2:]], **more)

    monkeypatch.setattr(subprocess, "Popen", instead)
    fixture = pytest_plugin.shikaku.__wrapped__  # type: ignore[attr-defined]
    running: Iterator[RunningStack] = fixture(TmpPaths(folder), options)
    return running


def test_the_wheel_installs_the_plugin_and_no_test_of_ours_asks_for_it() -> None:
    [plugin] = entry_points(group="pytest11", name="shikaku")
    assert plugin.load() is pytest_plugin


def test_a_running_stack_is_handed_over_and_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    running = started(monkeypatch, tmp_path, options=("--strict",))
    stack = next(running)
    assert stack.fund == "http://fund"
    assert stack.terminal_credential == Path("/t.json")
    assert stack.exchange == Path("/x")
    assert stack.card("P01-valid") == Path("/cards/P01-valid.json")
    assert stack.variables == {"A": "1"}
    arguments = stack.ready["arguments"]
    assert arguments[-1] == "--strict"
    assert arguments[arguments.index("--ports") + 1] == "free"
    with pytest.raises(StopIteration):
        next(running)


def test_the_persons_are_read(tmp_path: Path) -> None:
    file = tmp_path / "persons.json"
    file.write_text(json.dumps({"pin": "4321", "persons": [{"id": "P01-valid"}]}))
    assert RunningStack({"persons": str(file)}).persons() == [{"id": "P01-valid"}]


def test_the_output_of_a_stack_that_ends_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    running = started(monkeypatch, tmp_path, 'sys.exit("Another program uses port 8400")')
    with pytest.raises(pytest.fail.Exception, match=r"exit code 1:\nAnother program uses port 8400"):
        next(running)


def test_a_stack_that_is_never_ready_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pytest_plugin, "START_SECONDS", 0.5)
    running = started(monkeypatch, tmp_path, "time.sleep(60)")
    with pytest.raises(pytest.fail.Exception, match=r"not ready after 0.5 s"):
        next(running)
