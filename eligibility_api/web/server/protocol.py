"""The server's HTTP/1.1 protocol: uvicorn's, with a limit for everything that a client can send, or fail to send.

Per connection it is known what the connection waits for and until when; `Admission.sweep` ends what is overdue.
A request is passed to the application once its body is complete, so that a slow one holds no place there. Only large
bodies are passed on while they arrive, and only with a valid token. Whatever answers a request, here or in the
application, does so after these limits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import structlog
from starlette.responses import Response
from starlette.types import ASGIApp, Scope
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.platform.client_presence import set_client, set_place
from eligibility_api.web.client_certificate import client_certificate, set_certificate
from eligibility_api.web.headers import bearer_token, headers_of
from eligibility_api.web.middleware import Account
from eligibility_api.web.server import limits as rows
from eligibility_api.web.server.admission import OFTEN, Admission, as_get
from eligibility_api.web.server.client_address import client_address
from eligibility_api.web.server.connection import Stage
from eligibility_api.web.server.direct import response_bytes
from eligibility_api.web.server.fair_share import Verdict
from eligibility_api.web.server.reading import ReadingConnection
from eligibility_api.web.server.request_kind import NOT_COUNTED, USUAL, RequestKind

log = structlog.get_logger()

OPERATION_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths that have a share of their own: other requests from the same address must not make the service look dead."""

_WATCHING_PAUSE_SECONDS = 0.5
"""After each further answer to one of these, once a connection had many, it is not read for so long."""


@dataclass(slots=True)
class _Place:
    """The place of one request in progress."""

    admission: Admission
    client: Hashable
    kind: RequestKind

    def step_aside(self) -> None:
        """Let others use it."""
        for connection in self.admission.requests.step_aside(self.kind):
            connection.start_request()

    def come_back(self) -> None:
        """Use it again, whether or not there is capacity."""
        self.admission.requests.window.begin(self.kind)

    def leave(self) -> None:
        """The request has ended: others begin."""
        for connection in self.admission.requests.leave(self.client, self.kind):
            connection.start_request()


