"""The caller of a request, by its bearer token: a FastAPI dependency, and routes that know it before the body."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, ClassVar

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.state import State, current_state
from eligibility_api.web.client_certificate import client_certificate

_BEARER = HTTPBearer(auto_error=False, description="An access token from POST /v1/token.")


async def current_caller(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    state: Annotated[State, Depends(current_state)],
) -> Caller:
    """The caller of this request. Raises `token-missing`, or as `Tokens.read`."""
    if credentials is None:
        raise ShikakuError("token-missing")
    return state.tokens.read(credentials.credentials, state.clock(), client_certificate(request.scope))


class RightsFirstRoute(APIRoute):
    """A route that checks token and rights before it reads a body (decision 016).

    The framework reads and parses a body before any dependency. A client that may not call an operation gets
    no work done on what it sends.
    """

    rights: ClassVar[frozenset[Right]] = frozenset()
    """The rights of which a caller needs one at least."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler, after the check. Raises as `current_caller`, and `right-missing`."""
        handler = super().get_route_handler()

        async def checked(request: Request) -> Response:
            caller = await current_caller(request, await _BEARER(request), await current_state(request))
            if not caller.rights & self.rights:
                raise ShikakuError("right-missing")
            return await handler(request)

        return checked


def rights_first(*rights: Right) -> type[RightsFirstRoute]:
    """The class of the routes of an `APIRouter` whose callers need one of these rights at least."""

    class Route(RightsFirstRoute):
        """A route for callers with one of some rights."""

    Route.rights = frozenset(rights)
    return Route
