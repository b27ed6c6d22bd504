"""The proofs of her list: that each record is in the log as it was written, on the page and as a file.

The file is a partial export (`merkle_log.exports`): `eligibility-api audit verify` checks it offline, with the log's key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from eligibility_api.audit.verification.instants import canonical
from eligibility_api.audit_log.accesses import LATEST
from eligibility_api.audit_log.checkpoint_keys import verification_keys
from eligibility_api.audit_log.kinds import KINDS_SHOWN_TO_PERSONS
from eligibility_api.audit_log.log_store import InclusionProof, proofs_of
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.own_access import digest_of
from eligibility_api.merkle_log.commitments import commitment
from eligibility_api.merkle_log.exports import Header, Record, Writer
from eligibility_api.merkle_log.hashing import leaf_hash
from eligibility_api.merkle_log.proofs import ProofError, verify_inclusion
from eligibility_api.portal.store import SESSION_CHECK, recorded_cte
from eligibility_api.state import State

MAX_RECORDS = 1_000
"""The newest records of a file; older ones are on the page's later parts."""

_EVIDENCE = "SELECT * FROM own_evidence($1, $2)"

FILE = f"""
WITH {SESSION_CHECK},
{recorded_cte("accesses-file")},
listed AS MATERIALIZED (
    SELECT array_agg(a.record_id) AS ids
    FROM guard g CROSS JOIN LATERAL own_accesses($1, $2, $3, $4, $5) a WHERE g.outcome = 'answered'
)
SELECT g.outcome, e.*
FROM guard g CROSS JOIN recorded r CROSS JOIN listed l LEFT JOIN LATERAL own_evidence($1, l.ids) e ON true
"""  # noqa: S608 - constants of the store, no values
"""Parameters: as those of the list of accesses."""


class Proven(StrEnum):
    """What the log says of a record."""

    VERIFIED = "verified"
    PENDING = "pending"
    """No checkpoint has it yet: within seconds of its writing."""
    DIFFERS = "differs"
    """The record is not the one that the log has: it was altered."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a record's commitment is of: its salt and its canonical text."""

    salt: bytes
    text: str


@dataclass(frozen=True, slots=True)
class RecordProof:
    """A record's state in the log, with its leaf and the tree's size if a checkpoint has it."""

    state: Proven
    leaf: int | None = None
    tree_size: int | None = None


async def prove(state: State, token: str, records: Sequence[UUID]) -> dict[UUID, RecordProof]:
    """Verify records of her list against the newest checkpoint."""
    rows = await state.database.fetch(_EVIDENCE, [digest_of(token), list(records)])
    evidence = {row["record_id"]: Evidence(row["salt"], row["record"]) for row in rows}
    proofs = await _proofs(state, evidence)
    return {record: _proven(evidence.get(record), proofs.get(record)) for record in records}


async def export(state: State, token: str) -> bytes:
    """Her list with its proofs as a file. Raises `own-session-ended` and `card-not-usable`.

    Records that no checkpoint has yet are left out: they are in a file of a few seconds later.
    """
    parameters = [digest_of(token), *LATEST, MAX_RECORDS, sorted(KINDS_SHOWN_TO_PERSONS)]
    rows = await state.database.fetch(FILE, parameters)
    if not rows:
        raise ShikakuError("own-session-ended")
    if rows[0]["outcome"] != "answered":
        raise ShikakuError(rows[0]["outcome"])
    evidence = {
        row["record_id"]: Evidence(row["salt"], row["record"]) for row in rows if row["record_id"] is not None
    }
    proofs = await _proofs(state, evidence)
    if not proofs:
        raise ShikakuError("own-proofs-pending")
    return b"".join(_lines(state, evidence, proofs))


def _lines(
    state: State, evidence: Mapping[UUID, Evidence], proofs: Mapping[UUID, InclusionProof]
) -> Iterable[bytes]:
    checkpoint = next(iter(proofs.values())).checkpoint
    keys = tuple(str(key) for key in verification_keys(state.settings))
    writer = Writer()
    yield writer.add(
        Header(
            state.settings.log_origin, keys, checkpoint.note.decode(), canonical(state.clock()), partial=True
        )
    )
    for record_id, proof in sorted(proofs.items(), key=lambda item: item[1].leaf.leaf_index):
        of = evidence[record_id]
        yield writer.add(Record(proof.leaf.leaf_index, of.salt, of.text, proof.hashes))
    yield writer.end()


async def _proofs(state: State, records: Iterable[UUID]) -> dict[UUID, InclusionProof]:
    async with state.database.transaction() as connection:
        return await proofs_of(connection, list(records))


def _proven(evidence: Evidence | None, proof: InclusionProof | None) -> RecordProof:
    """The state of one record. Its own text is hashed here: what the log stores of it is not taken for granted."""
    if evidence is None or proof is None:
        return RecordProof(Proven.PENDING)
    leaf, checkpoint = proof.leaf.leaf_index, proof.checkpoint
    own = leaf_hash(commitment(evidence.salt, evidence.text.encode()))
    try:
        verify_inclusion(leaf, checkpoint.tree_size, own, proof.hashes, checkpoint.root)
    except ProofError:
        return RecordProof(Proven.DIFFERS, leaf, checkpoint.tree_size)
    return RecordProof(Proven.VERIFIED, leaf, checkpoint.tree_size)
