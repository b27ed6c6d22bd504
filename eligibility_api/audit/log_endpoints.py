"""HTTP: the audit log as a tiled transparency log (c2sp.org/tlog-tiles), for everybody; proofs of a caller's own records.

The log's entries are salted commitments, which reveal nothing of the records. Records themselves are read by
auditors, and by each person in her own view.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from eligibility_api.audit import log_service
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.audit import AUDIT_PATH, ConsistencyAnswer
from eligibility_api.contract.bounds import MAX_TEXT_LENGTH
from eligibility_api.dependencies import current_caller
from eligibility_api.merkle_log.tiles import MAX_PATH, MAX_SIZE
from eligibility_api.state import State, current_state
from eligibility_api.web.problems import problem_responses

router = APIRouter(prefix=AUDIT_PATH, tags=["audit log"])

OPEN_PATHS = (f"{AUDIT_PATH}/checkpoint", f"{AUDIT_PATH}/consistency", f"{AUDIT_PATH}/tile/")
"""What everybody may read, without a token."""

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"

_SHORT = {"Cache-Control": "public, max-age=1"}
"""The checkpoint changes every second."""

_LONG = {"Cache-Control": "public, max-age=31536000, immutable"}
"""What the log has once, it has for ever."""

_OUTAGES = ("overloaded", "database-unavailable")


@router.get(
    "/checkpoint",
    summary="The newest checkpoint of the audit log",
    response_class=Response,
    responses=problem_responses("not-found", *_OUTAGES)
    | {200: {"content": {TEXT: {"schema": {"type": "string"}}}, "description": "A signed note."}},
)
async def checkpoint(
    state: Annotated[State, Depends(current_state)],
    cosigned: Annotated[bool, Query(description="The newest one that a witness cosigned.")] = False,
) -> Response:
    """The log's name, size and root, signed by the fund (c2sp.org/tlog-checkpoint), with the cosignatures of witnesses."""
    note = await log_service.checkpoint(state.database, cosigned=cosigned)
    return Response(note, media_type=TEXT, headers=_SHORT)


@router.get(
    "/consistency",
    summary="A proof that the log only grew",
    responses=problem_responses("not-found", "request-invalid", *_OUTAGES),
)
async def consistency(
    state: Annotated[State, Depends(current_state)],
    old_size: Annotated[int, Query(ge=0, le=MAX_SIZE)],
    new_size: Annotated[int, Query(ge=0, le=MAX_SIZE)],
) -> ConsistencyAnswer:
    """The consistency proof between two sizes (RFC 6962, section 2.1.2); `not-found` if the log is smaller."""
    return await log_service.consistency(state.database, old_size, new_size)


@router.get(
    "/records/{record_id}/proof",
    summary="The proof that the log has a record",
    response_class=Response,
    responses=problem_responses("token-invalid", "not-found", *_OUTAGES)
    | {200: {"content": {TEXT: {"schema": {"type": "string"}}}, "description": "A proof as text."}},
)
async def record_proof(
    record_id: UUID,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> Response:
    """For the facility or insurer that the record names (c2sp.org/tlog-proof).

    `extra` is the log's entry. The holder of the proof can show later that the record was not changed; what the record
    says is not part of it. A record that was written within the last second may not be in the log yet.
    """
    proof = await log_service.own_proof(state.database, caller, record_id)
    return Response(proof.encode(), media_type=TEXT)


@router.get(
    "/tile/{path:path}",
    summary="A tile of the log's tree, or a bundle of its entries",
    response_class=Response,
    responses=problem_responses("not-found", *_OUTAGES)
    | {
        200: {
            "content": {BYTES: {"schema": {"type": "string", "format": "binary"}}},
            "description": "Hashes, or entries with their lengths.",
        }
    },
)
async def tile(
    path: Annotated[str, Path(max_length=min(MAX_PATH, MAX_TEXT_LENGTH), description="`<L>/<N>[.p/<W>]`")],
    state: Annotated[State, Depends(current_state)],
) -> Response:
    """`tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]` (c2sp.org/tlog-tiles)."""
    return Response(await log_service.tile(state.database, path), media_type=BYTES, headers=_LONG)
