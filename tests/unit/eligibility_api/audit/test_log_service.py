"""The audit log over HTTP: what is served is what the public formats say; a proof goes to those whom the record names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI

from eligibility_api.audit import log_endpoints, log_queries
from eligibility_api.audit.cosigning import add_from_note, collect
from eligibility_api.audit.witness import Witness
from eligibility_api.audit.witness_http import LogUnusable, witness_app
from eligibility_api.audit_log import log_store
from eligibility_api.audit_log.log_store import InclusionProof, StoredCheckpoint, StoredLeaf
from eligibility_api.clients.caller import Caller
from eligibility_api.database.connections import Database
from eligibility_api.dependencies import current_caller
from eligibility_api.merkle_log.notes import NoteError, Signature, VerificationKey
from eligibility_api.merkle_log.proofs import Node
from eligibility_api.merkle_log.tiles import width_at
from eligibility_api.state import current_state
from eligibility_api.web import problems
from tests.builders.audit_exports import LOG, ORIGIN, WITNESS, WITNESSED, log_of
from tests.builders.independent_log import read_entries, read_head, read_proof

pytestmark = pytest.mark.anyio

OURS = log_of(600, [])
OWN, FOREIGN, UNLOGGED = UUID(int=77), UUID(int=78), UUID(int=5000)
CALLER = Caller(UUID(int=1), "1311111114", None, frozenset())


class FakeLog:
    """The stored log as of `size` leaves, in place of the database."""

    def __init__(self, size: int | None = 600) -> None:
        self.size = size
        self.cosignatures: dict[int, list[Signature]] = {}

    def stored(self, size: int) -> StoredCheckpoint:
        return StoredCheckpoint(size, OURS.tree.root(size), OURS.note(size=size), datetime.now(UTC))

    async def latest_checkpoint(self, connection: Any) -> StoredCheckpoint | None:
        return None if self.size is None else self.stored(self.size)

    async def tile(self, connection: Any, level: int, index: int, width: int = 256) -> bytes | None:
        if width > width_at(level, index, self.size or 0):
            return None
        nodes = [OURS.tree.node(Node(8 * level, index * 256 + place)) for place in range(width)]
        return b"".join(nodes)

    async def entries(self, connection: Any, first: int, count: int) -> list[bytes]:
        return OURS.commitments[first : min(first + count, self.size or 0)]

    async def consistency_hashes(self, connection: Any, old: int, new: int) -> tuple[bytes, ...]:
        if new > (self.size or 0):
            raise ValueError("no checkpoint has this size yet")
        return tuple(OURS.tree.consistency_proof(old, new))

    async def proof_of(self, connection: Any, record_id: UUID) -> InclusionProof | None:
        leaf = record_id.int
        if self.size is None or leaf >= self.size:
            return None
        stored = StoredLeaf(leaf, record_id, datetime.now(UTC), OURS.commitments[leaf])
        hashes = tuple(OURS.tree.inclusion_proof(leaf, self.size))
        return InclusionProof(stored, self.stored(self.size), hashes)

    async def names(self, connection: Any, caller: Caller, record_id: UUID) -> bool:
        return record_id in (OWN, UNLOGGED)

    async def cosigned_checkpoint(self, connection: Any) -> tuple[int, bytes] | None:
        if not self.cosignatures:
            return None
        size = max(self.cosignatures)
        return size, self.stored(size).note

    async def is_cosigned(self, connection: Any, size: int, key: VerificationKey) -> bool:
        return any(one.key_id == key.key_id for one in self.cosignatures.get(size, []))

    async def checkpoint_at(self, connection: Any, size: int) -> bytes | None:
        return self.stored(size).note if size <= (self.size or 0) else None

    async def cosignatures_of(self, connection: Any, size: int) -> list[Signature]:
        return self.cosignatures.get(size, [])

    async def add_cosignature(self, connection: Any, size: int, signature: Signature) -> None:
        self.cosignatures.setdefault(size, []).append(signature)


class FakeDatabase:
    """Opens transactions that nobody uses."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        yield None


DATABASE = cast(Database, FakeDatabase())


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> FakeLog:
    fake = FakeLog()
    for name in ("latest_checkpoint", "tile", "entries", "consistency_hashes", "proof_of"):
        monkeypatch.setattr(log_store, name, getattr(fake, name))
    for name in ("names", "cosigned_checkpoint", "is_cosigned", "checkpoint_at", "add_cosignature"):
        monkeypatch.setattr(log_queries, name, getattr(fake, name))
    monkeypatch.setattr(log_queries, "cosignatures", fake.cosignatures_of)
    return fake


@pytest.fixture
async def http(log: FakeLog) -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()
    app.include_router(log_endpoints.router)
    problems.install_error_handlers(app)
    app.dependency_overrides[current_state] = lambda: SimpleNamespace(database=FakeDatabase())
    app.dependency_overrides[current_caller] = lambda: CALLER
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://fund.example/v1/audit/") as client:
        yield client


