"""A server over a real socket in this process, with the protocol of the fund's workers, and raw clients of it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import httpx2
import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.platform.client_presence import elsewhere
from eligibility_api.web.server.admission import APP_STATE_KEY, Admission
from eligibility_api.web.server.direct import DirectAnswer
from eligibility_api.web.server.limits import BodyLimits, ServerLimits
from eligibility_api.web.server.protocol import LimitedHttpProtocol
from eligibility_api.web.server.request_kind import KindOf, usual_kind

LIMITS = ServerLimits(
    BodyLimits(usual=1_000, larger={"/large": 1_000_000}),
    max_connections=64,
    max_requests=16,
    max_wait_seconds=30,
    max_url_bytes=256,
    max_header_bytes=1_024,
    header_seconds=30,
    body_seconds=30,
    min_body_bytes_per_second=100,
    idle_seconds=30,
    send_seconds=30,
)
"""Small sizes, and times that no test waits for; each test sets the one that it is about."""

TOKENS = {"one": 1, "two": 2, "three": 3, "bound": 4}
"""Valid tokens, each with its client; `bound` is bound to the certificate `CERTIFICATE`."""

CERTIFICATE = "A" * 43
"""A thumbprint."""


def read_token(token: str, certificate: str | None = None) -> Hashable:
    """The client of a token that comes with a certificate."""
    if token not in TOKENS:
        raise ShikakuError("token-invalid")
    if token == "bound" and certificate != CERTIFICATE:
        raise ShikakuError("client-certificate-wrong")
    return TOKENS[token]


class Application:
    """An application that echoes method, path and body, and answers `/wait` once `go_on` is set.

    `/elsewhere` waits for the same, as for another organisation.
    """

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.started: list[str] = []
        self.disconnected = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        self.started.append(scope["path"])
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.disconnected += 1
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if scope["path"].startswith("/wait"):
            await self.go_on.wait()
        if scope["path"].startswith("/elsewhere"):
            with elsewhere():
                await self.go_on.wait()
        if scope["path"] == "/parts":
            await self._send_parts(send)
            return
        if scope["path"] == "/big":
            answer = b"x" * 20_000_000
        else:
            answer = json.dumps(
                {"method": scope["method"], "path": scope["path"], "size": len(body)}
            ).encode()
        headers = [(b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def answer_directly(self, scope: Scope, body: bytes) -> Awaitable[Response] | None:
        """The same answers without ASGI, but for a response in parts."""
        return None if scope["path"] == "/parts" else self._answer(scope, body)

    async def _answer(self, scope: Scope, body: bytes) -> Response:
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body}

        async def send(message: Message) -> None:
            messages.append(message)

        await self(scope, receive, send)
        start, content = messages
        return Response(content["body"], start["status"])

    @staticmethod
    async def _send_parts(send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(200):
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@dataclass
class Answer:
    """A response, or the end of the connection without one (status 0)."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str | None:
        """The problem's code."""
        code: str | None = json.loads(self.body).get("code") if self.body else None
        return code

    @property
    def outcome(self) -> tuple[int, str | None]:
        """Status and code."""
        return self.status, self.code


class Client:
    """One raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> Self:
        """Send bytes; the server's end of the connection is not an error."""
        try:
            self.writer.write(data)
            await self.writer.drain()
        except ConnectionError:
            pass
        return self

    async def answer(self, *, has_body: bool = True) -> Answer:
        """Read a response, or the end of the connection."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return Answer(0, {}, b"")
        status_line, *lines = head.decode().strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        size = int(headers.get("content-length", "0")) if has_body else 0
        return Answer(int(status_line.split()[1]), headers, await self.reader.readexactly(size))

    async def ends(self) -> bool:
        """Whether the server ends the connection, without another byte."""
        try:
            return await self.reader.read() == b""
        except ConnectionError:
            return True

    async def close(self) -> None:
        """Close the connection."""
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


def request(
    method: str, path: str, body: bytes = b"", token: str | None = None, length: int | None = None, *more: str
) -> bytes:
    """A request's bytes; `length`: another Content-Length than the body's."""
    lines = [f"{method} {path} HTTP/1.1", "Host: fund.test", *more]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if body or length is not None:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(path: str, *chunks: bytes, token: str | None = None) -> bytes:
    """A POST request with a chunked body, without the last chunk."""
    head = request("POST", path, b"", token, None, "Transfer-Encoding: chunked")
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)


@dataclass
class RealServer:
    """A running server."""

    admission: Admission
    app: Any
    address: Any
    clients: list[Client]

    async def connect(self, host: str | None = None) -> Client:
        """A new connection, from another loopback address if `host` names one."""
        if isinstance(self.address, str):
            client = Client(*await asyncio.open_unix_connection(self.address))
        else:
            local = None if host is None else (host, 0)
            client = Client(*await asyncio.open_connection(*self.address[:2], local_addr=local))
        self.clients.append(client)
        return client

    async def send(self, data: bytes, host: str | None = None) -> Client:
        """A new connection on which something is sent."""
        return await (await self.connect(host)).send(data)

    async def ask(self, data: bytes, host: str | None = None) -> Answer:
        """Send a request on a new connection and read the response."""
        return await (await self.send(data, host)).answer()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds; ten seconds at most."""
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.001)


@asynccontextmanager
async def real_server(
    app: ASGIApp | None = None,
    *,
    unix: Path | None = None,
    kind_of: KindOf = usual_kind,
    answer_directly: DirectAnswer | None = None,
    **limits: Any,
) -> AsyncIterator[RealServer]:
    """An application behind the limits, with other values than those of `LIMITS`.

    `answer_directly`: what the protocol answers without it.
    """
    loop = asyncio.get_running_loop()
    admission = Admission(replace(LIMITS, **limits), read_token, loop.time, kind_of)
    admission.answer_directly = answer_directly
    application = app or Application()

    async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await application(scope, receive, send)
            return
        await receive()
        scope["state"][APP_STATE_KEY] = admission
        async with admission.sweeping():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async with serving(lifespan, unix) as address:
        server = RealServer(admission, application, address, [])
        try:
            yield server
        finally:
            if isinstance(application, Application):
                application.go_on.set()
            for client in server.clients:
                await client.close()


@asynccontextmanager
async def serving(app: ASGIApp, unix: Path | None = None) -> AsyncIterator[Any]:
    """Serve an ASGI application with its lifespan; yields the listening socket's address."""
    config = uvicorn.Config(
        app,
        http=LimitedHttpProtocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    listening = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
    listening.bind(str(unix) if unix else ("127.0.0.1", 0))
    server = _PromptServer(config)
    running = asyncio.ensure_future(server.serve([listening]))
    while not server.started and not running.done():
        await asyncio.sleep(0.001)
    try:
        yield listening.getsockname()
    finally:
        server.stopped.set()
        await running


class _PromptServer(uvicorn.Server):
    """Ends as soon as it is stopped: uvicorn looks every tenth of a second, and then waits for another."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopped = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait until it is stopped."""
        await self.on_tick(0)
        await self.stopped.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, which gives the requests in progress their time and then cancels them."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while self.server_state.connections or self.server_state.tasks:
                    await asyncio.sleep(0.001)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()


class Served:
    """A server of an application, and how many requests the application received: the others were answered directly."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.requests = 0
        self.http: httpx2.AsyncClient
        """A client of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        self.requests += scope["type"] == "http"
        await self._app(scope, receive, send)


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[Served]:
    """Serve an application over a real socket."""
    server = Served(app)
    async with (
        serving(server) as (host, port),
        httpx2.AsyncClient(base_url=f"http://{host}:{port}") as server.http,
    ):
        yield server
