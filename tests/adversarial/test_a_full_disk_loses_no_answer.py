"""On a full disk everybody gets a technical failure, nothing acknowledged is lost, and the fund recovers by itself.

The disk is a small file system under the whole fund: database, write-ahead log, keys and log files.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx2
import pytest

from eligibility_api.contract.errors import ErrorKind, ShikakuError
from eligibility_api.embedded_postgres.postmaster import Postmaster, wait_until
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from loadtest.machine import processes
from tests.builders.small_disk import SmallDisk, small_disk
from tests.builders.stack import PopulatedStack
from tests.depth import DEEP

DISK_MEGABYTES = 320
TAPPERS = 4
ROUNDS = 5 if DEEP else 1
"""How often the disk fills up."""

FAILURES = 400 if DEEP else 40
"""Technical failures received on each full disk."""

PATIENCE_SECONDS = 120.0


@pytest.fixture(scope="module")
def disk() -> Iterator[SmallDisk]:
    with small_disk(DISK_MEGABYTES) as mounted:
        yield mounted


@pytest.fixture(scope="module")
def own_stack(disk: SmallDisk) -> Iterator[PopulatedStack]:
    """A stack whose files are on the small disk."""
    with PopulatedStack(disk.path / "stack") as running:
        yield running


class Taps:
    """Terminals that tap until told to stop, and what they received."""

    def __init__(self, stack: PopulatedStack) -> None:
        self.answers: dict[str, dict[str, object]] = {}
        self.failures: list[ShikakuError] = []
        self._stack = stack
        self._lock = threading.Lock()
        self._enough = threading.Event()

    def until(self, enough: Callable[[Taps], bool], *, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Tap with several terminals at once until `enough`."""
        self._enough.clear()
        with ThreadPoolExecutor(TAPPERS) as pool:
            tappers = [pool.submit(self._tap, enough) for _ in range(TAPPERS)]
            try:
                meanwhile()
                assert self._enough.wait(PATIENCE_SECONDS)
            finally:
                self._enough.set()
            for tapper in tappers:
                tapper.result(PATIENCE_SECONDS)

    def _tap(self, enough: Callable[[Taps], bool]) -> None:
        with self._stack.terminal() as terminal:
            while not self._enough.is_set():
                try:
                    answer = terminal.tap()
                except ShikakuError as error:
                    with self._lock:
                        self.failures.append(error)
                else:
                    with self._lock:
                        self.answers[answer.record_id] = answer.model_dump(mode="json")
                if enough(self):
                    self._enough.set()


def has_failures(taps: Taps, number: int) -> bool:
    return len(taps.failures) >= number


def assert_technical(failures: list[ShikakuError]) -> None:
    """Each failure came from the fund: technical, with the time after which to try again."""
    assert failures
    assert {error.entry.kind for error in failures} == {ErrorKind.TECHNICAL}
    codes = {error.code for error in failures}
    assert codes <= {"database-unavailable", "overloaded", "revocation-unavailable"}, codes
    assert all((error.retry_after or 0) > 0 for error in failures)


def assert_recorded(stack: PopulatedStack, answers: dict[str, dict[str, object]]) -> None:
    """Every answer received has its record, from which the same answer follows."""
    lines = stack.run("eligibility-api", "audit", "recompute").stdout.splitlines()
    records = {answer["record_id"]: answer for answer in map(json.loads, lines)}
    assert answers
    assert set(answers) <= set(records)
    assert {key: records[key] for key in answers} == answers


def answers_again(stack: PopulatedStack) -> bool:
    try:
        with stack.terminal() as terminal:
            return terminal.tap().validity.value == "1"
    except ShikakuError:
        return False


def await_recovery(stack: PopulatedStack) -> None:
    assert wait_until(lambda: answers_again(stack), PATIENCE_SECONDS)


def workers(stack: PopulatedStack) -> set[int]:
    listening = processes.listening_on(urlsplit(stack.wiring["TERMINAL_FUND_URL"]).port or 0)
    return {pid for pid in listening if processes.has_ancestor(pid, listening)}


def metric(stack: PopulatedStack, name: str) -> float:
    text = httpx2.get(f"{stack.wiring['TERMINAL_FUND_URL']}/metrics", timeout=30).text
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))


