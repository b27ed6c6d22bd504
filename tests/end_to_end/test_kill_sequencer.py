"""Sequencer, API and database are killed in any order: the log has no gap and no fork, and every answer is in it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest

from eligibility_api.audit_log.checkpoint_keys import verification_keys
from eligibility_api.contract.errors import ErrorKind, ShikakuError
from eligibility_api.embedded_postgres.postmaster import wait_until
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from eligibility_api.platform.settings import Settings
from tests.builders.audit_log import Log, read_log
from tests.builders.stack import PopulatedStack
from tests.depth import DEEP

SEQUENCER, WORKER, ALL = "sequencer", "API worker", "everything, with the database"
ROUNDS = 50 if DEEP else 2
PATIENCE_SECONDS = 60.0


def orders() -> list[list[str]]:
    """Who is killed in each round, in which order. Of the two rounds of `make test` the second kills everything."""
    if not DEEP:
        return [[SEQUENCER, WORKER, SEQUENCER], [WORKER, SEQUENCER, ALL]]
    choice = random.Random(1503)
    rounds = []
    for _ in range(ROUNDS):
        killed = [SEQUENCER, *choice.choices([SEQUENCER, WORKER, ALL], k=choice.randint(0, 2))]
        choice.shuffle(killed)
        rounds.append(killed)
    return rounds


@dataclass
class Taps:
    """What terminals were answered; they go on whatever happens to the fund."""

    stack: PopulatedStack
    answered: set[UUID] = field(default_factory=set)
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.ended.is_set():
            with suppress_technical(), self.stack.terminal() as terminal:
                while not self.ended.is_set():
                    self.answered.add(UUID(terminal.tap().record_id))

    def wait_for_more(self, count: int) -> None:
        before = len(self.answered)
        assert wait_until(lambda: len(self.answered) >= before + count, PATIENCE_SECONDS)


@contextmanager
def suppress_technical() -> Iterator[None]:
    try:
        yield
    except ShikakuError as error:
        if error.entry.kind is not ErrorKind.TECHNICAL:
            raise


@contextmanager
def tapping(stack: PopulatedStack) -> Iterator[Taps]:
    taps = Taps(stack)
    threads = [threading.Thread(target=taps.run) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield taps
    finally:
        taps.ended.set()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)


def kill(stack: PopulatedStack, who: str) -> None:
    if who == ALL:
        stack.kill_fund()
        stack.restart_fund()
        return
    found = stack.fund_processes("fund-sequencer" if who == SEQUENCER else "fund-api")
    if who == WORKER:
        found = found[:1]
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def signed_log(stack: PopulatedStack) -> Log:
    """The log once its newest checkpoint contains every record."""
    logs: list[Log] = []
    home = Path(stack.wiring["FUND_HOME"])

    def is_signed() -> bool:
        logs[:] = [asyncio.run(read_log(EmbeddedPostgres.attach(home / "postgres").dsn("auditor")))]
        return logs[0].is_signed

    assert wait_until(is_signed, PATIENCE_SECONDS)
    return logs[0]


def test_kills_in_any_order_leave_neither_gap_nor_fork(killed_stack: PopulatedStack) -> None:
    answered: set[UUID] = set()
    rounds = orders()
    assert len(rounds) == ROUNDS
    for killed in rounds:
        with tapping(killed_stack) as taps:
            for who in killed:
                taps.wait_for_more(3)
                kill(killed_stack, who)
            taps.wait_for_more(3)
        answered |= taps.answered
    settings = Settings(home=Path(killed_stack.wiring["FUND_HOME"]))
    log = signed_log(killed_stack)
    log.check(settings.log_origin, verification_keys(settings))
    assert len(answered) > 6 * ROUNDS
    assert answered <= {leaf["record_id"] for leaf in log.leaves}
    assert len(log.checkpoints) > len(rounds)


@pytest.mark.skipif(not DEEP, reason="a load of a minute")
def test_the_log_is_at_most_a_second_behind_under_taps(stack: PopulatedStack) -> None:
    with tapping(stack) as taps:
        taps.wait_for_more(300)
    signed = signed_log(stack)
    by_id = {leaf["record_id"]: leaf for leaf in signed.leaves}
    checkpoints = sorted(signed.checkpoints, key=lambda stored: stored["tree_size"])
    delays = []
    for record_id in taps.answered:
        leaf = by_id[record_id]
        first = next(stored for stored in checkpoints if stored["tree_size"] > leaf["leaf_index"])
        delays.append((first["signed_at"] - leaf["recorded_at"]).total_seconds())
    assert len(delays) >= 300
    assert sorted(delays)[len(delays) * 99 // 100] < 1.0
