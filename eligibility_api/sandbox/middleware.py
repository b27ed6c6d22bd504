"""Causes the faults that are turned on for a request, and keeps every request with its answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, cast

from joserfc import jws
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.tokens import TOKEN_PATH
from eligibility_api.database.db_errors import RETRY_AFTER_SECONDS
from eligibility_api.platform.client_presence import present_client
from eligibility_api.sandbox.faults import (
    HEADER,
    Fault,
    FaultName,
    FaultUnknown,
    read_header,
    refusal,
    switched_on,
)
from eligibility_api.sandbox.jlis import matches_nobody
from eligibility_api.sandbox.store import SandboxStore
from eligibility_api.sandbox.strictness import drawn, shuffled
from eligibility_api.state import State
from eligibility_api.web.client_certificate import client_certificate
from eligibility_api.web.headers import bearer_token, headers_of
from eligibility_api.web.problems import problem_response

MAX_KEPT_BYTES = 32 * 1024
"""Bytes of a body that are kept; of a longer one nothing is."""

REPLAY_HEADER = "sandbox-replay-of"
"""The header of a replay: the number of the request that it repeats."""

_KEPT_HEADERS = frozenset(
    {
        "accept",
        "content-type",
        "idempotency-key",
        "if-none-match",
        "operator-name",
        "operator-role",
        HEADER.lower(),
    }
)
_OF_ANSWERS = (FaultName.MISMATCH, FaultName.ANSWER_LOST, FaultName.SHUFFLED)
"""Faults of a request that is answered by the fund."""

Sleep = Callable[[float], Awaitable[object]]
"""Waits for so many seconds."""

_WAITING = frozenset({"database-unavailable", "overloaded", "revocation-unavailable"})
"""Codes whose answers say when to ask again."""


@dataclass(slots=True)
class _Exchange:
    """One request: who sends it, by a token of when; and what has passed of it, as far as it is kept."""

    state: State
    caller: Caller | None
    token_issued_at: float | None
    request: bytearray = field(default_factory=bytearray)
    answer: bytearray = field(default_factory=bytearray)
    status: int = 499
    faults: list[FaultName] = field(default_factory=list)


class SandboxMiddleware:
    """ASGI middleware around everything that answers `/v1/`."""

    def __init__(self, app: ASGIApp, store: SandboxStore, random: Random, sleep: Sleep) -> None:
        """`random`: what the strict mode draws; `sleep`: how a slow answer waits."""
        self._app = app
        self._store = store
        self._random = random
        self._sleep = sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        state: State = scope["app"].state.fund
        exchange = _Exchange(state, *_caller_of(scope, state))
        at, began = state.clock().timestamp(), time.perf_counter()
        try:
            await self._answer(scope, receive, send, exchange)
        finally:
            milliseconds = (time.perf_counter() - began) * 1000
            kept = _kept(scope, exchange) | {"at": at, "milliseconds": milliseconds}
            await asyncio.shield(asyncio.to_thread(self._store.keep, kept))

    async def _answer(self, scope: Scope, receive: Receive, send: Send, exchange: _Exchange) -> None:
        receive, send = _recorded(receive, send, exchange)
        try:
            faults = self._faults(scope, exchange)
        except FaultUnknown:
            places = [{"place": f"header.{HEADER}", "rule": "enum"}]
            await problem_response(Request(scope), ShikakuError("request-invalid"), errors=places)(
                scope, receive, send
            )
            return
        names = {fault.name for fault in faults}
        if FaultName.SLOW in names:
            exchange.faults.append(FaultName.SLOW)
            await self._sleep(max(fault.seconds for fault in faults if fault.name is FaultName.SLOW))
        refused = refusal(faults, scope["method"], scope["path"], exchange.token_issued_at)
        if refused is not None:
            exchange.faults.append(refused[0])
            await _read_body(receive, exchange)
            await _refuse(scope, receive, send, refused[1])
            return
        exchange.faults += [name for name in _OF_ANSWERS if name in names]
        if FaultName.SHUFFLED in names:
            send = _shuffling(send, self._random)
        register = matches_nobody.set(FaultName.MISMATCH in names)
        try:
            if FaultName.ANSWER_LOST in names:
                await self._lose_answer(scope, receive, send, exchange)
            else:
                await self._app(scope, receive, send)
        finally:
            matches_nobody.reset(register)

    def _faults(self, scope: Scope, exchange: _Exchange) -> list[Fault]:
        header = headers_of(scope).get(HEADER.lower().encode())
        own = read_header(header.decode("latin-1")) if header is not None else []
        now = exchange.state.clock()
        callers = frozenset(_names(exchange.caller))
        random = (
            drawn(self._random)
            if self._store.is_strict(default=exchange.state.settings.sandbox_strict)
            else []
        )
        return [*own, *switched_on(self._store.switches(now), callers, now), *random]

    async def _lose_answer(self, scope: Scope, receive: Receive, send: Send, exchange: _Exchange) -> None:
        """Do what is asked, and close the connection instead of answering."""
        connection = cast(Any, present_client())

        async def lost(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]

        await self._app(scope, receive, lost)
        if connection is None:  # not behind the fund's server: an answer without its body
            await send({"type": "http.response.start", "status": 502, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        connection.disconnected = True
        connection.transport.abort()


def _caller_of(scope: Scope, state: State) -> tuple[Caller | None, float | None]:
    """The caller of a request's token, and when the token was issued; None without a valid one."""
    token = bearer_token(headers_of(scope))
    if token is None:
        return None, None
    try:
        caller = state.tokens.read(token, state.clock(), client_certificate(scope))
    except ShikakuError:
        return None, None
    return caller, float(json.loads(jws.extract_compact(token.encode()).payload)["iat"])