def test_every_answer_on_a_filling_disk_is_recorded_or_a_technical_failure(
    own_stack: PopulatedStack, disk: SmallDisk
) -> None:
    before = workers(own_stack)
    taps = Taps(own_stack)
    for _ in range(ROUNDS):
        earlier = len(taps.failures)
        taps.until(partial(has_failures, number=earlier + FAILURES), meanwhile=disk.fill)
        assert_technical(taps.failures[earlier:])
        disk.clear()
        await_recovery(own_stack)
    assert workers(own_stack) == before, "no worker may end"
    assert_recorded(own_stack, taps.answers)


def test_a_worker_that_ends_on_a_full_disk_is_replaced_by_one_that_answers(
    own_stack: PopulatedStack, disk: SmallDisk
) -> None:
    taps = Taps(own_stack)
    taps.until(lambda taps: len(taps.answers) >= TAPPERS)
    disk.fill()
    taps.until(lambda taps: len(taps.failures) >= FAILURES)
    [victim, other] = workers(own_stack)
    os.kill(victim, signal.SIGKILL)
    assert wait_until(lambda: len(workers(own_stack) - {victim, other}) == 1, PATIENCE_SECONDS)
    new = Taps(own_stack)
    new.until(lambda taps: len(taps.failures) >= FAILURES)
    assert_technical(new.failures)
    disk.clear()
    await_recovery(own_stack)
    assert_recorded(own_stack, taps.answers | new.answers)


def kill_database(fund: Path) -> None:
    postmaster = Postmaster.of(fund / "postgres" / "data")
    assert postmaster is not None
    os.kill(postmaster.pid, signal.SIGKILL)


def panic_database(fund: Path) -> None:
    """Write-ahead log without a segment to write it to: PostgreSQL ends by PANIC, and its recovery fails too."""

    async def write() -> None:
        connection = await asyncpg.connect(EmbeddedPostgres.attach(fund / "postgres").dsn("owner"))
        try:
            while True:
                await connection.execute("SELECT pg_logical_emit_message(true, '', repeat('x', 1000000))")
        finally:
            connection.terminate()

    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        asyncio.run(write())
    assert wait_until(lambda: b"PANIC" in (fund / "postgres" / "postgres.log").read_bytes(), PATIENCE_SECONDS)


@pytest.mark.parametrize("end_database", [kill_database, panic_database])
def test_a_database_that_ends_on_a_full_disk_comes_back_once_the_disk_has_space(
    own_stack: PopulatedStack, disk: SmallDisk, end_database: Callable[[Path], None]
) -> None:
    taps = Taps(own_stack)
    taps.until(lambda taps: len(taps.answers) >= TAPPERS)
    disk.fill()
    end_database(Path(own_stack.wiring["FUND_HOME"]))
    down = Taps(own_stack)
    down.until(lambda taps: len(taps.failures) >= FAILURES)
    assert_technical(down.failures)
    disk.clear()
    await_recovery(own_stack)
    assert_recorded(own_stack, taps.answers | down.answers)


def test_lines_that_a_full_disk_does_not_take_are_counted_and_later_lines_are_whole(
    own_stack: PopulatedStack, disk: SmallDisk
) -> None:
    log = own_stack.home / "logs" / "eligibility-api.log"
    before = metric(own_stack, "shikaku_log_lines_lost_total")
    disk.fill()
    Taps(own_stack).until(lambda taps: len(taps.failures) >= FAILURES)
    assert wait_until(
        lambda: metric(own_stack, "shikaku_log_lines_lost_total") > before, PATIENCE_SECONDS
    )  # the service reads its figures at intervals
    written = log.stat().st_size
    disk.clear()
    await_recovery(own_stack)
    assert wait_until(lambda: 200 in answered(log.read_bytes()[written:]), PATIENCE_SECONDS)


def answered(log: bytes) -> set[int]:
    """The statuses in the whole lines of a log that begins, and ends, within a line.

    A process ends the line that it could not finish; it is empty where another process had ended it before.
    """
    lines = [json.loads(line) for line in log.split(b"\n")[1:-1] if line]
    return {line["status"] for line in lines if line["event"] == "request"}


def test_the_metrics_are_on_no_disk_and_count_the_failures(own_stack: PopulatedStack) -> None:
    assert not (Path(own_stack.wiring["FUND_HOME"]) / "metrics").exists()
    assert metric(own_stack, "shikaku_http_requests_total") > FAILURES
