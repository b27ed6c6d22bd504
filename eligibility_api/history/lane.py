"""The lane of look-ups: a look at the whole of a kind goes past the framework, as the lane of checks does (`lane.py`).

It takes requests that say nothing beside whose permit it is, who looks, and at what: no months, no page, no grouping. All
else, and whatever is amiss, goes on to the framework.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from eligibility_api.clients.operator import operator_from_headers
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.history.endpoints import WHOLE
from eligibility_api.history.service import Look, Permit
from eligibility_api.lane import bearer_token, headers_of
from eligibility_api.state import State
from eligibility_api.web.problems import refuse


@dataclass(frozen=True, slots=True)
class _Hot:
    """A look-up, and the bases of the permits under its address."""

    route: APIRoute
    bases: frozenset[Basis]


class LookLane:
    """Answers look-ups; passes on what is not of the form described above."""

    def __init__(self, app: ASGIApp, look_ups: Mapping[frozenset[Basis], APIRouter]) -> None:
        self._app = app
        self._hot = {
            _parts(route.path): _Hot(route, bases)
            for bases, router in look_ups.items()
            for route in router.routes
            if isinstance(route, APIRoute)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        hot, look = self._asked(scope)
        if hot is None or look is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = hot.route
        try:
            response = await hot.route.endpoint(state=scope["app"].state.fund, look=look)
        except ShikakuError as error:
            response = refuse(Request(scope), error)
        await response(scope, receive, send)

    def _asked(self, scope: Scope) -> tuple[_Hot | None, Look | None]:
        """Which look-up, and by whom; None for a request that is not of the lane's form."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["query_string"]:
            return None, None
        permit, _, look_up = scope["path"].rpartition("/")
        address, _, permit_id = permit.rpartition("/")
        hot = self._hot.get((address, look_up))
        read = _uuid(permit_id) if hot is not None else None
        if hot is None or read is None:
            return None, None
        return hot, _look(scope, Permit(read, hot.bases))


def _parts(path: str) -> tuple[str, str]:
    """A route's address and look-up."""
    address, _, look_up = path.partition("/{permit_id}/")
    return address, look_up


def _uuid(text: str) -> UUID | None:
    """An id as the fund writes it; other spellings of it are the framework's."""
    try:
        read = UUID(text)
    except ValueError:
        return None
    return read if str(read) == text else None


def _look(scope: Scope, permit: Permit) -> Look | None:
    """Who looks by it; None where token or operator are amiss."""
    state: State = scope["app"].state.fund
    headers = headers_of(scope)
    token, operator = bearer_token(headers), operator_from_headers(headers)
    if token is None or operator is None:
        return None
    try:
        caller = state.tokens.read(token, state.clock())
    except ShikakuError:
        return None
    return Look(caller, permit, operator, WHOLE)