def _names(caller: Caller | None) -> list[str]:
    """The names by which a switch may mean a caller."""
    names = (caller.institution_code, caller.insurer_number) if caller is not None else ()
    return [name for name in names if name is not None]


async def _read_body(receive: Receive, exchange: _Exchange) -> None:
    """Read as much of a body as is kept, so that a refused request can be sent again."""
    while len(exchange.request) <= MAX_KEPT_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return


async def _refuse(scope: Scope, receive: Receive, send: Send, code: str) -> None:
    details = {"retry_after": RETRY_AFTER_SECONDS} if code in _WAITING else {}
    await problem_response(Request(scope), ShikakuError(code, **details))(scope, receive, send)


def _recorded(receive: Receive, send: Send, exchange: _Exchange) -> tuple[Receive, Send]:
    """The channels of a request, which keep what passes them."""

    async def receiving() -> Message:
        message = await receive()
        _add(exchange.request, message.get("body", b""))
        return message

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
        else:
            _add(exchange.answer, message.get("body", b""))
        await send(message)

    return receiving, sending


def _shuffling(send: Send, random: Random) -> Send:
    """A channel that shuffles the members of an answer in JSON; it waits until such an answer is whole."""
    start: Message = {}
    content = bytearray()

    async def sending(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start" and _is_json(message):
            start = message
        elif message["type"] != "http.response.body" or not start:
            await send(message)
        else:
            content.extend(message.get("body", b""))
            if not message.get("more_body"):
                whole = shuffled(bytes(content), random)
                headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
                await send({**start, "headers": [*headers, (b"content-length", str(len(whole)).encode())]})
                await send({"type": "http.response.body", "body": whole})

    return sending


def _is_json(start: Message) -> bool:
    """Whether an answer is one JSON document, by its media type; not lines of such documents."""
    headers: dict[bytes, bytes] = dict(start["headers"])
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip()
    return media_type == b"application/json" or media_type.endswith(b"+json")


def _add(kept: bytearray, part: bytes) -> None:
    """Add bytes to what is kept, up to one more than is kept in the end."""
    kept += part[: MAX_KEPT_BYTES + 1 - len(kept)]


def _kept(scope: Scope, exchange: _Exchange) -> dict[str, Any]:
    """The row of a request. Tokens and assertions are not kept: a replay gets a token of its own."""
    caller = exchange.caller
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers_of(scope).items()}
    signs_in = scope["path"] == TOKEN_PATH
    replay_of = headers.get(REPLAY_HEADER, "")
    return {
        "client_id": str(caller.client_id) if caller is not None else None,
        "caller": ", ".join(_names(caller)) or None,
        "rights": " ".join(sorted(caller.rights)) if caller is not None else "",
        "method": scope["method"],
        "path": scope["path"],
        "query": scope["query_string"].decode("latin-1"),
        "headers": json.dumps({name: value for name, value in headers.items() if name in _KEPT_HEADERS}),
        "body": None if signs_in else _text(exchange.request),
        "status": exchange.status,
        "code": scope.get("state", {}).get("problem_code", ""),
        "faults": ", ".join(exchange.faults),
        "answer": None if signs_in else _text(exchange.answer),
        "replay_of": int(replay_of) if replay_of.isdecimal() and len(replay_of) < 16 else None,
    }


def _text(body: bytearray) -> str | None:
    """A body as text; None if it is not kept: a file, or too long."""
    if len(body) > MAX_KEPT_BYTES:
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
