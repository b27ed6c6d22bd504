"""A witness cosigns only what it was shown to have only grown, in any order of requests, and never backwards."""

from __future__ import annotations

import json
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.audit.witness import (
    AnotherSize,
    LastCosigned,
    NotConsistent,
    NotSigned,
    StateUnreadable,
    UnknownLog,
    Witness,
    WitnessRefused,
)
from eligibility_api.audit.witness_http import LogClient, LogUnusable, follow, submit, witness_app
from eligibility_api.merkle_log.hashing import EMPTY_ROOT
from eligibility_api.merkle_log.notes import SigningKey, open_note, parse_note
from eligibility_api.merkle_log.proofs import Node, ProofError
from eligibility_api.merkle_log.tiles import parse_path
from eligibility_api.merkle_log.tlog_proofs import TlogProof
from eligibility_api.merkle_log.witnessing import MAX_REQUEST, AddCheckpoint
from tests.builders.audit_exports import LOG, ORIGIN, WITNESS, WITNESSED, log_of

pytestmark = pytest.mark.anyio

HONEST, FORKED = log_of(300, []), log_of(300, [])
FORKED.tree = type(HONEST.tree)(reversed([HONEST.tree.node(Node(0, place)) for place in range(300)]))
OTHER = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))


def witness(folder: Path) -> Witness:
    return Witness(
        WITNESS,
        {ORIGIN: [LOG.verification_key]},
        folder / "witness.json",
        lambda: datetime.fromtimestamp(WITNESSED, UTC),
    )


def request(old: int, new: int, log: Any = HONEST, **changes: Any) -> AddCheckpoint:
    proof = tuple(log.tree.consistency_proof(old, new)) if old <= new else ()
    return AddCheckpoint(**{"old_size": old, "proof": proof, "checkpoint": log.note(size=new)} | changes)


def test_a_log_that_grows_is_cosigned_and_remembered(tmp_path: Path) -> None:
    one = witness(tmp_path)
    for old, new in [(0, 0), (0, 1), (1, 1), (1, 5), (5, 256), (256, 300)]:
        signature = one.add_checkpoint(request(old, new))
        text = HONEST.note(size=new).partition(b"\n\n")[0].decode() + "\n"
        assert WITNESS.verification_key.verify(text, signature)
        assert signature.time == WITNESSED
        assert witness(tmp_path).last(ORIGIN) == LastCosigned(new, HONEST.tree.root(new))
    assert stat.S_IMODE((tmp_path / "witness.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (request(20, 30, FORKED), NotConsistent),
        (request(20, 20, FORKED), AnotherSize),
        (request(10, 30), AnotherSize),
        (request(0, 30), AnotherSize),
        (request(0, 10), AnotherSize),
        (request(30, 40), AnotherSize),
        (request(20, 30, proof=()), NotConsistent),
        (request(20, 30, proof=(bytes(32),) * 5), NotConsistent),
        (request(20, 10), WitnessRefused),
        (request(20, 30, checkpoint=HONEST.note(OTHER, size=30)), NotSigned),
        (request(20, 30, checkpoint=HONEST.note(size=30).replace(b"\n30\n", b"\n31\n")), NotSigned),
        (request(20, 30, checkpoint=HONEST.note(size=30).replace(b"fund.", b"fake.")), UnknownLog),
        (request(20, 30, checkpoint=b"no note"), WitnessRefused),
    ],
    ids=range(13),
)
def test_what_is_not_shown_to_be_consistent_is_not_cosigned(
    tmp_path: Path, refused: AddCheckpoint, error: type[WitnessRefused]
) -> None:
    one = witness(tmp_path)
    one.add_checkpoint(request(0, 20))
    with pytest.raises(WitnessRefused) as raised:
        one.add_checkpoint(refused)
    assert raised.type is error
    if isinstance(raised.value, AnotherSize):
        assert raised.value.size == 20
    assert one.last(ORIGIN) == LastCosigned(20, HONEST.tree.root(20))


def test_an_empty_log_has_the_root_of_one(tmp_path: Path) -> None:
    forged = AddCheckpoint(0, (), HONEST.note(size=0, root=bytes(32)))
    with pytest.raises(WitnessRefused):
        witness(tmp_path).add_checkpoint(forged)
    witness(tmp_path).add_checkpoint(request(0, 0, checkpoint=HONEST.note(size=0, root=EMPTY_ROOT)))
    assert witness(tmp_path).last(ORIGIN) == LastCosigned()


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300), st.booleans()), max_size=12))
def test_no_order_of_requests_makes_it_cosign_two_histories(
    tmp_path_factory: pytest.TempPathFactory, requests: list[tuple[int, int, bool]]
) -> None:
    one = witness(tmp_path_factory.mktemp("witness"))
    cosigned = LastCosigned()
    for old, new, forked in requests:
        log = FORKED if forked else HONEST
        try:
            one.add_checkpoint(request(old, new, log))
        except WitnessRefused:
            continue
        assert new >= cosigned.size
        assert old == cosigned.size
        if cosigned.size:
            assert log.tree.root(cosigned.size) == cosigned.root
        cosigned = LastCosigned(new, log.tree.root(new))
    assert one.last(ORIGIN) == cosigned


