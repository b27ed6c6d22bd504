"""The lock file of a postmaster: what is read of it, and that another process is never taken for one."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from eligibility_api.embedded_postgres import postmaster as module
from eligibility_api.embedded_postgres.postmaster import (
    SOCKET_NAME,
    Postmaster,
    remove_stale_locks,
    wait_until,
)

OWN = os.getpid()


def lock_file(data: Path, *lines: object) -> None:
    (data / "postmaster.pid").write_text("".join(f"{line}\n" for line in lines))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory in which this process works, as a postmaster does in its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("lines", [(), ("",), ("pid",), ("-",), (" ", 5432)])
def test_a_file_without_a_process_number_is_no_postmaster(data: Path, lines: tuple[object, ...]) -> None:
    lock_file(data, *lines)
    assert Postmaster.of(data) is None


def test_without_a_lock_file_there_is_none(data: Path) -> None:
    assert Postmaster.of(data) is None


@pytest.mark.parametrize(
    ("lines", "socket_directory", "ready"),
    [
        ((OWN,), None, False),
        ((OWN, "/data", 0, 5432, ""), None, False),
        ((OWN, "/data", 0, 5432, "/tmp/s"), Path("/tmp/s"), False),
        ((OWN, "/data", 0, 5432, "/tmp/s", "", "1 2", "starting"), Path("/tmp/s"), False),
        ((OWN, "/data", 0, 5432, "/tmp/s", "", "1 2", "ready   "), Path("/tmp/s"), True),
        ((OWN, "/data", 0, 5432, "/tmp/s", "", "1 2", "stopping"), Path("/tmp/s"), False),
        ((OWN, "/data", 0, 5432, "/tmp/s", "", "1 2", "standby"), Path("/tmp/s"), False),
    ],
)
def test_a_postmaster_is_ready_when_its_lock_file_has_that_word(
    data: Path, lines: tuple[object, ...], socket_directory: Path | None, ready: bool
) -> None:
    lock_file(data, *lines)
    assert Postmaster.of(data) == Postmaster(data, OWN, socket_directory, ready)


def test_a_living_process_in_another_directory_is_another_program(
    data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    lock_file(elsewhere, OWN, "/data", 0, 5432, "/tmp/s", "", "1 2", "ready")
    assert Postmaster.of(elsewhere) is None


def test_a_process_that_no_longer_exists_is_none(data: Path) -> None:
    lock_file(data, 2**22 + 1)
    assert Postmaster.of(data) is None


def test_it_is_reachable_only_while_its_socket_exists(data: Path) -> None:
    found = Postmaster(data, OWN, data, ready=True)
    reachable = [found.reachable]
    (data / SOCKET_NAME).touch()
    assert [*reachable, found.reachable] == [False, True]
    assert not Postmaster(data, OWN, None, ready=True).reachable


def test_the_locks_of_a_dead_postmaster_are_removed_and_nothing_else(data: Path) -> None:
    lock_file(data, 2**22 + 1)
    for name in (f"{SOCKET_NAME}.lock", SOCKET_NAME, "PG_VERSION"):
        (data / name).touch()
    remove_stale_locks(data, data)
    assert {path.name for path in data.iterdir()} == {SOCKET_NAME, "PG_VERSION"}
    remove_stale_locks(data, data)


def test_the_locks_of_a_living_postmaster_stay(data: Path) -> None:
    lock_file(data, OWN)
    remove_stale_locks(data, data)
    assert (data / "postmaster.pid").exists()


@pytest.fixture
def kills(monkeypatch: pytest.MonkeyPatch) -> list[signal.Signals]:
    """The signals that were sent, instead of sending them."""
    sent: list[signal.Signals] = []

    def kill(pid: int, number: signal.Signals) -> None:
        assert pid == OWN
        sent.append(number)

    monkeypatch.setattr(os, "kill", kill)
    return sent


@pytest.mark.parametrize(
    ("obeys", "sent"),
    [
        (signal.SIGINT, [signal.SIGINT]),
        (signal.SIGQUIT, [signal.SIGINT, signal.SIGQUIT]),
        (signal.SIGKILL, [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL]),
        (None, [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL]),
    ],
)
def test_each_signal_is_stronger_and_sent_only_if_the_former_had_no_effect(
    data: Path,
    kills: list[signal.Signals],
    monkeypatch: pytest.MonkeyPatch,
    obeys: signal.Signals | None,
    sent: list[signal.Signals],
) -> None:
    waits: list[float] = []

    def wait(condition: Callable[[], bool], seconds: float) -> bool:
        waits.append(seconds)
        return condition()

    monkeypatch.setattr(module, "wait_until", wait)
    Postmaster(data, OWN, None, ready=True).shut_down(lambda: obeys in kills)
    assert kills == sent
    assert waits == [120.0, 20.0, 5.0][: len(sent)]


def test_a_process_that_ended_meanwhile_needs_no_signal(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(pid: int, number: int) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(os, "kill", gone)
    Postmaster(data, OWN, None, ready=True).shut_down(lambda: True)


def test_waiting_ends_with_the_condition_or_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(100))
    monkeypatch.setattr("time.monotonic", lambda: float(next(now)))
    monkeypatch.setattr("time.sleep", lambda _: None)
    answers = iter([False, False, True])
    assert wait_until(lambda: next(answers), 10)
    assert not wait_until(lambda: False, 3)
    assert wait_until(lambda: True, 0)
