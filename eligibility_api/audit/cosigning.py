"""Collects the cosignatures of the configured witnesses on the newest checkpoint: the log's side of tlog-witness."""

from __future__ import annotations

from collections.abc import Sequence

import httpx2

from eligibility_api.audit import log_queries
from eligibility_api.audit.witness_http import LogUnusable, submit
from eligibility_api.audit_log import log_store
from eligibility_api.database.connections import Database
from eligibility_api.merkle_log.notes import NoteError, Signature, VerificationKey, parse_note
from eligibility_api.merkle_log.witnessing import AddCheckpoint


async def collect(
    database: Database,
    key: VerificationKey,
    url: str,
    *,
    last_size: int = 0,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> int:
    """Have the newest checkpoint cosigned by the witness at `url`, and store the cosignature.

    `last_size` is what the witness is thought to have cosigned last; returns what it has cosigned last now. Raises
    LogUnusable if it refuses or does not answer.
    """
    async with database.transaction() as connection:
        newest = await log_store.latest_checkpoint(connection)
        if newest is None or await log_queries.is_cosigned(connection, newest.tree_size, key):
            return last_size if newest is None else newest.tree_size
    async with httpx2.AsyncClient(base_url=f"{url.rstrip('/')}/", transport=transport) as http:
        for _ in range(2):
            proof = await _proof(database, last_size, newest.tree_size)
            answer = await submit(http, AddCheckpoint(last_size, proof, newest.note), key)
            if isinstance(answer, Signature):
                async with database.transaction() as connection:
                    await log_queries.add_cosignature(connection, newest.tree_size, answer)
                return newest.tree_size
            last_size = answer
    raise LogUnusable("The witness names another size again and again.")


async def _proof(database: Database, old_size: int, new_size: int) -> tuple[bytes, ...]:
    try:
        async with database.transaction() as connection:
            return await log_store.consistency_hashes(connection, old_size, new_size)
    except ValueError:
        raise LogUnusable(
            f"The witness has cosigned {old_size} leaves, which the log does not have."
        ) from None


async def add_from_note(database: Database, data: bytes, witnesses: Sequence[VerificationKey]) -> int:
    """Store the cosignatures of known witnesses in a cosigned checkpoint; return their number.

    Raises NoteError if it is not a checkpoint of this log.
    """
    note = parse_note(data)
    size = note.text.split("\n")[1:2]
    async with database.transaction() as connection:
        stored = await log_queries.checkpoint_at(connection, int(size[0])) if _is_size(size) else None
        if stored is None or parse_note(stored).text != note.text:
            raise NoteError("it is not a checkpoint of this log")
        valid = [one for one in note.signatures if any(key.verify(note.text, one) for key in witnesses)]
        for signature in valid:
            await log_queries.add_cosignature(connection, int(size[0]), signature)
    return len(valid)


def _is_size(lines: list[str]) -> bool:
    return bool(lines) and lines[0].isascii() and lines[0].isdigit() and len(lines[0]) < 19
