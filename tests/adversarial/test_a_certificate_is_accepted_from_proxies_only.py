"""The client certificate that a request's header names counts if a proxy wrote it, and for that request alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import pytest
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from eligibility_api.web.client_certificate import client_certificate
from tests.builders.real_server import CERTIFICATE, Client, RealServer, real_server, request

pytestmark = pytest.mark.anyio

PROXY, OTHER = "127.0.0.99", "127.0.0.98"
PROXIES = (ip_network(PROXY),)
HEADER = f"X-Client-Certificate: {CERTIFICATE}"
OTHER_CERTIFICATE = "B" * 43


async def show(scope: Scope) -> Response:
    return JSONResponse(client_certificate(scope))


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    await (await show(scope))(scope, receive, send)


@asynccontextmanager
async def serving(way: str, unix: Path | None = None) -> AsyncIterator[RealServer]:
    directly = (lambda scope, _: show(scope)) if way == "directly" else None
    async with real_server(application, unix=unix, answer_directly=directly, proxies=PROXIES) as server:
        yield server


WAYS = pytest.mark.parametrize("way", ["by the application", "directly"])


@WAYS
@pytest.mark.parametrize(
    ("host", "headers", "reported"),
    [
        (PROXY, (HEADER,), CERTIFICATE),
        (PROXY, (HEADER.lower(),), CERTIFICATE.lower()),
        (PROXY, (), None),
        (PROXY, (HEADER, HEADER), None),
        (PROXY, ("X-Client-Certificate: forged",), None),
        (PROXY, (HEADER.replace("-", "_"),), None),
        (OTHER, (HEADER,), None),
        (OTHER, (HEADER, f"X-Forwarded-For: {PROXY}"), None),
    ],
    ids=["proxy", "lower case", "none", "twice", "unreadable", "underscores", "past the proxy", "forwarded"],
)
async def test_a_listed_proxy_reports_the_certificate(
    way: str, host: str, headers: tuple[str, ...], reported: str | None
) -> None:
    async with serving(way) as server, asyncio.timeout(10):
        answer = await server.ask(request("GET", "/x", b"", None, None, *headers), host)
        assert (answer.status, json.loads(answer.body)) == (200, reported)


@WAYS
async def test_a_unix_socket_reports_the_certificate(way: str, tmp_path: Path) -> None:
    async with serving(way, tmp_path / "s") as _, asyncio.timeout(10):
        client = Client(*await asyncio.open_unix_connection(str(tmp_path / "s")))
        await client.send(request("GET", "/x", b"", None, None, HEADER))
        assert json.loads((await client.answer()).body) == CERTIFICATE
        await client.close()


@pytest.mark.parametrize(
    "second", [(), (f"X-Client-Certificate: {OTHER_CERTIFICATE}",)], ids=["none", "other"]
)
async def test_a_connection_of_a_proxy_carries_requests_of_several_certificates(
    second: tuple[str, ...],
) -> None:
    """A large body is read with a valid token only: the token of the request before does not count."""
    large = request("POST", "/large", b"x" * 2_000, "bound", None, HEADER)
    stolen = request("POST", "/large", b"x" * 2_000, "bound", None, *second)
    async with real_server(proxies=PROXIES) as server, asyncio.timeout(10):
        client = await server.connect(PROXY)
        await client.send(large)
        assert (await client.answer()).status == 200
        await client.send(stolen)
        assert (await client.answer()).outcome == (401, "client-certificate-wrong")