@pytest.mark.parametrize(
    "state",
    ["", "[]", "{", '{"x":1}', '{"x":{"size":-1,"root":""}}', '{"x":{"size":1,"root":"zz"}}', "[" * 5000],
    ids=range(7),
)
def test_without_its_memory_it_cosigns_nothing(tmp_path: Path, state: str) -> None:
    """A damaged state must not look like an empty one: that would allow another history."""
    (tmp_path / "witness.json").write_text(state, encoding="utf-8")
    with pytest.raises(StateUnreadable):
        witness(tmp_path).add_checkpoint(request(0, 20))
    assert (tmp_path / "witness.json").read_text(encoding="utf-8") == state


def client(app: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://witness.example/")


async def test_add_checkpoint_over_http(tmp_path: Path) -> None:
    async with client(witness_app(witness(tmp_path))) as http:
        answer = await http.post("add-checkpoint", content=request(0, 20).encode())
        assert answer.status_code == 200
        cosigned = open_note(HONEST.note(size=20) + answer.content, [WITNESS.verification_key])
        assert [one.name for one in cosigned.verified] == [WITNESS.name]
        for body, status in [
            (request(0, 30).encode(), 409),
            (request(20, 20, FORKED).encode(), 409),
            (request(20, 30, FORKED).encode(), 422),
            (request(20, 30, checkpoint=HONEST.note(OTHER, size=30)).encode(), 403),
            (request(20, 30, checkpoint=HONEST.note(size=30).replace(b"fund.", b"fake.")).encode(), 404),
            (request(20, 10).encode(), 400),
            (b"", 400),
            (b"old 20\n\n", 400),
            (b"x" * (MAX_REQUEST + 1), 413),
        ]:
            answer = await http.post("add-checkpoint", content=body)
            assert answer.status_code == status
            if status == 409:
                assert answer.headers["Content-Type"].partition(";")[0] == "text/x.tlog.size"
                assert answer.content == b"20\n"
        assert (await http.get("add-checkpoint")).status_code == 405
        (tmp_path / "witness.json").write_text("{", encoding="utf-8")
        assert (await http.post("add-checkpoint", content=request(20, 30).encode())).status_code == 503


async def test_a_log_has_its_checkpoint_cosigned(tmp_path: Path) -> None:
    key = WITNESS.verification_key
    async with client(witness_app(witness(tmp_path))) as http:
        assert await submit(http, request(20, 30), key) == 0
        signature = await submit(http, request(0, 30), key)
        assert not isinstance(signature, int)
        assert key.verify(parse_note(HONEST.note(size=30)).text, signature)
        with pytest.raises(LogUnusable, match="status 422"):
            await submit(http, request(30, 40, FORKED), key)
        with pytest.raises(LogUnusable, match="no valid cosignature"):
            await submit(http, request(30, 40), OTHER.verification_key)


async def sent(data: bytes) -> AsyncIterator[bytes]:
    """A body in pieces, as a server sends it."""
    for place in range(0, len(data), 1000):
        yield data[place : place + 1000]


def log_server(log: Any, size: int, **spoilt: bytes | int) -> httpx2.MockTransport:
    """A log that serves checkpoint and tiles; `spoilt` replaces resources."""

    def answer(received: httpx2.Request) -> httpx2.Response:
        path = received.url.path.removeprefix("/log/")
        replacement = spoilt.get(path)
        if isinstance(replacement, int):
            return httpx2.Response(replacement, content=sent(b""))
        if replacement is not None:
            return httpx2.Response(200, content=sent(replacement))
        if path == "checkpoint":
            return httpx2.Response(200, content=sent(log.note(size=size)))
        tile = parse_path(path)
        first = tile.index * 256
        nodes = [log.tree.node(Node(8 * tile.level, first + place)) for place in range(tile.width)]
        return httpx2.Response(200, content=sent(b"".join(nodes)))

    return httpx2.MockTransport(answer)


def followed(transport: httpx2.MockTransport) -> LogClient:
    return LogClient(httpx2.AsyncClient(transport=transport, base_url="http://fund.example/log/"))


async def test_a_witness_follows_a_log_by_its_tiles(tmp_path: Path) -> None:
    one = witness(tmp_path)
    for size in (1, 200, 256, 300, 300):
        note, signature = await follow(one, followed(log_server(HONEST, size)), ORIGIN)
        assert WITNESS.verification_key.verify(parse_note(note).text, signature)
        assert one.last(ORIGIN).size == size


@pytest.mark.parametrize(
    ("transport", "error"),
    [
        (log_server(FORKED, 300), AnotherSize),
        (log_server(FORKED, 290), NotConsistent),
        (log_server(HONEST, 100), AnotherSize),
        (log_server(HONEST, 290, **{"tile/0/000": bytes(8192)}), NotConsistent),
        (log_server(HONEST, 290, **{"tile/1/000.p/1": bytes(32)}), LogUnusable),
        (log_server(HONEST, 290, **{"tile/0/000": b"short"}), LogUnusable),
        (log_server(HONEST, 290, **{"tile/0/000": bytes(100_000)}), LogUnusable),
        (log_server(HONEST, 290, **{"tile/0/001.p/34": 404}), LogUnusable),
        (log_server(HONEST, 290, checkpoint=b"no note"), LogUnusable),
        (log_server(HONEST, 290, checkpoint=HONEST.note(OTHER, size=290)), LogUnusable),
        (log_server(HONEST, 290, checkpoint=500), LogUnusable),
    ],
    ids=range(11),
)
async def test_a_witness_does_not_follow_a_log_that_is_rewritten_shrinks_or_lies(
    tmp_path: Path, transport: httpx2.MockTransport, error: type[Exception]
) -> None:
    one = witness(tmp_path)
    size = 300 if error is AnotherSize else 200
    one.add_checkpoint(request(0, size))
    with pytest.raises(error):
        await follow(one, followed(transport), ORIGIN)
    assert one.last(ORIGIN).size == size


@given(st.integers(0, 2**62), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_a_request_is_read_as_it_is_written(old: int, proof: list[bytes]) -> None:
    sent = AddCheckpoint(old, tuple(proof), HONEST.note(size=3))
    assert AddCheckpoint.parse(sent.encode()) == sent


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 1\n",
        b"old 01\n\nx",
        b"old -1\n\nx",
        b"old 9223372036854775808\n\nx",
        b"new 1\n\nx",
        b"old 1\nAAAA\n\nx",
        b"old 1\n!\n\nx",
        b"old 1\n\xff\n\nx",
        b"old 1\n" + b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" * 64 + b"\nx",
    ],
    ids=range(10),
)
def test_other_requests_are_refused(body: bytes) -> None:
    with pytest.raises(ProofError):
        AddCheckpoint.parse(body)


