"""Refusals that no statement records: proofs and sign-ins that are refused before anything is used or written.

They are gathered in memory, and written by a short background task, so that a refusal costs no request a
statement. What was not written yet is lost if the process is killed. Each of the first hundred of one source in a
minute, over all workers, is a record; the others of that minute are counted, and become one record once it is over
(`refusal_store.py`). A source is a client, or the address of a caller that is not known as one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

import structlog

from eligibility_api.audit_log import refusal_store
from eligibility_api.audit_log.refusal_minutes import OTHERS, Minute, Refusal, Source
from eligibility_api.contract.errors import ErrorKind, ShikakuError
from eligibility_api.database.connections import Database
from eligibility_api.platform.clock import Clock

log = structlog.get_logger()

PROOF, SIGN_IN = "proof.refused", "sign-in.refused"
"""Kinds of records: a card's proof, or a client's assertion at the token endpoint."""

MAX_SOURCES = 1_000
"""Sources in memory between two writes. Refusals of further ones are counted together, under no source."""

GATHER_SECONDS = 1.0
"""How long refusals are gathered before they are written."""

_RETRY_SECONDS = 5.0


class RefusalLog:
    """The refusals of one process that are not written yet. Its memory is bounded, whatever is refused."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._minutes: dict[tuple[str, datetime], Minute] = {}
        self._pending = asyncio.Event()

    def __len__(self) -> int:
        """The number of refusals in memory."""
        return sum(len(one.records) + one.counted.total() for one in self._minutes.values())

    def add(self, kind: str, error: ShikakuError, source: Source, purpose: str | None = None) -> None:
        """Keep a refusal. A technical failure is none: it says nothing about who asked."""
        if error.entry.kind is ErrorKind.TECHNICAL:
            return
        now = self._clock()
        minute = now.replace(second=0, microsecond=0)
        if (source.key, minute) not in self._minutes and len(self._minutes) >= MAX_SOURCES:
            source = OTHERS
        of_source = self._minutes.setdefault((source.key, minute), Minute(source, minute))
        of_source.add(Refusal(kind, error.code, now, purpose))
        self._pending.set()

    @contextmanager
    def watching(self, kind: str, source: Source, purpose: str | None = None) -> Iterator[None]:
        """Keep the refusal that is raised inside, and let it pass."""
        try:
            yield
        except ShikakuError as error:
            self.add(kind, error, source, purpose)
            raise

    async def write(self, database: Database) -> None:
        """Write everything that is in memory. What fails stays there."""
        while self._minutes:
            key, of_source = next(iter(self._minutes.items()))
            del self._minutes[key]
            try:
                async with database.transaction() as connection:
                    await refusal_store.write(connection, of_source)
            except BaseException:
                self._put_back(of_source)
                raise

    def _put_back(self, unwritten: Minute) -> None:
        """Add what could not be written to what came in meanwhile, within the bounds."""
        since = self._minutes.setdefault((unwritten.source.key, unwritten.minute), unwritten)
        if since is not unwritten:
            for refusal in unwritten.records:
                since.add(refusal)
            since.counted += unwritten.counted

    async def run(self, database: Database) -> None:
        """Write what is gathered, a moment after the first one; until cancelled, and then once more."""
        try:
            while True:
                await self._pending.wait()
                await asyncio.sleep(GATHER_SECONDS)
                self._pending.clear()
                try:
                    await self.write(database)
                except ShikakuError as error:
                    log.warning("refusals_not_written", code=error.code, waiting=len(self))
                    self._pending.set()
                    await asyncio.sleep(_RETRY_SECONDS)
        finally:
            with suppress(ShikakuError):
                await self.write(database)
