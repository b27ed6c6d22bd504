"""Refusals in memory: what is kept, what is counted, and that nothing grows without limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from eligibility_api.audit_log import refusal_store, refusals
from eligibility_api.audit_log.refusal_minutes import OTHERS, RECORDS_A_MINUTE, Minute, Source
from eligibility_api.audit_log.refusals import MAX_SOURCES, PROOF, SIGN_IN, RefusalLog
from eligibility_api.contract.errors import ShikakuError

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 30, 9, 0, 30, tzinfo=UTC)
TERMINAL = Source(UUID(int=1), "1311111114")
ALTERED = ShikakuError("challenge-altered")


class Clock:
    """A clock that a test sets."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


class Written:
    """A database that accepts everything, or nothing while `down`."""

    def __init__(self) -> None:
        self.down = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        if self.down:
            raise ShikakuError("database-unavailable")
        yield


@pytest.fixture
def database() -> Any:
    return Written()


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Minute]:
    """The minutes that were written, in their order."""
    minutes: list[Minute] = []

    async def write(_: object, of_source: Minute) -> None:
        minutes.append(of_source)

    monkeypatch.setattr(refusal_store, "write", write)
    return minutes


async def test_a_refusal_has_kind_cause_purpose_instant_and_source(
    database: Any, written: list[Minute]
) -> None:
    log = RefusalLog(Clock())
    log.add(PROOF, ALTERED, TERMINAL, "eligibility")
    await log.write(database)
    [minute] = written
    [refusal] = minute.records
    assert (minute.source, minute.minute) == (TERMINAL, NOW.replace(second=0))
    assert (refusal.kind, refusal.cause, refusal.purpose, refusal.at) == (
        PROOF,
        "challenge-altered",
        "eligibility",
        NOW,
    )
    assert not len(log)


async def test_a_technical_failure_is_no_refusal() -> None:
    log = RefusalLog(Clock())
    for code in ("database-unavailable", "revocation-unavailable", "overloaded", "internal"):
        log.add(PROOF, ShikakuError(code), TERMINAL)
    assert not len(log)


async def test_what_is_raised_inside_is_kept_and_passes() -> None:
    log = RefusalLog(Clock())
    with (
        pytest.raises(ShikakuError, match="assertion-used"),
        log.watching(SIGN_IN, Source(address="192.0.2.1")),
    ):
        raise ShikakuError("assertion-used")
    with log.watching(SIGN_IN, TERMINAL):
        pass
    with pytest.raises(RuntimeError), log.watching(SIGN_IN, TERMINAL):
        raise RuntimeError
    assert len(log) == 1


async def test_beyond_a_hundred_a_minute_refusals_of_one_source_are_counted(
    database: Any, written: list[Minute]
) -> None:
    clock = Clock()
    log = RefusalLog(clock)
    for _ in range(RECORDS_A_MINUTE + 7):
        log.add(PROOF, ALTERED, TERMINAL)
    log.add(PROOF, ShikakuError("signature-invalid"), TERMINAL)
    log.add(PROOF, ALTERED, Source(UUID(int=2), "1311111114"))
    clock.now += timedelta(minutes=1)
    log.add(PROOF, ALTERED, TERMINAL)
    await log.write(database)
    assert [(len(one.records), dict(one.counted)) for one in written] == [
        (100, {(PROOF, "challenge-altered"): 7, (PROOF, "signature-invalid"): 1}),
        (1, {}),
        (1, {}),
    ]


async def test_memory_is_bounded_and_no_refusal_is_lost_from_the_count(
    database: Any, written: list[Minute]
) -> None:
    log = RefusalLog(Clock())
    for number in range(MAX_SOURCES + 50):
        log.add(SIGN_IN, ALTERED, Source(address=str(number)))
    for _ in range(5_000):
        log.add(SIGN_IN, ALTERED, Source(uuid4()))
    assert len(log) == MAX_SOURCES + 5_050
    await log.write(database)
    assert len(written) == MAX_SOURCES + 1
    assert written[-1].source == OTHERS
    assert (written[-1].records, written[-1].counted.total()) == ([], 5_050)


async def test_what_cannot_be_written_stays_and_is_written_later(
    database: Any, written: list[Minute]
) -> None:
    log = RefusalLog(Clock())
    for _ in range(60):
        log.add(PROOF, ALTERED, TERMINAL)
    database.down = True
    with pytest.raises(ShikakuError, match="database-unavailable"):
        await log.write(database)
    for _ in range(60):
        log.add(PROOF, ALTERED, TERMINAL)
    assert len(log) == 120
    database.down = False
    await log.write(database)
    assert [(len(one.records), one.counted.total()) for one in written] == [(100, 20)]


async def test_what_comes_in_while_a_write_fails_is_merged(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = RefusalLog(Clock())
    log.add(PROOF, ALTERED, TERMINAL)

    async def fail(_: object, __: Minute) -> None:
        log.add(PROOF, ALTERED, TERMINAL)
        raise ShikakuError("database-unavailable")

    monkeypatch.setattr(refusal_store, "write", fail)
    with pytest.raises(ShikakuError):
        await log.write(database)
    assert len(log) == 2


async def test_the_task_writes_in_chunks_goes_on_after_an_outage_and_writes_the_last_ones_at_its_end(
    database: Any, written: list[Minute], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "GATHER_SECONDS", 0)
    monkeypatch.setattr(refusals, "_RETRY_SECONDS", 0)
    log = RefusalLog(Clock())
    database.down = True
    task = asyncio.create_task(log.run(database))
    log.add(PROOF, ALTERED, TERMINAL)
    for _ in range(10):
        await asyncio.sleep(0)
    assert (len(log), written) == (1, [])
    database.down = False
    async with asyncio.timeout(10):
        while not written:
            await asyncio.sleep(0)
    log.add(PROOF, ALTERED, TERMINAL)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [len(one.records) for one in written] == [1, 1]