def test_the_specifications_example_of_a_request_is_read() -> None:
    checkpoint = b"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    body = (
        b"old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\njrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
        b"5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n"
    )
    parsed = AddCheckpoint.parse(body + checkpoint)
    assert (parsed.old_size, len(parsed.proof), parsed.checkpoint) == (20_852_014, 4, checkpoint)


PROOF = TlogProof(5, tuple(HONEST.tree.inclusion_proof(5)), HONEST.note(), HONEST.commitments[5])


def test_a_proof_as_text_is_read_as_it_is_written() -> None:
    assert TlogProof.parse(PROOF.encode()) == PROOF
    bare = TlogProof(0, (), b"x")
    assert bare.encode() == b"c2sp.org/tlog-proof@v1\nindex 0\n\nx"
    assert TlogProof.parse(bare.encode()) == bare


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"c2sp.org/tlog-proof@v1\n",
        b"c2sp.org/tlog-proof@v2\nindex 0\n\nx",
        b"c2sp.org/tlog-proof@v1\nindex 00\n\nx",
        b"c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\nx",
        b"c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\nx",
        b"c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx",
        b"c2sp.org/tlog-proof@v1\n\xff\n\nx",
    ],
    ids=range(8),
)
def test_other_texts_are_no_proofs(text: bytes) -> None:
    with pytest.raises(ProofError):
        TlogProof.parse(text)


def test_the_state_is_one_readable_file(tmp_path: Path) -> None:
    witness(tmp_path).add_checkpoint(request(0, 20))
    state = json.loads((tmp_path / "witness.json").read_text(encoding="utf-8"))
    assert state == {ORIGIN: {"size": 20, "root": HONEST.tree.root(20).hex()}}
    assert [path.name for path in tmp_path.iterdir()] == ["witness.json"]
