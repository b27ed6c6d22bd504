"""Access tokens: whom each names, how long it is valid, and that no other text is accepted."""

from __future__ import annotations

import base64
import hmac
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from eligibility_api.clients import tokens as module
from eligibility_api.clients.caller import Caller
from eligibility_api.clients.tokens import Tokens
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError

NOW = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
AUDIENCE = "urn:shikaku:test"
KEY, OTHER_KEY = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
CLIENT = UUID("5a1f0c6e-0000-4000-8000-000000000001")
TERMINAL = Caller(CLIENT, "1311111114", None, frozenset({Right.ELIGIBILITY, Right.CONSENT}))
INSURER = Caller(CLIENT, None, "01130012", frozenset({Right.ENROLMENT}))
NO_RIGHTS = Caller(CLIENT, "1311111114", None, frozenset())


def issuer(**changes: Any) -> Tokens:
    values: dict[str, Any] = {"key": KEY, "audience": AUDIENCE, "life_seconds": 300}
    return Tokens(**values | changes)


def code_of(tokens: Tokens, token: str, now: datetime = NOW) -> str:
    """The code with which a token is refused."""
    with pytest.raises(ShikakuError) as refused:
        tokens.read(token, now)
    return refused.value.code


@pytest.mark.parametrize("caller", [TERMINAL, INSURER, NO_RIGHTS])
def test_a_token_names_its_caller_to_every_worker_with_the_key(caller: Caller) -> None:
    assert issuer().read(issuer().issue(caller, NOW), NOW) == caller


def test_a_token_is_valid_until_its_last_second_and_no_longer() -> None:
    tokens = issuer(life_seconds=60)
    token = tokens.issue(TERMINAL, NOW)
    assert tokens.read(token, NOW + 60 * SECOND - timedelta(microseconds=1)) == TERMINAL
    assert code_of(tokens, token, NOW + 60 * SECOND) == "token-expired"
    assert code_of(issuer(), token, NOW + 60 * SECOND) == "token-expired"


def test_an_expired_token_does_not_become_valid_if_the_clock_is_set_back_only_by_its_signature() -> None:
    tokens = issuer()
    token = tokens.issue(TERMINAL, NOW)
    assert code_of(tokens, token, NOW + 301 * SECOND) == "token-expired"
    assert tokens.read(token, NOW) == TERMINAL


@pytest.mark.parametrize("changes", [{"key": OTHER_KEY}, {"audience": "urn:shikaku:other"}])
def test_a_token_of_another_fund_is_invalid(changes: dict[str, Any]) -> None:
    assert code_of(issuer(), issuer(**changes).issue(TERMINAL, NOW)) == "token-invalid"


def signed(claims: object, *, key: Any = KEY, **header: Any) -> str:
    """A token with any header and claims, truly signed."""
    complete = {"alg": "ES256", "typ": "at+jwt"} | header
    return jwt.encode(complete, claims, key, algorithms=[complete["alg"]])  # type: ignore[arg-type]


CLAIMS = {"aud": AUDIENCE, "sub": str(CLIENT), "scope": "eligibility", "exp": int(NOW.timestamp()) + 60}


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": None},
        {"aud": [AUDIENCE]},
        {"sub": "nobody"},
        {"sub": 7},
        {"sub": None},
        {"scope": "eligibility everything"},
        {"scope": ["eligibility"]},
        {"scope": None},
        {"exp": "soon"},
        {"exp": None},
        {"exp": []},
        {"exp": float("inf")},
    ],
    ids=str,
)
def test_a_signed_token_that_is_wrong_in_one_claim_is_invalid(changes: dict[str, Any]) -> None:
    assert issuer().read(signed(CLAIMS), NOW).rights == {Right.ELIGIBILITY}
    assert code_of(issuer(), signed(CLAIMS | changes)) == "token-invalid"


@pytest.mark.parametrize("missing", CLAIMS)
def test_a_signed_token_without_a_claim_is_invalid(missing: str) -> None:
    rest = {name: value for name, value in CLAIMS.items() if name != missing}
    assert code_of(issuer(), signed(rest)) == "token-invalid"


