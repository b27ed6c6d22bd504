"""Log lines that cannot be written are counted; they neither raise nor delay."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest

from eligibility_api.platform import log_writer
from eligibility_api.platform.log_writer import BackgroundLog, DirectLog

pytestmark = pytest.mark.slow

LINES = ["first", "second — 資格", "third"]


class Lost:
    """Counts lost lines."""

    def __init__(self) -> None:
        self.lines = 0

    def __call__(self, lines: int) -> None:
        self.lines += lines


@contextmanager
def opened(path: Path | str, flags: int = os.O_WRONLY) -> Iterator[int]:
    descriptor = os.open(path, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@pytest.fixture(autouse=True)
def closed_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_writer, "_FLUSH_SECONDS", 30.0)


def log_lines(descriptor: int, lines: list[str] = LINES) -> int:
    """Log the lines and close; returns how many were lost."""
    lost = Lost()
    log = BackgroundLog(descriptor, lost)
    for line in lines:
        log.info(line)
    log.close()
    return lost.lines


def test_every_line_is_written_in_order(tmp_path: Path) -> None:
    lines = [f"line {number}" for number in range(3000)]
    with opened(tmp_path / "log", os.O_WRONLY | os.O_CREAT) as descriptor:
        assert log_lines(descriptor, lines) == 0
    assert (tmp_path / "log").read_text().splitlines() == lines


def test_lines_on_a_full_disk_are_counted() -> None:
    with opened("/dev/full") as descriptor:
        assert log_lines(descriptor) == len(LINES)


def test_lines_for_a_reader_that_ended_are_counted() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        assert log_lines(writer) == len(LINES)
    finally:
        os.close(writer)


def test_lines_for_a_closed_descriptor_are_counted(tmp_path: Path) -> None:
    with opened(tmp_path / "log", os.O_WRONLY | os.O_CREAT) as descriptor:
        pass
    assert log_lines(descriptor) == len(LINES)


@pytest.mark.parametrize("line", ["lone surrogate \udc80", "", "\0", "x" * 100_000])
def test_any_text_is_written(tmp_path: Path, line: str) -> None:
    with opened(tmp_path / "log", os.O_WRONLY | os.O_CREAT) as descriptor:
        assert log_lines(descriptor, [line, "next"]) == 0
    assert (tmp_path / "log").read_bytes().endswith(b"\nnext\n")


def test_a_reader_that_stopped_delays_nobody_and_the_queue_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_writer, "MAX_WAITING_LINES", 100)
    reader, writer = os.pipe()
    lost = Lost()
    log = BackgroundLog(writer, lost)
    line, sent = "x" * 1000, 2000
    for _ in range(sent):  # two megabytes; a pipe holds 64 kilobytes, and a blocking write would never return
        log.info(line)
    assert lost.lines > 0
    received = []
    draining = threading.Thread(target=lambda: received.append(_read_all(reader)))
    draining.start()
    log.close()
    os.close(writer)
    draining.join()
    os.close(reader)
    assert received[0].count(b"\n") == sent - lost.lines


def _read_all(descriptor: int) -> bytes:
    parts = []
    while part := os.read(descriptor, 65536):
        parts.append(part)
    return b"".join(parts)


def test_with_space_again_lines_are_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    space = [10]
    real = os.write

    def write(descriptor: int, data: bytes) -> int:
        if space[0] == 0:
            raise OSError(28, "No space left on device")
        count = real(descriptor, data[: space[0]])
        space[0] -= count
        return count

    monkeypatch.setattr("eligibility_api.platform.log_writer.os.write", write)
    with opened(tmp_path / "log", os.O_WRONLY | os.O_CREAT) as descriptor:
        lost = Lost()
        log = BackgroundLog(descriptor, lost)
        log.info("a line too long for the disk")
        while not lost.lines:
            time.sleep(0.001)
        space[0] = 1000
        log.info("a line with space")
        log.close()
    assert lost.lines == 1
    assert (tmp_path / "log").read_text().splitlines() == ["a line too", "a line with space"]


def test_a_stream_in_memory_is_written_at_once() -> None:
    stream, lost = StringIO(), Lost()
    log = DirectLog(stream, lost)
    log.error("line")
    assert stream.getvalue() == "line\n"
    stream.close()
    log.error("after its end")
    assert lost.lines == 1


SERVICE = """
import structlog
from eligibility_api.platform.telemetry import LOST_LOG_LINES, set_up_logging
set_up_logging()
log = structlog.get_logger()
log.info("request", status=200)
log.warning("request", status=500)
set_up_logging()
print(int(LOST_LOG_LINES._value.get()), flush=True)
"""


@pytest.mark.parametrize(("redirected", "lost"), [("2>/dev/full", 2), ("2>/dev/null", 0), ("2>&-", 0)])
def test_a_program_counts_what_its_standard_error_does_not_take(redirected: str, lost: int) -> None:
    command = ["sh", "-c", f'"$0" -c "$1" {redirected}', sys.executable, SERVICE]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == [str(lost)]


def test_a_closed_standard_error_is_occupied_so_that_no_other_file_is_written_to(tmp_path: Path) -> None:
    program = SERVICE + f"import os\nprint(os.open({str(tmp_path / 'data')!r}, os.O_CREAT) > 2)"
    done = subprocess.run(
        ["sh", "-c", '"$0" -c "$1" 2>&-', sys.executable, program],
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == ["0", "True"]


LIBRARIES = """
import logging, uvicorn
from eligibility_api.platform.telemetry import LOST_LOG_LINES, set_up_logging
uvicorn.Config("nowhere:app", log_level="warning")
set_up_logging()
logging.getLogger("uvicorn.error").warning("of the web server")
logging.getLogger("any.library").warning("of a library")
logging.getLogger("any.library").info("of no importance")
set_up_logging()
print(int(LOST_LOG_LINES._value.get()), flush=True)
"""


@pytest.mark.parametrize("full", [False, True])
def test_messages_of_libraries_take_the_same_way(full: bool) -> None:
    with Path("/dev/full").open("w") as disk:
        done = subprocess.run(
            [sys.executable, "-c", LIBRARIES],
            stdout=subprocess.PIPE,
            stderr=disk if full else subprocess.PIPE,
            text=True,
            timeout=60,
            check=True,
        )
    assert done.stdout == ("2\n" if full else "0\n")
    if not full:
        [first, second] = done.stderr.splitlines()
        assert first.endswith("of the web server")
        assert second == "of a library"
