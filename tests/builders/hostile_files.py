"""Files that grow as long as they are read, and a small batch that is answered meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import pytest

from eligibility_api.contract.tokens import Credential
from eligibility_api.database.connections import Database
from eligibility_api.files import parts
from eligibility_api.jobs import JobContext, run_jobs
from tests.builders.batches import get as get_batch
from tests.builders.batches import submit, unknown_row
from tests.builders.fund import Fund
from tests.builders.hostile_texts import marks
from tests.conformance.bad_files import line, lines

PART = 1024 * 1024
CLAIM_HEADER = "IR,1,13,1,1111114,,見本医院,202609,00,\r\n".encode("cp932")

MEMBER_PARTS: Mapping[str, Callable[[], bytes]] = {
    "rows of combining marks": lambda: f"{line('1', insurer_number=marks(30_000))}\n".encode() * 17,
    "empty cells": lambda: f"{line('', name='')}\n".encode() * 8_000,
    "line breaks": lambda: b"\n" * PART,
}
CLAIM_PART = b"RE,1,1112," + "ﾞ".encode("cp932") * 20_000 + b"\r\n" + b"RE\r\n" * 200_000


class HostileFiles:
    """Counts the parts of endless files that were read."""

    def __init__(self, part: bytes) -> None:
        self.read_parts = 0
        self._first = {False: lines(line("1")).encode(), True: CLAIM_HEADER}
        self._next = {False: part, True: CLAIM_PART}

    async def read(self, *, claims: bool) -> AsyncIterator[bytes]:
        """All parts of a file, which never end."""
        yield self._first[claims]
        for _ in itertools.count():
            self.read_parts += 1
            yield self._next[claims]
            await asyncio.sleep(0)


@asynccontextmanager
async def hostile_files(fund: Fund, senders: list[Credential], part: bytes) -> AsyncIterator[HostileFiles]:
    """The job runner at work on an endless member file and an endless claim file of each sender."""
    files = HostileFiles(part)
    for sender in senders:
        headers = {"Authorization": f"Bearer {await fund.token(sender)}"}
        for path in ("/v1/uploads", "/v1/claims"):
            body = (
                lines(line(sender.client_id)) if path == "/v1/uploads" else sender.client_id + "\n"
            ).encode()
            assert (await fund.http.post(path, content=body, headers=headers)).status_code == 202
    original = parts.read
    with pytest.MonkeyPatch.context() as patch:

        def read(database: Database, file_id: UUID, count: int) -> AsyncIterator[bytes]:
            if file_id in claims | members:
                return files.read(claims=file_id in claims)
            return original(database, file_id, count)

        rows = await fund.owner.fetch("SELECT file_id FROM claim_file WHERE state = 'received'", ())
        claims = {row["file_id"] for row in rows}
        rows = await fund.owner.fetch("SELECT upload_id FROM upload WHERE state = 'received'", ())
        members = {row["upload_id"] for row in rows}
        patch.setattr(parts, "read", read)
        running = asyncio.create_task(run_jobs(JobContext(fund.state, fund.batch)))
        try:
            while files.read_parts < 2 * len(senders):
                await asyncio.sleep(0.05)
            yield files
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
    assert parts.read is original
    for table in ("upload", "claim_file"):
        await fund.owner.fetch(
            f"UPDATE {table} SET state = 'refused', refusal = 'file-lost' WHERE state IN ('received', 'checking', 'reading')",
            (),
        )


async def seconds_of_batch(fund: Fund, rows: int = 3) -> float:
    """Seconds from the submission of a batch until it is answered."""
    begun = time.monotonic()
    response = await submit(fund, [unknown_row(number) for number in range(rows)])
    assert response.status_code == 202, response.text
    batch = response.json()["batch_id"]
    while (await get_batch(fund, batch)).json()["answered"] < rows:
        await asyncio.sleep(0.02)
    return time.monotonic() - begun
