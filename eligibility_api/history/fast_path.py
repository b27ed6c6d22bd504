"""Fast path for history requests without a query string: bypasses FastAPI (see `fast_path.py`).

A request qualifies if it names only permit, operator and resource: no months, page or grouping. Every other
request is passed on to the framework and validated there.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from eligibility_api.clients.operator import operator_from_headers
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.history.endpoints import DEFAULT_QUERY
from eligibility_api.history.service import HistoryRequest, PermitReference
from eligibility_api.state import State
from eligibility_api.web.busy_routes import BusyRoutes
from eligibility_api.web.headers import bearer_token, headers_of
from eligibility_api.web.problems import error_response


class HistoryFastPathMiddleware:
    """ASGI middleware that answers well-formed history requests and passes on every other request."""

    def __init__(
        self, app: ASGIApp, routes: BusyRoutes, routers: Mapping[frozenset[Basis], APIRouter]
    ) -> None:
        """`routers`: those of the histories, by the bases of the permits under their address."""
        self._app = app
        self._busy_routes = routes
        self._bases = {
            route.path: bases
            for bases, router in routers.items()
            for route in router.routes
            if isinstance(route, APIRoute)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry point."""
        route, request = self._match(scope)
        if route is None or request is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = route
        try:
            response = await route.endpoint(state=scope["app"].state.fund, request=request)
        except ShikakuError as error:
            response = error_response(Request(scope), error)
        await response(scope, receive, send)

    def _match(self, scope: Scope) -> tuple[APIRoute | None, HistoryRequest | None]:
        """The route and the request; None for a request that does not qualify."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["query_string"]:
            return None, None
        found, permit_id = self._busy_routes.find(scope["path"])
        bases = self._bases.get(found.route.path) if found is not None else None
        parsed = _uuid(permit_id) if bases is not None else None
        if found is None or bases is None or parsed is None:
            return None, None
        return found.route, _request(scope, PermitReference(parsed, bases))


def _uuid(text: str) -> UUID | None:
    """An id in canonical spelling; other spellings are left to the framework."""
    try:
        parsed = UUID(text)
    except ValueError:
        return None
    return parsed if str(parsed) == text else None


def _request(scope: Scope, permit: PermitReference) -> HistoryRequest | None:
    """The request under a permit; None if token or operator are invalid."""
    state: State = scope["app"].state.fund
    headers = headers_of(scope)
    token, operator = bearer_token(headers), operator_from_headers(headers)
    if token is None or operator is None:
        return None
    try:
        caller = state.tokens.read(token, state.clock())
    except ShikakuError:
        return None
    return HistoryRequest(caller, permit, operator, DEFAULT_QUERY)