async def test_an_independent_reader_reads_the_whole_log(http: httpx2.AsyncClient) -> None:
    note = await http.get("checkpoint")
    assert note.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert note.headers["Cache-Control"] == "public, max-age=1"
    head = read_head(note.content, str(LOG.verification_key), [])
    assert (head.origin, head.size) == (ORIGIN, 600)
    resources = {}
    for kind in ("0", "entries"):
        for path in (f"tile/{kind}/000", f"tile/{kind}/001", f"tile/{kind}/002.p/88"):
            answer = await http.get(path)
            assert answer.headers["Content-Type"] == "application/octet-stream"
            assert "immutable" in answer.headers["Cache-Control"]
            resources[path] = answer.content
    assert read_entries(600, resources.__getitem__) == OURS.commitments
    assert (await http.get("tile/1/000.p/2")).content == OURS.tree.node(Node(8, 0)) + OURS.tree.node(
        Node(8, 1)
    )


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/002",
        "tile/0/002.p/89",
        "tile/0/003.p/1",
        "tile/entries/002",
        "tile/entries/003.p/1",
        "tile/entries/x999/x999/x999/x999/x999/999",
        "tile/2/000.p/1",
        "tile/64/000",
        "tile/0/2",
        "tile/0/../../checkpoint.p/1",
        "tile/data/000",
        "consistency?old_size=5&new_size=601",
        "consistency?old_size=6&new_size=5",
        f"records/{FOREIGN}/proof",
        f"records/{UNLOGGED}/proof",
        f"records/{UUID(int=1)}/proof",
        "checkpoint?cosigned=true",
    ],
)
async def test_what_the_log_does_not_have_is_not_found(http: httpx2.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    "path", ["consistency", "consistency?old_size=-1&new_size=5", f"consistency?old_size=1&new_size={2**63}"]
)
async def test_malformed_sizes_are_refused(http: httpx2.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 422


async def test_before_the_first_checkpoint_there_is_none(http: httpx2.AsyncClient, log: FakeLog) -> None:
    log.size = None
    for path in ("checkpoint", "tile/0/000.p/1", f"records/{OWN}/proof"):
        assert (await http.get(path)).status_code == 404


async def test_a_consistency_proof(http: httpx2.AsyncClient) -> None:
    answer = (await http.get("consistency?old_size=300&new_size=600")).json()
    import base64

    assert [base64.b64decode(item) for item in answer["hashes"]] == OURS.tree.consistency_proof(300, 600)


async def test_a_facility_gets_the_proof_of_its_own_record(http: httpx2.AsyncClient) -> None:
    answer = await http.get(f"records/{OWN}/proof")
    assert answer.status_code == 200
    index, entry, head = read_proof(answer.content, str(LOG.verification_key))
    assert (index, entry, head.size) == (77, OURS.commitments[77], 600)
    assert OURS.records[77].salt.hex() not in answer.text


def witness(folder: Any) -> Witness:
    return Witness(
        WITNESS,
        {ORIGIN: [LOG.verification_key]},
        folder / "w.json",
        lambda: datetime.fromtimestamp(WITNESSED, UTC),
    )


async def test_a_witnesss_cosignature_is_served_with_the_checkpoint(
    http: httpx2.AsyncClient, log: FakeLog, tmp_path: Any
) -> None:
    key, keys = WITNESS.verification_key, [str(WITNESS.verification_key)]
    transport = httpx2.ASGITransport(app=witness_app(witness(tmp_path)))
    log.size = 500
    assert await collect(DATABASE, key, "http://witness.example", transport=transport) == 500
    head = read_head((await http.get("checkpoint")).content, str(LOG.verification_key), keys)
    assert (head.size, head.cosigners) == (500, [WITNESS.name])
    assert await collect(DATABASE, key, "http://witness.example", transport=None) == 500
    log.size = 600
    head = read_head((await http.get("checkpoint")).content, str(LOG.verification_key), keys)
    assert (head.size, head.cosigners) == (600, [])
    cosigned = (await http.get("checkpoint?cosigned=true")).content
    assert read_head(cosigned, str(LOG.verification_key), keys).size == 500
    collected = collect(DATABASE, key, "http://witness.example", last_size=500, transport=transport)
    assert await collected == 600
    assert sorted(log.cosignatures) == [500, 600]


async def test_a_cosignature_that_was_lost_does_not_stop_the_next(log: FakeLog, tmp_path: Any) -> None:
    transport = httpx2.ASGITransport(app=witness_app(witness(tmp_path)))
    log.size = 500
    await collect(DATABASE, WITNESS.verification_key, "http://w.example", transport=transport)
    log.cosignatures.clear()
    log.size = 600
    assert await collect(DATABASE, WITNESS.verification_key, "http://w.example", transport=transport) == 600
    assert list(log.cosignatures) == [600]


async def test_a_witness_that_is_ahead_or_refuses_is_an_error(log: FakeLog, tmp_path: Any) -> None:
    one = witness(tmp_path)
    transport = httpx2.ASGITransport(app=witness_app(one))
    await collect(DATABASE, WITNESS.verification_key, "http://w.example", transport=transport)
    log.cosignatures.clear()
    log.size = 500
    with pytest.raises(LogUnusable, match="which the log does not have"):
        await collect(DATABASE, WITNESS.verification_key, "http://w.example", transport=transport)
    one.logs = {}
    with pytest.raises(LogUnusable, match="status 404"):
        await collect(DATABASE, WITNESS.verification_key, "http://w.example", transport=transport)


async def test_cosignatures_made_elsewhere_are_added(log: FakeLog) -> None:
    keys = [WITNESS.verification_key]
    assert await add_from_note(DATABASE, OURS.note(LOG, WITNESS, size=500), keys) == 1
    assert [one.name for one in log.cosignatures[500]] == [WITNESS.name]
    assert await add_from_note(DATABASE, OURS.note(LOG, WITNESS, size=501), []) == 0
    for foreign in (
        OURS.note(WITNESS, size=500, root=bytes(32)),
        OURS.note(LOG, WITNESS).replace(b"\n600\n", b"\n700\n"),
    ):
        with pytest.raises(NoteError, match="not a checkpoint of this log"):
            await add_from_note(DATABASE, foreign, keys)
