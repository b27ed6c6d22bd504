"""Client authentication: OAuth 2.0 client credentials with `private_key_jwt` (RFC 7523), ES256."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from eligibility_api.contract import presence
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.wire import Answer, Bytes, Text

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""`client_assertion_type` of RFC 7523 section 2.2."""

ASSERTION_SECONDS = 60
"""Lifetime of an assertion made by this module; the fund accepts at most 300 s."""

TOKEN_PATH = "/v1/token"


class TokenForm(BaseModel):
    """The form of `POST /v1/token` (RFC 6749 section 4.4.2, RFC 7523 section 2.2).

    Unknown parameters are ignored, and one without a value counts as omitted (RFC 6749 section 3.2).
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    grant_type: Literal["client_credentials"]
    client_assertion_type: Literal["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]
    client_assertion: Text = Field(max_length=4096)
    client_id: Text = Field(
        default="", max_length=100, description="May be omitted; else it must be the assertion's client."
    )
    scope: Text = Field(
        default="",
        max_length=1000,
        description="The rights that the token shall have, separated by spaces; default: all of the client's.",
    )


class TokenAnswer(Answer):
    """The answer of the token endpoint (RFC 6749 section 5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int = Field(description="Seconds, 300 at most.")
    scope: str = Field(description="The token's rights, separated by spaces.")


class CredentialError(Exception):
    """A file is not a valid credential; the text gives the reason, never a value."""


class Credential(BaseModel):
    """The secret credential file of an admitted client: its identity and its private key.

    `audience` is the fund's name in tokens and in the bytes that a card signs. A terminal has an institution
    code, an insurer an insurer number. Cards require `visual_check_certificate` (DER) of a terminal for the
    visual check.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    client_id: str
    audience: str
    private_key: dict[str, Any] = Field(repr=False, description="EC P-256 JWK (RFC 7517).")
    private_key_pem: str | None = Field(
        default=None, max_length=1_000, repr=False, description="The same key as PKCS #8 in PEM (RFC 5958)."
    )
    institution_code: str | None = None
    insurer_number: str | None = None
    visual_check_certificate: Bytes | None = None

    @field_validator("private_key")
    @classmethod
    def _signs(cls, value: dict[str, Any]) -> dict[str, Any]:
        try:
            key = ECKey.import_key(value)
        except (JoseError, ValueError, TypeError, KeyError):
            raise ValueError("not a JWK") from None
        if not key.is_private or key.curve_name != "P-256":
            raise ValueError("not a private key on P-256")
        return value

    @model_validator(mode="after")
    def _is_one_key(self) -> Self:
        if self.private_key_pem is not None and self.private_key_pem != private_key_pem(self.key):
            raise ValueError("JWK and PEM are not the same key")
        return self

    @classmethod
    def load(cls, path: Path) -> Credential:
        """Read a credential file. Raises OSError or pydantic.ValidationError."""
        return cls.model_validate_json(path.read_bytes())

    @classmethod
    def load_terminal(cls, path: Path) -> Credential:
        """Read the credential file of an admitted terminal. Raises CredentialError."""
        try:
            credential = cls.load(path)
        except (OSError, ValidationError) as error:
            raise CredentialError("no readable credential file") from error
        if credential.institution_code is None:
            raise CredentialError("not a terminal's credential (no institution code)")
        return credential

    @cached_property
    def key(self) -> ECKey:
        """The private key, parsed once."""
        return ECKey.import_key(self.private_key)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy, with a key of its own: the parsed one is not taken along, since the copy may have another."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("key", None)
        return copied

    def __getstate__(self) -> dict[Any, Any]:
        """What another process gets: all but the parsed key, which has no pickled form."""
        state = super().__getstate__()
        return state | {"__dict__": {name: value for name, value in self.__dict__.items() if name != "key"}}

    def to_be_signed(self, purpose: Purpose, challenge: str) -> bytes:
        """The bytes that a card signs at this terminal for a challenge of the fund."""
        return presence.to_be_signed(
            purpose,
            audience=self.audience,
            institution_code=self.institution_code or "",
            terminal_id=self.client_id,
            challenge=challenge,
        )

    def save(self, path: Path) -> None:
        """Write the file atomically, readable by its owner only."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(self.model_dump_json(indent=2, exclude_none=True) + "\n")
        temporary.replace(path)


def private_key_pem(key: ECKey) -> str:
    """The private key as PKCS #8 in PEM, for programs whose library reads no JWK."""
    return key.as_pem(private=True).decode("ascii")


def client_assertion(credential: Credential, *, now: datetime, jti: str) -> str:
    """Make an assertion (RFC 7523 section 3). `jti` must be new each time: it is accepted once."""
    claims = {
        "iss": credential.client_id,
        "sub": credential.client_id,
        "aud": credential.audience,
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + ASSERTION_SECONDS,
        "jti": jti,
    }
    return jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, credential.key)


def token_form(credential: Credential, *, now: datetime, jti: str) -> dict[str, str]:
    """The form for `POST /v1/token`, with a new assertion."""
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": client_assertion(credential, now=now, jti=jti),
    }
