"""The token endpoint as standard OAuth clients see it: its errors, and the server's metadata."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import Problem, ShikakuError
from eligibility_api.contract.tokens import TOKEN_PATH
from eligibility_api.contract.wire import Answer

METADATA_PATH = "/.well-known/oauth-authorization-server"
"""Where clients find the metadata of an issuer without a path (RFC 8414 section 3)."""


class OAuthError(StrEnum):
    """`error` of a refused token request (RFC 6749 sections 5.2 and 4.1.2.1)."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_SCOPE = "invalid_scope"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    SERVER_ERROR = "server_error"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"


_ERRORS = {
    "assertion-invalid": OAuthError.INVALID_CLIENT,
    "assertion-missing": OAuthError.INVALID_CLIENT,
    "assertion-too-long": OAuthError.INVALID_CLIENT,
    "assertion-used": OAuthError.INVALID_CLIENT,
    "client-certificate-missing": OAuthError.INVALID_CLIENT,
    "client-certificate-wrong": OAuthError.INVALID_CLIENT,
    "grant-type-unsupported": OAuthError.UNSUPPORTED_GRANT_TYPE,
    "internal": OAuthError.SERVER_ERROR,
    "scope-exceeded": OAuthError.INVALID_SCOPE,
}


def oauth_error(error: ShikakuError) -> OAuthError:
    """The OAuth error of a refused token request: by its code, else whether waiting helps."""
    waiting_helps = error.retry_after is not None or error.entry.status >= 500
    return _ERRORS.get(
        error.code, OAuthError.TEMPORARILY_UNAVAILABLE if waiting_helps else OAuthError.INVALID_REQUEST
    )


class TokenProblem(Problem):
    """An error of the token endpoint: a problem with the members of RFC 6749 section 5.2, in the same object.

    Its media type is `application/json`, as that section requires.
    """

    error: OAuthError
    error_description: str = Field(description="The same sentence as `title`, and what is at fault.")

    @classmethod
    def of(cls, error: ShikakuError, **more: Any) -> TokenProblem:
        """The document of `error`; `more` sets the optional members."""
        own = {"error": oauth_error(error), "error_description": _description(error)}
        return cls(**(Problem.of(error).model_dump() | own | more))


def _description(error: ShikakuError) -> str:
    """OAuth clients show nothing else, so that it names the faults too."""
    faults = [f"{fault['place']} ({fault['rule']})" for fault in error.details.get("errors", ())]
    return f"{error.entry.engineer} At fault: {', '.join(faults)}." if faults else error.entry.engineer


class ServerMetadata(Answer):
    """The metadata of the authorization server (RFC 8414 section 2)."""

    issuer: str = Field(description="The setting `FUND_PUBLIC_URL`; an assertion may have it as its `aud`.")
    token_endpoint: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("private_key_jwt",)
    token_endpoint_auth_signing_alg_values_supported: tuple[str, ...] = ("ES256",)
    grant_types_supported: tuple[str, ...] = ("client_credentials",)
    # Required, and an empty array is not allowed (section 3.2).
    response_types_supported: tuple[str, ...] = Field(
        default=("none",), description="There is no authorization endpoint."
    )
    tls_client_certificate_bound_access_tokens: bool = Field(
        default=True,
        description="A token obtained with a client certificate is bound to it (RFC 8705 section 3.3).",
    )
    scopes_supported: tuple[str, ...] = tuple(sorted(Right))

    @classmethod
    def of(cls, issuer: str) -> ServerMetadata:
        """The metadata of the server at the address `issuer`."""
        return cls(issuer=issuer, token_endpoint=issuer + TOKEN_PATH)
