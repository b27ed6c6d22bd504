"""Taking a file: its bytes go to the database as they come, unread, in parts. Nothing else happens to them here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.uploads import BadRows, FileEncoding, FileFormat, FileScope, Publish
from eligibility_api.contract.wire import RequestModel
from eligibility_api.database.connections import Database
from eligibility_api.enrolment.store import admitted_insurer_name, prepare_revision
from eligibility_api.uploads import parts, store


class Reading(RequestModel):
    """How an insurer wants its file read."""

    format: FileFormat
    encoding: FileEncoding
    scope: FileScope
    bad_rows: BadRows
    publish: Publish


async def receive(
    database: Database, caller: Caller, reading: Reading, body: AsyncIterator[bytes]
) -> tuple[UUID, bool]:
    """Keep a file whole; its upload, and whether that is a former one, by which the same file came.

    The revision is allotted before the first byte: whatever is changed meanwhile is newer than the file. Raises
    `client-closed`, and `file-truncated` where the line broke.
    """
    upload_id = await _begin(database, caller, reading)
    async with parts.given_up_when_broken(lambda: _abandon(database, upload_id)):
        kept = await parts.keep(database, upload_id, body)
        async with database.transaction() as connection:
            former = await store.same_file(connection, caller.insurer(), kept.sha256)
            if former is not None:
                await store.abandon(connection, upload_id)
                return former, True
            await store.complete(connection, upload_id, kept)
    return upload_id, False


async def _begin(database: Database, caller: Caller, reading: Reading) -> UUID:
    async with database.transaction() as connection:
        if await admitted_insurer_name(connection, caller.client_id, Right.ENROLMENT) is None:
            raise ShikakuError("client-closed")
        revision = await prepare_revision(connection, caller.insurer(), caller.client_id, kind="file")
        who = {"revision": revision, "insurer_number": caller.insurer(), "client_id": caller.client_id}
        return await store.begin(connection, who | reading.model_dump())


async def _abandon(database: Database, upload_id: UUID) -> None:
    async with database.transaction() as connection:
        await store.abandon(connection, upload_id)
