"""HTTP: the token endpoint (RFC 6749 section 4.4 with RFC 7523)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form

from eligibility_api.contract.tokens import TOKEN_PATH, TokenAnswer, TokenForm
from eligibility_api.facilities import service
from eligibility_api.state import State, current_state
from eligibility_api.web.problems import problem_responses

router = APIRouter(tags=["sign-in"])


@router.post(
    TOKEN_PATH,
    summary="Exchange an assertion for an access token",
    responses=problem_responses("assertion-invalid", "assertion-used", "request-invalid"),
)
async def issue_token(
    form: Annotated[TokenForm, Form()],
    state: Annotated[State, Depends(current_state)],
) -> TokenAnswer:
    """`private_key_jwt`, ES256. An assertion is accepted once; a token is valid for at most five minutes."""
    return await service.issue_token(state, form.client_assertion)
