"""SQL of the audit log's endpoints and of its witnesses' cosignatures."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.caller import Caller
from eligibility_api.merkle_log.notes import Signature, VerificationKey

MAX_COSIGNATURES = 16
"""Cosignatures of one checkpoint that are served: every reader of notes accepts so many."""

_NAMES = text("SELECT record_names(:record_id, :institution_code, :insurer_number)")

_COSIGNATURES = text("""
SELECT name, key_id, signature FROM audit_cosignature
WHERE tree_size = :tree_size
ORDER BY added_at
LIMIT :limit
""")

_COSIGNED = text("""
SELECT p.tree_size, p.note
FROM (SELECT tree_size FROM audit_cosignature ORDER BY tree_size DESC LIMIT 1) c
CROSS JOIN LATERAL (
    SELECT tree_size, note FROM audit_checkpoint k WHERE k.tree_size = c.tree_size ORDER BY signed_at DESC LIMIT 1
) p
""")

_IS_COSIGNED = text("""
SELECT EXISTS (
    SELECT FROM audit_cosignature WHERE tree_size = :tree_size AND name = :name AND key_id = :key_id
)
""")

_AT = text("""
SELECT note FROM audit_checkpoint WHERE tree_size = :tree_size ORDER BY signed_at DESC LIMIT 1
""")

_ADD = text("""
INSERT INTO audit_cosignature (tree_size, name, key_id, signature)
VALUES (:tree_size, :name, :key_id, :signature)
ON CONFLICT DO NOTHING
""")


async def names(connection: AsyncConnection, caller: Caller, record_id: UUID) -> bool:
    """Return whether a record names the caller's facility or insurer."""
    parameters = {
        "record_id": record_id,
        "institution_code": caller.institution_code,
        "insurer_number": caller.insurer_number,
    }
    return bool((await connection.execute(_NAMES, parameters)).scalar_one())


async def cosigned_checkpoint(connection: AsyncConnection) -> tuple[int, bytes] | None:
    """Return the size and note of the newest checkpoint that a witness cosigned."""
    row = (await connection.execute(_COSIGNED)).one_or_none()
    return None if row is None else (row.tree_size, row.note)


async def is_cosigned(connection: AsyncConnection, tree_size: int, key: VerificationKey) -> bool:
    """Return whether a witness's cosignature of the checkpoint of a size is stored."""
    parameters = {"tree_size": tree_size, "name": key.name, "key_id": key.key_id}
    return bool((await connection.execute(_IS_COSIGNED, parameters)).scalar_one())


async def checkpoint_at(connection: AsyncConnection, tree_size: int) -> bytes | None:
    """Return the note of the checkpoint of a size."""
    return (await connection.execute(_AT, {"tree_size": tree_size})).scalar_one_or_none()


async def cosignatures(connection: AsyncConnection, tree_size: int) -> Sequence[Signature]:
    """Return the cosignatures of the checkpoint of a size, in the order in which they came."""
    rows = await connection.execute(_COSIGNATURES, {"tree_size": tree_size, "limit": MAX_COSIGNATURES})
    return [Signature(row.name, row.key_id, row.signature) for row in rows]


async def add_cosignature(connection: AsyncConnection, tree_size: int, signature: Signature) -> None:
    """Add a cosignature; a witness's second one of the same checkpoint is ignored."""
    values = {"name": signature.name, "key_id": signature.key_id, "signature": signature.value}
    await connection.execute(_ADD, {"tree_size": tree_size, **values})