class LimitedHttpProtocol(ReadingConnection):
    """A connection, and the requests on it."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._token_problem: ShikakuError | None = None
        """Why the request has no valid token."""
        self._former: tuple[bytes, str | None] | None = None
        """The last valid token of the connection, and the certificate with which it came."""
        self._former_client: Hashable = None
        self._watched = 0
        """Answers to `OPERATION_PATHS`."""
        self._kind = USUAL
        """The kind of the request."""

    # -- A request ---------------------------------------------------------------------------------------------------

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:  # noqa: ARG002 - uvicorn's signature
        """Called with each request once its headers are complete and all earlier ones are answered."""
        self._next = cycle
        scope = cycle.scope
        headers = headers_of(cast(Scope, scope))
        if self._is_trusted:
            set_certificate(cast(Scope, scope), scope["headers"])
        max_bytes = self._max_body_bytes = self._limits.bodies.of(scope["path"])
        # Chunk sizes, extensions and trailers are limited together with the body.
        self._max_encoded_bytes = max_bytes + self._limits.max_header_bytes
        length = int(headers.get(b"content-length", b"0"))
        if length > max_bytes or len(cycle.body) > max_bytes:
            self._refuse(rows.BODY_BYTES)
            return
        is_large = (
            length if length or b"transfer-encoding" not in headers else max_bytes
        ) > self._limits.bodies.usual
        self._identify(cycle, headers)
        if is_large or not cycle.more_body:
            self._admit(is_large=is_large)  # a large body is passed on while it arrives
        else:
            self._period_began_with = 0
            self._await(Stage.BODY, self._limits.body_seconds)
            if cycle.waiting_for_100_continue:
                cycle.waiting_for_100_continue = False
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _identify(self, cycle: RequestResponseCycle, headers: Mapping[bytes, bytes]) -> None:
        """Find who shares the capacity: the client of a valid token, otherwise an address that counts.

        The same token with the same certificate as before is not checked again: the application does.
        """
        authorization, certificate = (
            headers.get(b"authorization"),
            client_certificate(cast(Scope, cycle.scope)),
        )
        if authorization is not None and (authorization, certificate) == self._former:
            self._client, self._token_problem = self._former_client, None
            return
        try:
            client = self._admission.client_of(bearer_token(headers), certificate)
        except ShikakuError as error:
            self._client, self._token_problem = self._origin(cycle), error
            return
        self._client = self._former_client = client
        self._former = None if authorization is None else (authorization, certificate)
        self._token_problem = None
        if not self._is_known:
            self._is_known = True
            self._admission.table.mark_known(self._address, self)

    def _origin(self, cycle: RequestResponseCycle) -> Hashable:
        address, path = self._address, cycle.scope["path"]
        if self._is_proxy and self.client is not None:
            forwarded = tuple(value for name, value in cycle.scope["headers"] if name == b"x-forwarded-for")
            address = client_address(self.client[0], forwarded, self._limits.proxies)
        return (address, path) if path in OPERATION_PATHS else address

    def _admit(self, *, is_large: bool = False) -> None:
        """Start the request, let it wait for its turn, or refuse it."""
        problem, cycle = self._token_problem, self._next
        if (
            problem is not None
            and cycle is not None
            and (is_large or self._limits.needs_token(cycle.scope["path"]))
        ):
            self._refuse(rows.TOKEN, problem)
            return
        self._kind = NOT_COUNTED if is_large or cycle is None else self._kind_of(cycle)
        verdict, displaced = self._admission.requests.arrive(self._client, self, self.loop.time(), self._kind)
        if displaced is not None:
            cast(LimitedHttpProtocol, displaced)._refuse(rows.REQUESTS)
        if verdict is Verdict.START:
            self._start()
        elif verdict is Verdict.WAIT:
            self._await(Stage.TURN, self._limits.max_wait_seconds)
            self._admission.watch_line(self.loop)
        else:
            self._refuse(rows.REQUESTS)

    def _kind_of(self, cycle: RequestResponseCycle) -> RequestKind:
        path = cycle.scope["path"]
        return NOT_COUNTED if path in OPERATION_PATHS else self._admission.kind_of(path)

    def start_request(self) -> None:
        """The turn of the waiting request has come."""
        self._start()

    def _start(self) -> None:
        cycle = self._next
        assert cycle is not None
        self._period_began_with = self._body_bytes
        self._await_response()
        place = _Place(self._admission, self._client, self._kind)
        if self._admission.requests.is_busy:
            # A client that has given up meanwhile is noticed by then: the end is read after the request's bytes.
            self.loop.call_soon(self.loop.call_soon, self._run, cycle, place)
        else:
            self._run(cycle, place)

    def _run(self, cycle: RequestResponseCycle, place: _Place) -> None:
        if cycle.disconnected or self.transport.is_closing():
            place.leave()
            return
        set_client(cycle)
        set_place(place)
        task = self.loop.create_task(self._answer_directly(cycle) or self._run_application(cycle))
        self.tasks.add(task)
        task.add_done_callback(partial(self._was_run, place))

    def _run_application(self, cycle: RequestResponseCycle) -> Coroutine[Any, Any, None]:
        app = cast(ASGIApp, self.app)
        return cycle.run_asgi(cast(ASGI3Application, app if cycle.scope["method"] != "HEAD" else as_get(app)))

    def _answer_directly(self, cycle: RequestResponseCycle) -> Coroutine[Any, Any, None] | None:
        answer_directly = self._admission.answer_directly
        if answer_directly is None or cycle.more_body:
            return None
        scope = cast(Scope, cycle.scope)
        try:
            answer = answer_directly(scope, bytes(cycle.body))
        except Exception:
            return None  # the application meets it too, and reports it
        return None if answer is None else self._send(cycle, Account(scope), answer)

    async def _send(self, cycle: RequestResponseCycle, account: Account, answer: Awaitable[Response]) -> None:
        """Send an answer at once with all its headers, as the application would in parts."""
        status: int | None = None
        try:
            try:
                response = await answer
            except Exception as error:
                response = account.failed(error)
            status = response.status_code
            if self.flow.write_paused and not cycle.disconnected:
                await self.flow.drain()
            if cycle.disconnected:
                return
            cycle.response_started = cycle.response_complete = True
            self.transport.write(
                response_bytes(
                    response,
                    self.server_state.default_headers,
                    account.headers(),
                    keeps_alive=cycle.keep_alive,
                )
            )
            if not cycle.keep_alive:
                self.transport.close()
            cycle.on_response()
        finally:
            account.close(status)

    def _was_run(self, place: _Place, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        place.leave()

    def on_response_complete(self) -> None:
        """Called when a response has been written."""
        self.server_state.total_requests += 1
        cycle = self._next
        if self._stage is Stage.END:
            return
        if self.transport.is_closing():
            self._end(self._limits.send_seconds)
        elif cycle is not None and cycle is self.cycle and cycle.more_body:
            self._linger()  # the rest of a body that nobody reads
        elif self.pipeline:
            self.flow.resume_reading()
            following, app = self.pipeline.pop()
            self._start_asgi_task(following, app)
        elif self._pending_refusal is not None:
            self._next = None
            self._refuse(self._pending_refusal)
        else:
            self.flow.resume_reading()
            if self._header_bytes:
                self._await(Stage.HEADERS, self._limits.header_seconds)
            elif self._watches_often(cycle):
                self.flow.pause_reading()
                self._await(Stage.PAUSE, _WATCHING_PAUSE_SECONDS)
            else:
                self._await(Stage.IDLE, self._limits.idle_seconds)

    def _watches_often(self, cycle: RequestResponseCycle | None) -> bool:
        """Count an answer about the service's state; returns whether this connection, its client's own, had many."""
        if cycle is None or cycle.scope["path"] not in OPERATION_PATHS or not self._is_own:
            return False
        self._watched += 1
        return self._watched > OFTEN
