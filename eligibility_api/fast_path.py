"""Fast path for the busiest endpoints: bypasses FastAPI for well-formed requests.

The endpoints are declared and documented in FastAPI like all others; the fast path calls the same functions
with the same values, without FastAPI's routing and dependency resolution. A request qualifies if it has a
valid token with a right for the route, and then a JSON body with a Content-Length that the endpoint's model
accepts. Every other request, its body included, is passed on to the framework and rejected there, so that
requests are validated in one place. Without token or right no body is read.
Why FastAPI is bypassed: docs/decisions/009.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import get_type_hints

from fastapi import Response
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.dependencies import RightsFirstRoute
from eligibility_api.state import State
from eligibility_api.web.busy_routes import BusyRoutes
from eligibility_api.web.headers import bearer_token, headers_of
from eligibility_api.web.problems import error_response

_JSON = b"application/json"


@dataclass(frozen=True, slots=True)
class _FastRoute:
    """A route whose endpoint takes the body's model, the caller and the state, and returns a Response."""

    route: RightsFirstRoute
    model: type[BaseModel]
    endpoint: Callable[..., Awaitable[Response]]

    @classmethod
    def of(cls, route: RightsFirstRoute) -> _FastRoute:
        """Build from a route. Raises TypeError if its endpoint has another signature."""
        parameters = get_type_hints(route.endpoint)
        model = parameters.pop("request", None)
        if parameters != {"caller": Caller, "state": State, "return": Response} or route.methods != {"POST"}:
            raise TypeError(f"the fast path cannot call {route.name}")
        return cls(route, model, route.endpoint)


class FastPathMiddleware:
    """ASGI middleware that answers well-formed POST requests to some routes and passes on all others."""

    def __init__(self, app: ASGIApp, routes: BusyRoutes) -> None:
        """`routes`: of these, the ones that know their rights."""
        self._app = app
        self._routes = {
            route.path: _FastRoute.of(route) for route, _ in routes if isinstance(route, RightsFirstRoute)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry point."""
        fast = (
            self._routes.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        )
        token = _token(scope) if fast is not None else None
        if fast is None or token is None:
            await self._app(scope, receive, send)
            return
        state: State = scope["app"].state.fund
        caller = _caller(state, token, fast.route.rights)
        if caller is None:
            await self._app(scope, receive, send)
            return
        received: list[Message] = []
        body = await _body(receive, received)
        try:
            request = fast.model.__pydantic_validator__.validate_json(body)
        except ValidationError:
            await self._app(scope, _replay(received, receive), send)
            return
        scope["route"] = fast.route
        try:
            response = await fast.endpoint(request=request, caller=caller, state=state)
        except ShikakuError as error:
            response = error_response(Request(scope), error)
        await response(scope, receive, send)


def _token(scope: Scope) -> str | None:
    """The bearer token of a JSON request with a Content-Length; None for any other request."""
    headers = headers_of(scope)
    qualifies = headers.get(b"content-type") == _JSON and b"content-length" in headers
    return bearer_token(headers) if qualifies else None


def _caller(state: State, token: str, rights: frozenset[Right]) -> Caller | None:
    """The caller; None if the token is invalid or has none of `rights`."""
    try:
        caller = state.tokens.read(token, state.clock())
    except ShikakuError:
        return None
    return caller if caller.rights & rights else None


async def _body(receive: Receive, received: list[Message]) -> bytes:
    """Read a request's body, and append its messages to `received`. A truncated body is not valid JSON."""
    while not received or received[-1].get("more_body"):
        received.append(await receive())
    return (
        received[0].get("body", b"")
        if len(received) == 1
        else b"".join(part.get("body", b"") for part in received)
    )


def _replay(received: Iterable[Message], receive: Receive) -> Receive:
    """A receive channel that first repeats the messages already received, then continues with `receive`."""
    pending = iter(received)

    async def replayed() -> Message:
        message = next(pending, None)
        return message if message is not None else await receive()

    return replayed
