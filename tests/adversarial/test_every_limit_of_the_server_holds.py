"""Every row of the server's table of limits is attacked over a real socket, and refuses with its code."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import pytest
import structlog

from eligibility_api.contract.errors import PROBLEM_MEDIA_TYPE, Problem
from eligibility_api.platform.telemetry import METRICS
from eligibility_api.web.server import admission
from eligibility_api.web.server import limits as rows
from eligibility_api.web.server.limits import LIMITS, Limit
from tests.builders.real_server import LIMITS as VALUES
from tests.builders.real_server import Answer, Application, RealServer, chunked, real_server, request

pytestmark = pytest.mark.anyio

SHORT = 0.2
HEADERS = [f"x-{n}: {'y' * 90}" for n in range(20)]
KIB = b"x" * 1024

Attack = Callable[[RealServer], Awaitable[Answer]]


@dataclass(frozen=True)
class Case:
    """One attack on a limit: what the client sends, and the values of the limits in it."""

    limit: Limit
    name: str
    attack: Attack
    values: dict[str, Any] = field(default_factory=dict)


def sends(*parts: bytes) -> Attack:
    """Sends parts on one connection, and reads the response."""

    async def attack(server: RealServer) -> Answer:
        client = await server.connect()
        for part in parts:
            await client.send(part)
        return await client.answer()

    return attack


def trickles(begin: bytes, part: bytes, seconds: float = 0.05) -> Attack:
    """Sends a beginning, and then a small part again and again until the server answers."""

    async def attack(server: RealServer) -> Answer:
        client = await server.send(begin)
        answer = asyncio.ensure_future(client.answer())
        while not answer.done():
            await client.send(part)
            await asyncio.wait([answer], timeout=seconds)
        return await answer

    return attack


def after_a_request(attack: bytes) -> Attack:
    """The attack on a connection on which a request was answered before."""

    async def sent(server: RealServer) -> Answer:
        client = await server.send(request("GET", "/first"))
        assert (await client.answer()).status == 200
        return await (await client.send(attack)).answer()

    return sent


async def while_capacity_is_taken(server: RealServer) -> Answer:
    """One request more than the server accepts, from the same client."""
    for n in range(VALUES.max_requests):
        await server.send(request("GET", f"/wait/{n}", token="one"))
    await server.until(
        lambda: server.admission.requests.in_progress + server.admission.requests.waiting >= 16
    )
    return await server.ask(request("GET", "/x", token="one"))


async def waits_for_its_turn(server: RealServer) -> Answer:
    """Two clients, so that each has a share; the second request of the first waits behind the first."""
    await server.send(request("GET", "/wait", token="two"))
    await server.send(request("GET", "/wait", token="one"))
    await server.until(lambda: server.admission.requests.in_progress == 2)
    return await server.ask(request("GET", "/x", token="one"))


async def while_the_worker_is_full(server: RealServer) -> Answer:
    """Requests of many addresses, so that each has a share; together more than the worker works on."""
    for n in range(4):
        await server.send(request("GET", f"/wait/{n}"), f"127.0.1.{n + 1}")
    await server.until(lambda: not server.admission.requests.window.has_capacity(continues_visit=False))
    answer = await server.ask(request("GET", "/x"), "127.0.2.1")
    assert answer.headers["retry-after"] == "1"
    return answer


async def too_many_connections(server: RealServer) -> Answer:
    """One connection more than allowed; the oldest is displaced."""
    clients = [await server.send(b"GET /") for _ in range(VALUES.max_connections)]
    await server.until(lambda: len(server.admission.table) == VALUES.max_connections)
    await server.connect()
    return await clients[0].answer()


async def idles(server: RealServer) -> Answer:
    client = await server.send(request("GET", "/x"))
    assert (await client.answer()).status == 200
    return await client.answer()


async def never_sends(server: RealServer) -> Answer:
    return await (await server.connect()).answer()


async def pipelines(server: RealServer) -> Answer:
    """More requests than may wait on a connection: the first ones are answered, then it ends."""
    client = await server.send(request("GET", "/wait") + request("GET", "/x") * 40)
    await server.until(lambda: server.app.started)
    server.app.go_on.set()
    statuses = [(await client.answer()).status for _ in range(1 + rows.MAX_PIPELINED)]
    assert statuses == [200] * 17
    assert len(server.app.started) == 17
    return await client.answer()


def never_reads(path: str) -> Attack:
    async def attack(server: RealServer) -> Answer:
        client = await server.send(request("GET", path))
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await server.until(lambda: server.app.started)
        await server.until(lambda: not server.admission.open)
        return Answer(0, {}, b"")

    return attack


CASES = (
    Case(rows.MALFORMED, "no HTTP", sends(b"EHLO fund\r\n\r\n")),
    Case(rows.MALFORMED, "another request after it", after_a_request(b"\x16\x03\x01\x02\x00\x01\r\n\r\n")),
    Case(
        rows.MALFORMED,
        "two lengths",
        sends(b"POST /x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"),
    ),
    Case(
        rows.MALFORMED,
        "length and chunks",
        sends(b"POST /x HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ),
    Case(rows.MALFORMED, "a bad chunk", sends(chunked("/x", b"abc"), b"zz\r\n")),
    Case(
        rows.MALFORMED,
        "a bad chunk of a large body",
        sends(chunked("/large", b"abc", token="one"), b"zz\r\n"),
    ),
    Case(rows.MALFORMED, "a URL without path", sends(b"CONNECT fund.test:443 HTTP/1.1\r\n\r\n")),
    Case(rows.MALFORMED, "a URL in Latin-1", sends(b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n")),
    Case(rows.URL_BYTES, "a complete request", sends(request("GET", "/" + "a" * 256))),
    Case(rows.URL_BYTES, "HEAD", sends(request("HEAD", "/" + "a" * 256))),
    Case(rows.URL_BYTES, "a query", after_a_request(request("POST", "/x?" + "a=b&" * 70))),
    Case(rows.URL_BYTES, "no end", sends(b"GET /" + b"a" * 300)),
    Case(rows.URL_BYTES, "no end, in parts", sends(b"GET /", *[b"a" * 50] * 30)),
    Case(rows.URL_BYTES, "megabytes", sends(b"GET /" + KIB * 2048)),
    Case(rows.HEADER_BYTES, "many headers", sends(request("GET", "/x", b"", None, None, *HEADERS))),
    Case(rows.HEADER_BYTES, "later", after_a_request(request("PUT", "/x", b"", None, None, *HEADERS))),
    Case(rows.HEADER_BYTES, "one header", sends(request("GET", "/x", b"", None, None, "x: " + "y" * 1024))),
    Case(rows.HEADER_BYTES, "no end", sends(b"GET /x HTTP/1.1\r\nx: ", *[KIB] * 2048)),
    Case(rows.HEADER_BYTES, "small parts", sends(b"GET /x HTTP/1.1\r\n", *[b"x: y\r\n"] * 200)),
    Case(rows.HEADER_BYTES, "empty lines", sends(b"\r\n" * 600)),
    Case(rows.HEADER_SECONDS, "a part", sends(b"GET /x HTTP/1.1\r\nHost:"), {"header_seconds": SHORT}),
    Case(rows.HEADER_SECONDS, "a byte", sends(b"G"), {"header_seconds": SHORT}),
    Case(rows.HEADER_SECONDS, "later", after_a_request(b"GET /x HT"), {"header_seconds": SHORT}),
    Case(
        rows.HEADER_SECONDS, "trickling", trickles(b"GET /x HTTP/1.1\r\nx: ", b"y"), {"header_seconds": SHORT}
    ),
    Case(rows.BODY_BYTES, "announced", sends(request("POST", "/x", b"", None, 1_001))),
    Case(rows.BODY_BYTES, "announced in GET", sends(request("GET", "/x", b"", None, 1_001))),
    Case(rows.BODY_BYTES, "sent", sends(request("POST", "/x", KIB))),
    Case(rows.BODY_BYTES, "announced, large", sends(request("POST", "/large", b"", "one", 1_000_001))),
    Case(
        rows.BODY_BYTES,
        "expecting 100",
        sends(request("PUT", "/x", b"", None, 9_999, "Expect: 100-continue")),
    ),
    Case(rows.BODY_BYTES, "chunked", sends(chunked("/x", *[b"y" * 100] * 11))),
    Case(rows.BODY_BYTES, "a byte in each chunk", sends(chunked("/x", *[b"y"] * 500))),
    Case(rows.BODY_BYTES, "chunk extensions", sends(chunked("/x", b"y"), b"1;", *[KIB] * 64)),
    Case(
        rows.BODY_BYTES,
        "trailers",
        sends(chunked("/x", b"y"), b"0\r\n", *[b"x: " + b"y" * 90 + b"\r\n"] * 99),
    ),
    Case(rows.BODY_BYTES, "chunked, large", sends(chunked("/large", *[KIB * 100] * 11, token="one"))),
    Case(rows.BODY_SECONDS, "a byte", sends(request("POST", "/x", b"y", None, 100)), {"body_seconds": SHORT}),
    Case(rows.BODY_SECONDS, "no byte", sends(request("POST", "/x", b"", None, 1)), {"body_seconds": SHORT}),
    Case(rows.BODY_SECONDS, "chunked", sends(chunked("/x", b"y")), {"body_seconds": SHORT}),
    Case(
        rows.BODY_SECONDS,
        "trickling",
        trickles(request("POST", "/x", b"", None, 999), b"y"),
        {"body_seconds": SHORT},
    ),
    Case(
        rows.BODY_SECONDS,
        "a large body that stops",
        sends(request("POST", "/large", KIB * 500, "one", 600_000)),
        {"body_seconds": SHORT},
    ),
    Case(rows.TOKEN, "no token", sends(request("POST", "/large", b"", None, 1_001))),
    Case(rows.TOKEN, "a path that needs one", sends(request("GET", "/v1/x"))),
    Case(rows.TOKEN, "with a body", sends(request("POST", "/v1/x", b"y" * 900))),
    Case(rows.TOKEN, "no token, chunked", sends(chunked("/large", b"y"))),
    Case(rows.REQUESTS, "one more", while_capacity_is_taken),
    Case(rows.WAIT_SECONDS, "behind its own", waits_for_its_turn, {"max_wait_seconds": SHORT}),
    Case(rows.WORK, "a new visit", while_the_worker_is_full),
    Case(rows.CONNECTIONS, "one more", too_many_connections),
    Case(rows.PIPELINED, "forty", pipelines),
    Case(rows.IDLE_SECONDS, "after a response", idles, {"idle_seconds": SHORT}),
    Case(rows.IDLE_SECONDS, "from the start", never_sends, {"header_seconds": SHORT}),
    Case(
        rows.SEND_SECONDS, "a response", never_reads("/big"), {"send_seconds": SHORT, "idle_seconds": SHORT}
    ),
    Case(rows.SEND_SECONDS, "parts of a response", never_reads("/parts"), {"send_seconds": SHORT}),
)


def refusals(limit: Limit) -> float:
    """How often a limit has refused, by the metric."""
    return METRICS.get_sample_value("shikaku_limit_refusals_total", {"limit": limit.name}) or 0.0


async def test_refusals_are_logged_by_their_number() -> None:
    written = StringIO()
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.WriteLoggerFactory(written)
    )
    async with real_server() as server:
        for _ in range(30):
            assert (await server.ask(b"EHLO fund\r\n\r\n")).status == 400
        await server.until(lambda: sum(line["entries"] for line in lines_of(written)) == 30)
    structlog.reset_defaults()
    lines = lines_of(written)
    assert len(lines) < 10
    assert {(line["event"], line["reason"]) for line in lines} == {("refused", "malformed")}
    assert "EHLO" not in written.getvalue()


def lines_of(written: StringIO) -> list[dict[str, Any]]:
    """The lines of a log."""
    return [json.loads(line) for line in written.getvalue().splitlines()]


async def test_a_log_that_cannot_be_written_ends_no_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk, for example."""

    def fail(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(admission.log, "warning", fail)
    monkeypatch.setattr(admission.log, "error", fail)
    async with real_server(header_seconds=SHORT) as server:
        assert (await server.ask(b"EHLO fund\r\n\r\n")).status == 400
        assert [(await server.ask(b"GET /")).status for _ in range(2)] == [408, 408]


async def test_one_connection_that_fails_ends_no_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        deadline = 0.0
        awaits_client = True

        def expire(self, now: float) -> None:
            raise RuntimeError

    async with real_server(header_seconds=SHORT) as server:
        server.admission.open.add(Failing())  # type: ignore[arg-type]
        assert (await server.ask(b"GET /")).status == 408
        server.admission.open.clear()


def test_every_limit_is_attacked() -> None:
    assert {case.limit for case in CASES} == set(LIMITS)
    assert len({limit.name for limit in LIMITS}) == len(LIMITS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.limit.name}: {case.name}")
@pytest.mark.parametrize("directly", [False, True], ids=["by the application", "directly"])
async def test_a_limit_refuses_with_its_code_and_others_are_served(case: Case, directly: bool) -> None:
    before = refusals(case.limit)
    app = Application()
    async with (
        real_server(app, answer_directly=app.answer_directly if directly else None, **case.values) as server,
        asyncio.timeout(20),
    ):
        answer = await case.attack(server)

        error = case.limit.error
        assert answer.outcome == ((0, None) if error is None else (error.entry.status, error.code))
        assert refusals(case.limit) > before
        if error is not None:
            assert answer.headers["content-type"] == PROBLEM_MEDIA_TYPE
            assert Problem.model_validate_json(answer.body).retry_after == error.retry_after
            assert answer.headers.get("retry-after") == (
                str(error.retry_after) if error.retry_after else None
            )
        server.app.go_on.set()
        assert (await server.ask(request("GET", "/honest", token="three"))).status == 200


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.limit.closes], ids=lambda case: f"{case.limit.name}: {case.name}"
)
async def test_nothing_remains_of_a_connection_that_was_refused(case: Case) -> None:
    async with real_server(**case.values) as server, asyncio.timeout(20):
        await case.attack(server)
        server.app.go_on.set()
        for client in server.clients:
            await client.close()
        await server.until(lambda: not server.admission.open)
        assert len(server.admission.table) == 0
        await server.until(lambda: not server.admission.requests.in_progress)
        assert server.admission.requests.waiting == 0
