"""The fund over a real socket: each path's body limit, announced or chunked, with and without load."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from eligibility_api.app import LARGER_BODIES, MAX_BODY_BYTES, build
from eligibility_api.checkups.endpoints import PATH as CHECKUPS_PATH
from eligibility_api.state import State
from tests.builders.fund import Fund, opened
from tests.builders.real_server import Answer, Client, chunked, request, serving

pytestmark = pytest.mark.anyio

FILE_BYTES = 300_000
UPLOADS = ("/v1/uploads", "/v1/claims")
CHALLENGES = "/v1/presence/challenges"
LIMITS = {
    path: FILE_BYTES if path in UPLOADS else LARGER_BODIES.get(path, MAX_BODY_BYTES)
    for path in (CHALLENGES, "/v1/eligibility/card", "/v1/token", "/v1/nothing", *LARGER_BODIES)
}
JSON = "Content-Type: application/json"
SLOW = 40
"""More requests in progress than the number above which today's load shedding reads ahead."""


@pytest.fixture(scope="module")
async def address(fund: Fund) -> AsyncIterator[tuple[str, int]]:
    async with served(fund.state, upload_max_bytes=FILE_BYTES) as address:
        yield address


@asynccontextmanager
async def served(state: State, **settings: object) -> AsyncIterator[tuple[str, int]]:
    """The fund's application with other settings, over a socket."""
    configured = replace(state, settings=state.settings.model_copy(update=settings))
    async with serving(build(opened(configured))) as address:
        yield address


async def connect(address: tuple[str, int]) -> Client:
    return Client(*await asyncio.open_connection(*address))


async def ask(address: tuple[str, int], *parts: bytes) -> Answer:
    client = await connect(address)
    for part in parts:
        await client.send(part)
    answer = await client.answer()
    await client.close()
    return answer


async def token(fund: Fund, path: str) -> str:
    """A token of who may call a path."""
    insurers = (*UPLOADS, CHECKUPS_PATH, "/v1/medical-tickets", "/v1/medical-tickets/withdraw")
    return await fund.token(fund.insurer if path in insurers else fund.clinic)


@pytest.mark.parametrize("path", LIMITS)
async def test_an_announced_body_is_refused_before_it_is_sent(
    fund: Fund, address: tuple[str, int], path: str
) -> None:
    answer = await ask(address, request("POST", path, b"", await token(fund, path), LIMITS[path] + 1, JSON))
    assert answer.outcome == (413, "request-too-large")


@pytest.mark.parametrize("load", [0, SLOW], ids=["idle", "under load"])
@pytest.mark.parametrize("path", LIMITS)
async def test_a_chunked_body_is_refused(fund: Fund, address: tuple[str, int], path: str, load: int) -> None:
    bearer = await token(fund, path)
    # Others' slow bodies: a client's own would make it wait for its turn.
    busy_path = "/v1/eligibility/batches" if bearer == await fund.token(fund.insurer) else "/v1/uploads"
    busy = request("POST", busy_path, b"[", await token(fund, busy_path), 70_000, JSON)
    chunk = b" " * 65_536
    head = request("POST", path, b"", bearer, None, JSON, "Transfer-Encoding: chunked")
    chunks = [b"%x\r\n%b\r\n" % (len(chunk), chunk)] * (LIMITS[path] // len(chunk) + 1)
    held = [await (await connect(address)).send(busy) for _ in range(load)]
    try:
        assert (await ask(address, head, *chunks)).outcome == (413, "request-too-large")
    finally:
        for client in held:
            await client.close()


async def test_a_proof_padded_to_a_megabyte_is_too_large(fund: Fund, address: tuple[str, int]) -> None:
    body = b'{"certificate": "' + b"A" * 1_000_000 + b'"}'
    answer = await ask(address, request("POST", "/v1/eligibility/card", body, await fund.token(fund.clinic)))
    assert answer.outcome == (413, "request-too-large")


@pytest.mark.parametrize("path", list(LARGER_BODIES))
@pytest.mark.parametrize(
    ("bearer", "code"), [(None, "token-missing"), ("forged", "token-invalid"), ("a.b.c", "token-invalid")]
)
async def test_a_large_body_needs_a_token_before_its_first_byte(
    address: tuple[str, int], path: str, bearer: str | None, code: str
) -> None:
    answer = await ask(address, request("POST", path, b"", bearer, MAX_BODY_BYTES + 1))
    assert answer.outcome == (401, code)
    assert answer.headers["www-authenticate"] == "bearer"
    assert (await ask(address, chunked(path, b"y", token=bearer))).outcome == (401, code)


async def test_a_body_of_usual_size_is_accepted_everywhere_in_chunks_or_whole(
    fund: Fund, address: tuple[str, int]
) -> None:
    body = b'{"purpose": "eligibility"}'
    bearer = await fund.token(fund.clinic)
    whole = await ask(address, request("POST", CHALLENGES, body, bearer, None, JSON))
    parts = [b"%x\r\n%b\r\n" % (5, body[:5]), b"%x\r\n%b\r\n0\r\n\r\n" % (len(body) - 5, body[5:])]
    head = request("POST", CHALLENGES, b"", bearer, None, JSON, "Transfer-Encoding: chunked")
    assert [whole.status, (await ask(address, head, *parts)).status] == [200, 200]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
async def test_head_is_answered_where_get_is(address: tuple[str, int], path: str) -> None:
    get = await ask(address, request("GET", path))
    client = await connect(address)
    head = await (await client.send(request("HEAD", path))).answer(has_body=False)
    await client.close()
    assert (head.status, head.headers["content-type"]) == (get.status, get.headers["content-type"])
    assert int(head.headers["content-length"]) > 0


@pytest.mark.parametrize(("path", "outcome"), [("/v1/token", 405), ("/nothing", 404), ("/v1/history", 401)])
async def test_head_is_refused_where_get_is(address: tuple[str, int], path: str, outcome: int) -> None:
    client = await connect(address)
    answer = await (await client.send(request("HEAD", path))).answer(has_body=False)
    await client.close()
    assert answer.status == outcome


async def test_head_of_a_read_that_needs_a_token_is_refused_without(address: tuple[str, int]) -> None:
    client = await connect(address)
    path = "/v1/eligibility/batches/00000000-0000-0000-0000-000000000000"
    answer = await (await client.send(request("HEAD", path))).answer(has_body=False)
    await client.close()
    assert answer.status == 401
