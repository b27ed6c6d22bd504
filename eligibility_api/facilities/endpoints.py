"""HTTP: the token endpoint (RFC 6749 section 4.4 with RFC 7523), and the server's metadata (RFC 8414)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.oauth import METADATA_PATH, ServerMetadata
from eligibility_api.contract.tokens import TOKEN_PATH, TokenAnswer, TokenForm
from eligibility_api.facilities import service
from eligibility_api.facilities.token_request import FORM_MEDIA_TYPE, read_token_request
from eligibility_api.state import State, current_state
from eligibility_api.web.busy_routes import busy
from eligibility_api.web.client_certificate import client_certificate
from eligibility_api.web.problems import problem_responses
from eligibility_api.web.server.client_address import client_address

router = APIRouter(tags=["sign-in"])

_FORM = {"required": True, "content": {FORM_MEDIA_TYPE: {"schema": TokenForm.model_json_schema()}}}


@router.post(
    TOKEN_PATH,
    summary="Exchange an assertion for an access token",
    responses=problem_responses(
        "assertion-invalid",
        "assertion-missing",
        "assertion-too-long",
        "assertion-used",
        "client-certificate-missing",
        "client-certificate-wrong",
        "database-unavailable",
        "grant-type-unsupported",
        "scope-exceeded",
        "token-request-invalid",
        oauth=True,
    ),
    openapi_extra={"requestBody": _FORM},
)
@busy(cost=25)
async def issue_token(request: Request, state: Annotated[State, Depends(current_state)]) -> TokenAnswer:
    """`private_key_jwt`, ES256. An assertion is accepted once; a token is valid for at most five minutes.

    An assertion's `aud` is the issuer of the metadata, this endpoint's URL or the fund's URN; of several each
    must be one of these. Its `exp` is at most 300 seconds ahead.
    """
    form = read_token_request(request.headers.get("content-type", ""), await request.body())
    return await service.issue_token(state, form, _address(request, state), client_certificate(request.scope))


def _address(request: Request, state: State) -> str | None:
    """The caller's address, as the server's limits count it."""
    forwarded = tuple(value.encode("latin-1") for value in request.headers.getlist("x-forwarded-for"))
    peer = request.client.host if request.client is not None else None
    return client_address(peer, forwarded, state.settings.proxy_networks)


@router.get(
    METADATA_PATH,
    summary="The metadata of the authorization server",
    responses=problem_responses("not-found"),
)
async def metadata(state: Annotated[State, Depends(current_state)]) -> ServerMetadata:
    """Where and how a client signs in (RFC 8414). 404 if the fund does not know its public URL."""
    if state.settings.public_url is None:
        raise ShikakuError("not-found")
    return ServerMetadata.of(state.settings.public_url)
