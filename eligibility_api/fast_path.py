"""Fast path for the busiest endpoints: the server's protocol calls them itself, without ASGI and FastAPI.

The endpoints are declared and documented in FastAPI like all others (`web/busy_routes.py`); the fast path calls the
same functions with the same values. A request qualifies if it has a valid token with a right for the route, and then
a JSON body with a Content-Length that the endpoint's model accepts. Every other request is left to the framework, and
rejected there, so that requests are validated in one place. The server's limits come before both ways.
Why FastAPI is bypassed: docs/decisions/009.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import get_type_hints

from fastapi import Response
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.types import Scope

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.dependencies import RightsFirstRoute
from eligibility_api.state import State
from eligibility_api.web.busy_routes import BusyRoutes
from eligibility_api.web.client_certificate import client_certificate
from eligibility_api.web.headers import bearer_token, headers_of
from eligibility_api.web.problems import error_response

_JSON = b"application/json"

Prepare = Callable[[State, Scope, str, bytes], Awaitable[Response] | None]
"""Prepares the answer to a request of one route: given are its scope, the text of its parameter, and its body.

Returns None if the request does not qualify. What it returns may raise ShikakuError.
"""


class FastPath:
    """Answers requests to some routes, if they are well-formed."""

    def __init__(self, state: State, routes: BusyRoutes, prepared: Mapping[str, Prepare]) -> None:
        """`prepared`: how requests are prepared, by the path of their route."""
        self._state = state
        self._routes = routes
        self._prepared = prepared

    def answer(self, scope: Scope, body: bytes) -> Awaitable[Response] | None:
        """The answer to a complete request; None if it is left to the framework."""
        found, parameter = self._routes.find(scope["path"])
        prepare = self._prepared.get(found.route.path) if found is not None else None
        if found is None or prepare is None or scope["method"] not in found.methods:
            return None
        answer = prepare(self._state, scope, parameter, body)
        if answer is None:
            return None
        scope["route"] = found.route
        return _refusable(scope, answer)


async def _refusable(scope: Scope, answer: Awaitable[Response]) -> Response:
    try:
        return await answer
    except ShikakuError as error:
        return error_response(Request(scope), error)


def with_body(route: RightsFirstRoute) -> Prepare:
    """Prepare requests of a route whose endpoint takes the body's model, the caller and the state.

    Raises TypeError if its endpoint has another signature.
    """
    parameters = get_type_hints(route.endpoint)
    model: type[BaseModel] = parameters.pop("request", None)
    if parameters != {"caller": Caller, "state": State, "return": Response} or route.methods != {"POST"}:
        raise TypeError(f"the fast path cannot call {route.name}")
    validate, endpoint, rights = model.__pydantic_validator__.validate_json, route.endpoint, route.rights

    def prepare(state: State, scope: Scope, _parameter: str, body: bytes) -> Awaitable[Response] | None:
        token = _token(scope)
        caller = _caller(state, scope, token, rights) if token is not None else None
        if caller is None:
            return None
        try:
            request = validate(body)
        except ValidationError:
            return None
        answer: Awaitable[Response] = endpoint(request=request, caller=caller, state=state)
        return answer

    return prepare


def _token(scope: Scope) -> str | None:
    """The bearer token of a JSON request with a Content-Length; None for any other request."""
    headers = headers_of(scope)
    qualifies = headers.get(b"content-type") == _JSON and b"content-length" in headers
    return bearer_token(headers) if qualifies else None


def _caller(state: State, scope: Scope, token: str, rights: frozenset[Right]) -> Caller | None:
    """The caller; None if the token is invalid, bound to another certificate, or has none of `rights`."""
    try:
        caller = state.tokens.read(token, state.clock(), client_certificate(scope))
    except ShikakuError:
        return None
    return caller if caller.rights & rights else None
