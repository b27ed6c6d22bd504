"""What comes before every page: only this machine, only this host, only this origin, only small bodies."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from screens.web.guard import MAX_BODY_BYTES, SECURITY_HEADERS, Guard

pytestmark = pytest.mark.anyio

ORIGIN = "http://127.0.0.1:8000"


async def _echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def _kept(_request: Request) -> Response:
    return PlainTextResponse("x", headers={"Cache-Control": "private"})


APP = Guard(
    Starlette(
        routes=[
            Route("/kept", _kept),
            Route("/large", _echo, methods=["POST"]),
            Route("/{path:path}", _echo, methods=["GET", "POST", "DELETE"]),
        ]
    ),
    larger_bodies={"/large": 10 * MAX_BODY_BYTES},
)


async def send(
    method: str = "POST",
    path: str = "/",
    *,
    headers: dict[str, str] | None = None,
    content: bytes | AsyncIterator[bytes] = b"",
    client: tuple[str, int] = ("127.0.0.1", 5000),
) -> httpx2.Response:
    transport = httpx2.ASGITransport(APP, raise_app_exceptions=False, client=client)
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as http:
        return await http.request(method, path, headers={"Origin": ORIGIN} | (headers or {}), content=content)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 200),
        ("POST", {}, 200),
        ("POST", {"Sec-Fetch-Site": "same-origin"}, 200),
        ("GET", {"Origin": "http://evil.test"}, 200),
        ("POST", {"Origin": "http://evil.test"}, 403),
        ("POST", {"Origin": "null"}, 403),
        ("POST", {"Origin": ""}, 403),
        ("POST", {"Origin": "http://127.0.0.1:8001"}, 403),
        ("POST", {"Origin": "https://127.0.0.1:8000"}, 403),
        ("POST", {"Origin": "http://localhost:8000"}, 403),
        ("POST", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("POST", {"Sec-Fetch-Site": "same-site"}, 403),
        ("GET", {"Host": "evil.test:8000"}, 403),
        ("GET", {"Host": "127.0.0.1:8001"}, 403),
        ("GET", {"Host": "127.0.0.1"}, 403),
        ("GET", {"Host": "user@127.0.0.1:8000"}, 403),
        ("GET", {"Host": "127.0.0.1:x"}, 403),
        ("GET", {"Host": ""}, 403),
        ("GET", {"Host": "127.0.0.1.evil.test:8000"}, 403),
        ("GET", {"Host": "localhost:8000"}, 200),
        ("DELETE", {}, 405),
        ("PUT", {}, 405),
        ("OPTIONS", {}, 405),
    ],
)
async def test_hosts_origins_and_methods(method: str, headers: dict[str, str], status: int) -> None:
    assert (await send(method, headers=headers)).status_code == status


@pytest.mark.parametrize(
    ("host", "status"), [("127.0.0.1", 200), ("::1", 200), ("192.0.2.1", 403), ("x", 403)]
)
async def test_only_this_machine_is_answered(host: str, status: int) -> None:
    assert (await send("GET", client=(host, 5000))).status_code == status


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/", MAX_BODY_BYTES, 200),
        ("/", MAX_BODY_BYTES + 1, 413),
        ("/large", MAX_BODY_BYTES + 1, 200),
        ("/large", 10 * MAX_BODY_BYTES + 1, 413),
    ],
)
async def test_a_body_has_a_limit_by_path(path: str, size: int, status: int) -> None:
    assert (await send(path=path, content=b"x" * size)).status_code == status


async def test_a_body_without_a_length_is_counted() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1024

    assert (await send(content=endless())).status_code >= 400


@pytest.mark.parametrize("length", ["-1", "x", "1 2", "9" * 30])
async def test_a_length_that_is_none_is_refused(length: str) -> None:
    assert (await send(headers={"Content-Length": length})).status_code in {400, 413}


@pytest.mark.parametrize(("path", "headers"), [("/", {}), ("/", {"Host": "evil.test"}), ("/kept", {})])
async def test_every_response_has_the_headers_and_is_not_stored(path: str, headers: dict[str, str]) -> None:
    response = await send("GET", path, headers=headers)
    for name, value in SECURITY_HEADERS:
        assert response.headers[name.decode()] == value.decode()
    assert response.headers["cache-control"] == ("private" if path == "/kept" else "no-store")
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


async def test_a_web_socket_is_not_accepted() -> None:
    async def never(*_: object) -> None:
        raise AssertionError

    await APP({"type": "websocket"}, never, never)  # type: ignore[arg-type]


PUBLIC = "https://fund.example"


async def send_to_public(method: str, origin: str | None, **headers: str) -> int:
    """The status of a request to a server for the public, from an address that is not this machine's."""
    app = Guard(
        Starlette(routes=[Route("/{path:path}", _echo, methods=["GET", "POST"])]), origin=lambda: origin
    )
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False, client=("192.0.2.1", 5000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://fund.example") as http:
        return (await http.request(method, "/", headers=headers)).status_code


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 200),
        ("GET", {"Host": "FUND.example"}, 200),
        ("GET", {"Host": "evil.example"}, 403),
        ("GET", {"Host": "fund.example:8443"}, 403),
        ("GET", {"Host": "127.0.0.1"}, 403),
        ("POST", {"Origin": PUBLIC}, 200),
        ("POST", {"Origin": PUBLIC, "Sec-Fetch-Site": "same-origin"}, 200),
        ("POST", {"Origin": PUBLIC, "Sec-Fetch-Site": "cross-site"}, 403),
        ("POST", {"Origin": "http://fund.example"}, 403),
        ("POST", {"Origin": "null"}, 403),
        ("POST", {}, 403),
    ],
    ids=str,
)
async def test_a_server_for_the_public_answers_to_its_own_origin_alone(
    method: str, headers: dict[str, str], status: int
) -> None:
    assert await send_to_public(method, PUBLIC, **headers) == status


async def test_without_an_origin_nothing_is_served_to_the_public() -> None:
    assert await send_to_public("GET", None) == 403
