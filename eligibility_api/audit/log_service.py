"""What the audit log's endpoints return: notes, tiles and proofs, read in one transaction each."""

from __future__ import annotations

import base64
from uuid import UUID

from eligibility_api.audit import log_queries
from eligibility_api.audit_log import log_store
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.audit import ConsistencyAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import Database
from eligibility_api.merkle_log.notes import Note, parse_note
from eligibility_api.merkle_log.proofs import ProofError
from eligibility_api.merkle_log.tiles import ENTRIES, TILE_WIDTH, entry_bundle, parse_path
from eligibility_api.merkle_log.tlog_proofs import TlogProof


async def checkpoint(database: Database, *, cosigned: bool = False) -> bytes:
    """Return the newest checkpoint, or the newest one that was cosigned, with its cosignatures.

    Raises `not-found` before the first.
    """
    async with database.transaction() as connection:
        if cosigned:
            stored = await log_queries.cosigned_checkpoint(connection)
        else:
            newest = await log_store.latest_checkpoint(connection)
            stored = None if newest is None else (newest.tree_size, newest.note)
        if stored is None:
            raise ShikakuError("not-found")
        size, note = stored
        signatures = await log_queries.cosignatures(connection, size)
    signed = parse_note(note)
    return Note(signed.text, [*signed.signatures, *signatures]).encode()


async def tile(database: Database, path: str) -> bytes:
    """Return the tile or entry bundle of a path below `tile/`. Raises `not-found`."""
    try:
        wanted = parse_path(f"tile/{path}")
    except ValueError:
        raise ShikakuError("not-found") from None
    async with database.transaction() as connection:
        if wanted.level != ENTRIES:
            hashes = await log_store.tile(connection, wanted.level, wanted.index, wanted.width)
            if hashes is None:
                raise ShikakuError("not-found")
            return hashes
        entries = await log_store.entries(connection, wanted.index * TILE_WIDTH, wanted.width)
    if len(entries) != wanted.width:
        raise ShikakuError("not-found")
    return entry_bundle(entries)


async def consistency(database: Database, old_size: int, new_size: int) -> ConsistencyAnswer:
    """Return the consistency proof between two sizes. Raises `not-found` if there is none yet, or none ever."""
    async with database.transaction() as connection:
        try:
            hashes = await log_store.consistency_hashes(connection, old_size, new_size)
        except (ValueError, ProofError):
            raise ShikakuError("not-found") from None
    texts = [base64.b64encode(item).decode() for item in hashes]
    return ConsistencyAnswer(old_size=old_size, new_size=new_size, hashes=texts)


async def own_proof(database: Database, caller: Caller, record_id: UUID) -> TlogProof:
    """Return the proof of a record that names the caller's facility or insurer.

    Raises `not-found` for another's, for an unknown one, and until a checkpoint has it.
    """
    async with database.transaction() as connection:
        if not await log_queries.names(connection, caller, record_id):
            raise ShikakuError("not-found")
        proof = await log_store.proof_of(connection, record_id)
    if proof is None:
        raise ShikakuError("not-found")
    return TlogProof(proof.leaf.leaf_index, proof.hashes, proof.checkpoint.note, proof.leaf.commitment)