@pytest.mark.parametrize("kind", ["JWT", "", "AT+JWT"])
def test_a_jwt_of_another_type_is_no_token(kind: str) -> None:
    assert code_of(issuer(), signed(CLAIMS, typ=kind)) == "token-invalid"


def unsigned(header: dict[str, Any], claims: object) -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)
    ]
    return ".".join((*parts, ""))


def with_hmac_of_the_public_key() -> str:
    """A token that a library which lets the header choose the algorithm would accept."""
    body = unsigned({"alg": "HS256", "typ": "at+jwt"}, CLAIMS).removesuffix(".")
    mac = hmac.digest(KEY.as_pem(private=False), body.encode(), "sha256")
    return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "token",
    [
        unsigned({"alg": "none", "typ": "at+jwt"}, CLAIMS),
        unsigned({"alg": "ES256", "typ": "at+jwt"}, CLAIMS),
        with_hmac_of_the_public_key(),
        signed(CLAIMS, alg="RS256", key=RSAKey.generate_key(2048)),
        signed(CLAIMS, alg="ES384", key=ECKey.generate_key("P-384")),
    ],
    ids=["none", "no signature", "HMAC with the public key", "RS256", "ES384"],
)
def test_another_algorithm_than_es256_is_invalid(token: str) -> None:
    assert code_of(issuer(), token) == "token-invalid"


VALID = issuer().issue(TERMINAL, NOW)


@given(place=st.integers(0, len(VALID) - 1), character=st.characters(min_codepoint=33, max_codepoint=126))
def test_a_token_with_another_character_is_never_another_callers(place: int, character: str) -> None:
    altered = VALID[:place] + character + VALID[place + 1 :]
    with suppress(ShikakuError):
        assert issuer().read(altered, NOW) == TERMINAL


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b.c", "é", "\0", "." * 2000, "[" * 5000, VALID + ".", VALID[:-2]]
)
def test_a_text_that_is_no_token_is_invalid(text: str) -> None:
    assert code_of(issuer(), text) == "token-invalid"


def test_the_memory_of_validated_tokens_is_bounded_and_the_oldest_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MAX_CACHED_TOKENS", 3)
    tokens = issuer()
    issued = [tokens.issue(TERMINAL, NOW + number * SECOND) for number in range(5)]
    assert [tokens.read(token, NOW) for token in issued] == [TERMINAL] * 5
    assert list(tokens._validated) == issued[2:]


THUMBPRINT, OTHER_THUMBPRINT = "A" * 43, "B" * 43


def outcome(tokens: Tokens, token: str, certificate: str | None) -> str:
    """`accepted`, or the code with which a request with a certificate is refused."""
    try:
        tokens.read(token, NOW, certificate)
    except ShikakuError as error:
        return error.code
    return "accepted"


@pytest.mark.parametrize("must_be_bound", [False, True])
def test_a_bound_token_is_accepted_with_its_certificate_alone_however_often(must_be_bound: bool) -> None:
    tokens = issuer(must_be_bound=must_be_bound)
    token = tokens.issue(TERMINAL, NOW, THUMBPRINT)
    assert json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))["cnf"] == {"x5t#S256": THUMBPRINT}
    for _ in range(2):  # read, and from the cache
        assert outcome(tokens, token, None) == "client-certificate-missing"
        assert outcome(tokens, token, OTHER_THUMBPRINT) == "client-certificate-wrong"
        assert outcome(tokens, token, THUMBPRINT) == "accepted"
    assert issuer().read(token, NOW, THUMBPRINT) == TERMINAL


def test_a_token_without_certificate_is_refused_where_it_must_be_bound() -> None:
    token = issuer().issue(TERMINAL, NOW)
    assert [outcome(issuer(), token, one) for one in (None, THUMBPRINT)] == ["accepted"] * 2
    strict = issuer(must_be_bound=True)
    assert [outcome(strict, token, one) for one in (None, THUMBPRINT)] == ["client-certificate-missing"] * 2


@pytest.mark.parametrize("confirmation", [{}, {"jkt": "x"}, "text", None, ["x5t#S256"]])
def test_a_token_that_confirms_something_else_is_invalid(confirmation: object) -> None:
    assert code_of(issuer(), signed(CLAIMS | {"cnf": confirmation})) == "token-invalid"
