"""Child processes of a stack: started by their installed names, waited for, and stopped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from shikaku import processes
from shikaku.processes import MODULES, Service, StackError, command_line

WAITS = "import sys, time; print('listening', flush=True); time.sleep(600)"
FAILS = "import sys; print('\\n'.join(f'line {n}' for n in range(50)), flush=True); sys.exit('the reason')"


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Service]:
    """Starts a small program in place of a service."""
    monkeypatch.setattr(processes, "_parent_death_prefix", tuple)
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)

    def make(program: str) -> Service:
        monkeypatch.setattr(processes, "command_line", lambda *_: [sys.executable, "-c", program])
        return Service("jpki-mock", [], dict(os.environ), tmp_path / "logs" / "jpki-mock.log", lock)

    return make


def test_a_service_is_waited_for_and_stopped(start: Callable[[str], Service], tmp_path: Path) -> None:
    service = start(WAITS)
    log = tmp_path / "logs" / "jpki-mock.log"
    service.wait_for("address", lambda: "listening" in log.read_text(), 60.0)
    service.stop()
    assert service._process.returncode == -15


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="not installed: setpriv")
def test_a_service_outlives_the_thread_that_asked_for_it(
    start: Callable[[str], Service], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And ends with this process: the signal of a parent's death is asked for."""
    monkeypatch.setattr(processes, "_parent_death_prefix", lambda: ("setpriv", "--pdeathsig", "TERM"))
    with ThreadPoolExecutor(1) as pool:
        service = pool.submit(start, WAITS).result()
    log = tmp_path / "logs" / "jpki-mock.log"
    service.wait_for("address", lambda: "listening" in log.read_text(), 60.0)
    assert service._process.poll() is None
    service.stop()


def test_a_service_that_ends_is_reported_with_the_end_of_its_log(start: Callable[[str], Service]) -> None:
    service = start(FAILS)
    with pytest.raises(StackError) as raised:
        service.wait_for("address", lambda: False, 60.0)
    lines = str(raised.value).splitlines()
    assert lines[0] == "jpki-mock ended with exit code 1:"
    assert lines[-1] == "the reason"
    assert len(lines) == 21


def test_a_service_that_does_not_get_ready_is_given_up(start: Callable[[str], Service]) -> None:
    service = start(WAITS)
    with pytest.raises(StackError, match="no readiness after 0 s"):
        service.wait_for("readiness", lambda: False, 0.0)
    service.stop()


@pytest.mark.parametrize("name", MODULES)
def test_every_program_is_started_by_its_installed_name(name: str) -> None:
    executable, option, program, *words = command_line(name, ["--help", Path("x")])
    assert (executable, option, words) == (sys.executable, "-c", ["--help", "x"])
    assert repr(name) in program
    assert f"from {MODULES[name]} import main" in program


@pytest.mark.parametrize(("found", "code", "prefix"), [(None, 0, ()), ("/usr/bin/setpriv", 1, ()), ("/usr/bin/setpriv", 0, ("setpriv", "--pdeathsig", "TERM"))])  # fmt: skip
def test_services_end_with_this_process_where_the_system_can_do_that(
    monkeypatch: pytest.MonkeyPatch, found: str | None, code: int, prefix: tuple[str, ...]
) -> None:
    processes._parent_death_prefix.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda _: found)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=code))
    assert processes._parent_death_prefix() == prefix
    processes._parent_death_prefix.cache_clear()
