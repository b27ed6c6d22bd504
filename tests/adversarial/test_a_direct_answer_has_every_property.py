"""What the protocol answers itself has every property of what the application answers, and the same bytes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from eligibility_api.platform.client_presence import has_gone, present_client
from eligibility_api.platform.telemetry import METRICS
from eligibility_api.web.middleware import AccessLog
from eligibility_api.web.server.direct import response_bytes
from tests.builders.real_server import RealServer, real_server, request

pytestmark = pytest.mark.anyio

WAYS = pytest.mark.parametrize("way", ["by the application", "directly"])
ROUTE = "/v1/route/{id}"


class Route:
    """Where the scope names its template."""

    path = ROUTE


class Endpoint:
    """One endpoint, called by an application or directly."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.calls: list[str] = []
        self.gone: list[bool] = []

    async def answer(self, scope: Scope, body: bytes) -> Response:
        """Answer by the path: `fails`, `waits`, or an echo of the body."""
        path = scope["path"]
        if path.endswith("/waits"):
            await self.go_on.wait()
            self.gone.append(has_gone(present_client()))
        if path.endswith("/fails"):
            raise RuntimeError("a person's name")
        status = int(path.rpartition("/")[2]) if path[-1].isdigit() else 200
        return Response(body or b"nothing", status, {"x-own": "1"}, media_type="application/json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        self.calls.append("by the application")
        scope["route"] = Route
        message = await receive()
        await (await self.answer(scope, message.get("body", b"")))(scope, receive, send)

    def directly(self, scope: Scope, body: bytes) -> Awaitable[Response] | None:
        """The protocol's entry, but for a path that it leaves to the application."""
        if scope["path"].endswith("/left"):
            return None
        if scope["path"].endswith("/confused"):
            raise RuntimeError("a person's name")
        self.calls.append("directly")
        scope["route"] = Route
        return self.answer(scope, body)


@asynccontextmanager
async def serving(way: str, **limits: Any) -> AsyncIterator[tuple[RealServer, Endpoint]]:
    endpoint = Endpoint()
    directly = endpoint.directly if way == "directly" else None
    async with real_server(AccessLog(endpoint), answer_directly=directly, **limits) as server:
        yield server, endpoint
        endpoint.go_on.set()


async def exchange(way: str, data: bytes) -> tuple[bytes, list[Any]]:
    """Everything that is received for some bytes until the connection ends, and the lines of the log."""
    async with serving(way) as (server, endpoint):
        with capture_logs() as log:
            client = await server.send(data)
            async with asyncio.timeout(20):
                received = await client.reader.read()
        assert set(endpoint.calls) <= {way}
    masked = re.sub(rb"(date|x-request-id): [^\r]*", rb"\1: ...", received)
    masked = re.sub(rb'"request_id":"[^"]*"', rb'"request_id":"..."', masked)
    own = {"ms": "...", "request_id": "...", "exc_info": "..."}
    return masked, [{**line, **{name: own[name] for name in own if name in line}} for line in log]


def last(method: str, path: str, body: bytes = b"", *more: str) -> bytes:
    """The last request of a connection."""
    return request(method, path, body, "one", None, "Connection: close", *more)


SENT = {
    "an answer": last("POST", "/v1/x", b"{}"),
    "without a body": last("GET", "/v1/x"),
    "created": last("POST", "/v1/201", b"{}"),
    "refused": last("POST", "/v1/409", b"{}"),
    "outside of v1": last("GET", "/x"),
    "an unexpected exception": last("POST", "/v1/fails", b"{}"),
    "HTTP 1.0": b"GET /v1/x HTTP/1.0\r\nAuthorization: Bearer one\r\n\r\n",
    "chunked": last("POST", "/v1/x", b"", "Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n\r\n",
    "one after the other": request("POST", "/v1/x", b"{}", "one") + last("POST", "/v1/x", b"[]"),
    "expecting 100": last("POST", "/v1/x", b"{}", "Expect: 100-continue"),
}


@pytest.mark.parametrize("data", SENT.values(), ids=SENT)
async def test_both_ways_send_the_same_bytes_and_log_the_same_lines(data: bytes) -> None:
    by_the_application, directly = (
        await exchange("by the application", data),
        await exchange("directly", data),
    )
    assert b"HTTP/1.1 " in directly[0]
    assert directly == by_the_application


async def test_both_ways_send_at_most_a_refusal_of_a_request_without_a_token() -> None:
    data = request("GET", "/v1/x", b"", None, None, "Connection: close")
    assert await exchange("by the application", data) == await exchange("directly", data)


@WAYS
async def test_an_answer_has_an_id_and_is_not_to_be_stored(way: str) -> None:
    async with serving(way) as (server, _):
        first, second = [await server.ask(request("GET", "/v1/x", token="one")) for _ in range(2)]
    assert first.headers["cache-control"] == "no-store"
    assert "date" in first.headers
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


@WAYS
async def test_a_request_is_logged_and_counted_by_its_route(way: str) -> None:
    labels = {"route": ROUTE, "status": "418", "code": ""}

    def count() -> float:
        return METRICS.get_sample_value("shikaku_http_requests_total", labels) or 0.0

    before = count()
    async with serving(way) as (server, _):
        with capture_logs() as log:
            answer = await server.ask(request("GET", "/v1/418", token="one"))
    assert count() == before + 1
    [line] = log
    assert (line["route"], line["method"], line["status"]) == (ROUTE, "GET", 418)
    assert line["request_id"].lower() == answer.headers["x-request-id"]


@WAYS
async def test_an_unexpected_exception_is_internal_and_its_text_is_nowhere_but_in_the_traceback(
    way: str,
) -> None:
    async with serving(way) as (server, _):
        with capture_logs() as log:
            answer = await server.ask(request("GET", "/v1/fails", token="one"))
            following = await server.ask(request("GET", "/v1/x", token="one"))
    assert (answer.outcome, following.status) == ((500, "internal"), 200)
    assert b"name" not in answer.body
    assert [(line["event"], line.get("cause")) for line in log[:1]] == [("internal", "RuntimeError")]


@WAYS
async def test_a_client_that_goes_is_known_and_its_place_is_free_again(way: str) -> None:
    async with serving(way) as (server, endpoint):
        client = await server.send(request("GET", "/v1/waits", token="one"))
        await server.until(lambda: endpoint.calls)
        assert server.admission.requests.in_progress == 1
        await client.close()
        await server.until(lambda: not len(server.admission.table))
        endpoint.go_on.set()
        await server.until(lambda: not server.admission.requests.in_progress)
        assert endpoint.gone == [True]


@WAYS
async def test_an_answer_that_its_client_does_not_read_ends_the_connection(way: str) -> None:
    async with serving(way, send_seconds=0.2) as (server, _):
        body = b"x" * 900
        client = await server.connect()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        client.writer.write(request("POST", "/v1/x", body, "one") * 16)
        for _ in range(3_000):
            client.writer.write(request("POST", "/v1/x", body, "one"))
        await server.until(lambda: not server.admission.open)
        await server.until(lambda: not server.admission.requests.in_progress)


async def test_what_it_does_not_answer_is_left_to_the_application_with_its_body() -> None:
    async with serving("directly") as (server, endpoint):
        answer = await server.ask(request("POST", "/v1/left", b"the body", "one"))
        assert (answer.status, answer.body) == (200, b"the body")
        assert endpoint.calls == ["by the application"]


async def test_what_confuses_it_is_left_to_the_application() -> None:
    async with serving("directly") as (server, endpoint):
        assert (await server.ask(request("POST", "/v1/confused", b"{}", "one"))).status == 200
        assert endpoint.calls == ["by the application"]
        assert server.admission.requests.in_progress == 0


async def test_a_large_body_is_never_complete_for_it() -> None:
    async with serving("directly") as (server, endpoint):
        await server.ask(request("POST", "/large", b"x" * 5_000, "one"))
        assert endpoint.calls == ["by the application"]


@pytest.mark.parametrize(
    ("keeps_alive", "end"),
    [(True, b"x-last: 2\r\n\r\nbody"), (False, b"x-last: 2\r\nconnection: close\r\n\r\nbody")],
)
def test_headers_are_the_servers_then_the_answers_then_the_requests(keeps_alive: bool, end: bytes) -> None:
    written = response_bytes(
        Response(b"body", 201), [(b"date", b"now")], [(b"x-last", b"2")], keeps_alive=keeps_alive
    )
    assert written.startswith(b"HTTP/1.1 201 Created\r\ndate: now\r\ncontent-length: 4\r\n")
    assert written.endswith(end)
