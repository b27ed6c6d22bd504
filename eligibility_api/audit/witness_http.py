"""The witness over HTTP: `add-checkpoint`, and following a log by its public tiles."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import httpx2
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from eligibility_api.audit.witness import AnotherSize, StateUnreadable, Witness, WitnessRefused
from eligibility_api.merkle_log.checkpoints import Checkpoint, open_checkpoint
from eligibility_api.merkle_log.hashing import fold
from eligibility_api.merkle_log.notes import MAX_NOTE, NoteError, Signature, VerificationKey, parse_note
from eligibility_api.merkle_log.proofs import Node, Span, consistency_proof, consistency_spans, nodes_of
from eligibility_api.merkle_log.tiles import TILE_WIDTH, Tile, node_in_tile, split_hashes, tile_of
from eligibility_api.merkle_log.witnessing import ADD_CHECKPOINT, MAX_REQUEST, SIZE_MEDIA_TYPE, AddCheckpoint

TIMEOUT_SECONDS = 10.0
"""How long a witness, or a log, may take for one answer."""

_BODY_SECONDS = 10.0

_MAX_TILE = TILE_WIDTH * 32


class LogUnusable(Exception):
    """A log or witness did not answer as the protocol says; the text names the resource."""


def witness_app(witness: Witness) -> Starlette:
    """Build the witness's HTTP interface."""

    async def add_checkpoint(request: Request) -> Response:
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await _body(request)
        except (TimeoutError, ClientDisconnect):
            return PlainTextResponse("The request did not arrive in time.\n", 408)
        if body is None:
            return PlainTextResponse("The request is too large.\n", 413)
        try:
            signature = witness.add_checkpoint(AddCheckpoint.parse(body))
        except AnotherSize as refused:
            return Response(f"{refused.size}\n", refused.status, media_type=SIZE_MEDIA_TYPE)
        except WitnessRefused as refused:
            return PlainTextResponse(f"{refused}\n", refused.status)
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 400)
        except (StateUnreadable, OSError):
            return PlainTextResponse("The witness cannot cosign at the moment.\n", 503)
        return PlainTextResponse(signature.line)

    return Starlette(routes=[Route(ADD_CHECKPOINT, add_checkpoint, methods=["POST"])])


async def _body(request: Request) -> bytes | None:
    """Return the body; None once it is larger than any request."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_REQUEST:
            return None
    return bytes(body)


class LogClient:
    """Reads a log's checkpoint and tiles below its prefix."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def checkpoint(self, origin: str, keys: Sequence[VerificationKey]) -> tuple[Checkpoint, bytes]:
        """Return the newest checkpoint, verified, and its note. Raises LogUnusable."""
        note = await self._get("checkpoint", MAX_NOTE)
        try:
            return open_checkpoint(note, origin, keys)[0], note
        except NoteError as error:
            raise LogUnusable(f"The log's checkpoint is not accepted: {error}.") from None

    async def consistency(self, old: int, checkpoint: Checkpoint) -> tuple[bytes, ...]:
        """Compute the consistency proof from the log's tiles. Raises LogUnusable.

        The whole tree's root is computed from the same tiles: if it is not the checkpoint's, the proof would not verify
        either, and the cause is named here.
        """
        whole = Span(0, checkpoint.size)
        nodes = await self._nodes([*consistency_spans(old, checkpoint.size), whole], checkpoint.size)
        if fold([nodes[node] for node in nodes_of(whole)]) != checkpoint.root:
            raise LogUnusable("The log's tiles do not lead to the root of its checkpoint.")
        return tuple(consistency_proof(old, checkpoint.size, nodes.__getitem__))

    async def _nodes(self, spans: Iterable[Span], size: int) -> dict[Node, bytes]:
        tiles: dict[Tile, list[bytes]] = {}
        nodes: dict[Node, bytes] = {}
        for node in [node for span in spans for node in nodes_of(span)]:
            place = tile_of(node, size)
            try:
                if place not in tiles:
                    tiles[place] = split_hashes(await self._get(place.path, _MAX_TILE))
                nodes[node] = node_in_tile(node, tiles[place])
            except ValueError as error:
                raise LogUnusable(f"{place.path}: {error}.") from None
        return nodes

    async def _get(self, path: str, limit: int) -> bytes:
        """Return a resource of at most `limit` bytes. Raises LogUnusable."""
        status, data = await _exchange(self._http, "GET", path, limit)
        if status != 200:
            raise LogUnusable(f"{path}: status {status}.")
        return data


async def _exchange(
    http: httpx2.AsyncClient, method: str, path: str, limit: int, content: bytes | None = None
) -> tuple[int, bytes]:
    """Return status and body, of at most `limit` bytes and never decompressed. Raises LogUnusable."""
    data = bytearray()
    headers = {"Accept-Encoding": "identity"}
    try:
        async with (
            asyncio.timeout(TIMEOUT_SECONDS),
            http.stream(method, path, content=content, headers=headers) as answer,
        ):
            async for chunk in answer.aiter_raw():
                data += chunk
                if len(data) > limit:
                    raise LogUnusable(f"{path}: too large.")
    except (httpx2.HTTPError, TimeoutError) as error:
        raise LogUnusable(f"{path}: no answer ({type(error).__name__}).") from None
    return answer.status_code, bytes(data)


async def follow(witness: Witness, log: LogClient, origin: str) -> tuple[bytes, Signature]:
    """Cosign a log's newest checkpoint after a consistency proof from its tiles.

    Returns its note and the cosignature. Raises LogUnusable, WitnessRefused and StateUnreadable.
    """
    last = witness.last(origin)
    checkpoint, note = await log.checkpoint(origin, witness.logs[origin])
    if checkpoint.size < last.size:
        raise AnotherSize(last.size, f"The log had {last.size} leaves, and shows {checkpoint.size} now.")
    proof = await log.consistency(last.size, checkpoint)
    return note, witness.add_checkpoint(AddCheckpoint(last.size, proof, note))


async def submit(http: httpx2.AsyncClient, request: AddCheckpoint, key: VerificationKey) -> Signature | int:
    """Send a checkpoint to a witness. Returns its cosignature, or the size from which it wants a proof.

    Raises LogUnusable if the witness refuses, does not answer, or answers without a valid cosignature of `key`.
    """
    path = ADD_CHECKPOINT.removeprefix("/")
    status, body = await _exchange(http, "POST", path, MAX_NOTE, request.encode())
    if status == 409 and body.strip().isdigit() and len(body) < 20:
        return int(body)
    if status != 200:
        raise LogUnusable(f"The witness refuses the checkpoint (status {status}).")
    text = parse_note(request.checkpoint).text
    try:
        signatures = parse_note(f"{text}\n".encode() + body).signatures
    except NoteError as error:
        raise LogUnusable(f"The witness's answer is malformed: {error}.") from None
    for signature in signatures:
        if key.verify(text, signature):
            return signature
    raise LogUnusable("The witness's answer has no valid cosignature.")
