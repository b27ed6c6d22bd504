"""The lane: what a nation asks all day goes past the framework, as long as nothing is amiss with it.

The endpoints are FastAPI's, declared and described as all others; the lane calls the same functions with the same
values. It takes requests of one form: a JSON body of announced length that the endpoint's model accepts, under a
token that holds. All else goes on to the framework, body included, and is refused there, so that there is one place
where a request is found wrong. Why past the framework: docs/decisions/009.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import get_type_hints

from fastapi import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.state import State
from eligibility_api.web.problems import refuse

_JSON, _BEARER = b"application/json", b"Bearer "


@dataclass(frozen=True, slots=True)
class _Hot:
    """A route of the lane: its endpoint takes a body's model, the caller and the state, and makes its answer itself."""

    route: APIRoute
    model: type[BaseModel]
    endpoint: Callable[..., Awaitable[Response]]

    @classmethod
    def of(cls, route: APIRoute) -> _Hot:
        """Raises TypeError for an endpoint that the lane cannot call."""
        kinds = get_type_hints(route.endpoint)
        model = kinds.pop("request", None)
        if kinds != {"caller": Caller, "state": State, "return": Response} or route.methods != {"POST"}:
            raise TypeError(f"the lane cannot call {route.name}")
        return cls(route, model, route.endpoint)


class Lane:
    """Answers requests of some routes; passes on what is not of the form described above."""

    def __init__(self, app: ASGIApp, routes: Iterable[APIRoute]) -> None:
        self._app = app
        self._hot = {route.path: _Hot.of(route) for route in routes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        hot = self._hot.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        token = _token(scope) if hot is not None else None
        if hot is None or token is None:
            await self._app(scope, receive, send)
            return
        read: list[Message] = []
        body = await _body(receive, read)
        state: State = scope["app"].state.fund
        try:
            caller = state.tokens.read(token, state.clock())
            request = hot.model.__pydantic_validator__.validate_json(body)
        except (ShikakuError, ValidationError):
            await self._app(scope, _again(read, receive), send)
            return
        scope["route"] = hot.route
        try:
            response = await hot.endpoint(request=request, caller=caller, state=state)
        except ShikakuError as error:
            response = refuse(Request(scope), error)
        await response(scope, receive, send)


def headers_of(scope: Scope) -> Mapping[bytes, bytes]:
    """A request's headers. Of one that comes twice the framework takes the first."""
    return dict(reversed(scope["headers"]))


def bearer_token(headers: Mapping[bytes, bytes]) -> str | None:
    """The bearer token of a request; None where it has none of the usual form."""
    authorization = headers.get(b"authorization", b"")
    return authorization[len(_BEARER) :].decode("latin-1") if authorization.startswith(_BEARER) else None


def _token(scope: Scope) -> str | None:
    """The bearer token of a request of the lane's form; None for another request."""
    headers = headers_of(scope)
    fits = headers.get(b"content-type") == _JSON and b"content-length" in headers
    return bearer_token(headers) if fits else None


async def _body(receive: Receive, read: list[Message]) -> bytes:
    """A request's body; its messages join those that were `read`. What ends early is no JSON."""
    while not read or read[-1].get("more_body"):
        read.append(await receive())
    return read[0].get("body", b"") if len(read) == 1 else b"".join(part.get("body", b"") for part in read)


def _again(read: Iterable[Message], receive: Receive) -> Receive:
    """A channel that gives what was read already, and then what still comes."""
    waiting = iter(read)

    async def given() -> Message:
        message = next(waiting, None)
        return message if message is not None else await receive()

    return given
