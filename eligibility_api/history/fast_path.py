"""Fast path for history requests without a query string (see `fast_path.py`).

A request qualifies if it names only permit, operator and resource: no months, page or grouping. Every other
request is left to the framework and validated there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.routing import APIRoute
from starlette.types import Scope

from eligibility_api.clients.operator import operator_from_headers
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.fast_path import Prepare
from eligibility_api.history.endpoints import DEFAULT_QUERY
from eligibility_api.history.service import HistoryRequest, PermitReference
from eligibility_api.state import State
from eligibility_api.web.client_certificate import client_certificate
from eligibility_api.web.headers import bearer_token, headers_of


def of_histories(routers: Mapping[frozenset[Basis], APIRouter]) -> dict[str, Prepare]:
    """Prepare history requests, by the path of their route.

    `routers`: by the bases of the permits under their address.
    """
    return {
        route.path: _history(route, bases)
        for bases, router in routers.items()
        for route in router.routes
        if isinstance(route, APIRoute)
    }


def _history(route: APIRoute, bases: frozenset[Basis]) -> Prepare:
    endpoint = route.endpoint

    def prepare(state: State, scope: Scope, permit_id: str, _body: bytes) -> Awaitable[Response] | None:
        permit = _uuid(permit_id) if not scope["query_string"] else None
        request = _request(state, scope, PermitReference(permit, bases)) if permit is not None else None
        if request is None:
            return None
        answer: Awaitable[Response] = endpoint(state=state, request=request)
        return answer

    return prepare


def _uuid(text: str) -> UUID | None:
    """An id in canonical spelling; other spellings are left to the framework."""
    try:
        parsed = UUID(text)
    except ValueError:
        return None
    return parsed if str(parsed) == text else None


def _request(state: State, scope: Scope, permit: PermitReference) -> HistoryRequest | None:
    """The request under a permit; None if token, its certificate or operator are invalid."""
    headers = headers_of(scope)
    token, operator = bearer_token(headers), operator_from_headers(headers)
    if token is None or operator is None:
        return None
    try:
        caller = state.tokens.read(token, state.clock(), client_certificate(scope))
    except ShikakuError:
        return None
    return HistoryRequest(caller, permit, operator, DEFAULT_QUERY)
