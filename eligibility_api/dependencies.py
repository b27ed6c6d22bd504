"""FastAPI dependency: the caller of a request, by its bearer token."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.state import State, current_state

_BEARER = HTTPBearer(auto_error=False, description="An access token from POST /v1/token.")


async def current_caller(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    state: Annotated[State, Depends(current_state)],
) -> Caller:
    """The caller of this request. Raises `token-missing`, `token-invalid` or `token-expired`."""
    if credentials is None:
        raise ShikakuError("token-missing")
    return state.tokens.read(credentials.credentials, state.clock())
