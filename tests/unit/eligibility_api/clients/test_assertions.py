"""Client assertions: their bounds of time and identity, and that no other text is accepted or names a client."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey

from eligibility_api.clients.assertion_claims import MAX_ASSERTION_SECONDS
from eligibility_api.clients.tokens import (
    Assertion,
    check_assertion,
    claimed_client,
)
from eligibility_api.contract.errors import ShikakuError

NOW = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
AUDIENCE = "urn:shikaku:test"
KEY, OTHER_KEY = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
CLIENT = UUID("5a1f0c6e-0000-4000-8000-000000000001")


def unsigned(header: dict[str, Any], claims: object) -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)
    ]
    return ".".join((*parts, ""))


ASSERTION: dict[str, Any] = {
    "iss": str(CLIENT),
    "sub": str(CLIENT),
    "aud": AUDIENCE,
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 60,
    "jti": "assertion-1",
}


def assertion(*, key: Any = KEY, **changes: Any) -> str:
    claims = {name: value for name, value in (ASSERTION | changes).items() if value is not ...}
    return jwt.encode({"alg": "ES256"}, claims, key)


def checked(text: str, *, audience: str = AUDIENCE, now: datetime = NOW) -> Assertion:
    return check_assertion(text, [KEY.as_dict(private=False)], audiences={audience}, now=now)


AT = int(NOW.timestamp())


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": AT + 1},
        {"exp": AT + MAX_ASSERTION_SECONDS},
        {"iat": AT + 60},
        {"iat": 0},
        {"jti": "8 chars."},
        {"jti": "x" * 128},
        {"jti": "一意の識別子八字"},
        {"aud": [AUDIENCE]},
    ],
    ids=str,
)
def test_an_assertion_within_its_bounds_is_accepted(changes: dict[str, Any]) -> None:
    expected = ASSERTION | changes
    assert checked(assertion(**changes)) == Assertion(CLIENT, expected["jti"])


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": AT},
        {"exp": float("inf")},
        {"iat": AT + 61},
        {"iat": "now"},
        {"jti": "7 chars"},
        {"jti": "x" * 129},
        {"jti": "line\nbreak"},
        {"jti": 12345678},
        {"jti": ["assertion-1"]},
        {"sub": str(UUID(int=2))},
        {"iss": "terminal", "sub": "terminal"},
        {"aud": "urn:shikaku:other"},
        {"aud": [AUDIENCE, "urn:shikaku:other"]},
        *({name: ...} for name in ASSERTION),
    ],
    ids=str,
)
def test_an_assertion_beyond_them_is_invalid(changes: dict[str, Any]) -> None:
    with pytest.raises(ShikakuError, match="assertion-invalid"):
        checked(assertion(**changes))


def errors_of(text: str) -> object:
    with pytest.raises(ShikakuError) as refused:
        checked(text)
    return refused.value.details.get("errors")


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"iss": "terminal", "sub": "terminal"}, {"iss": "client_id"}),
        ({"sub": str(UUID(int=2))}, {"sub": "equals_iss"}),
        ({"aud": "urn:shikaku:other"}, {"aud": "audience"}),
        ({"exp": AT}, {"exp": "expired"}),
        ({"exp": "soon"}, {"exp": "number"}),
        ({"exp": True}, {"exp": "number"}),
        ({"exp": AT + MAX_ASSERTION_SECONDS + 1}, {"exp": "at_most_300_seconds"}),
        ({"iat": AT + 61}, {"iat": "in_the_future"}),
        ({"nbf": AT + 61}, {"nbf": "in_the_future"}),
        ({"nbf": None}, {"nbf": "number"}),
        ({"jti": "7 chars"}, {"jti": "8_to_128_printable_characters"}),
        ({"aud": [], "exp": AT - 1, "jti": ...}, {"aud": "audience", "exp": "expired", "jti": "missing"}),
        *(({name: ...}, {name: "missing"}) for name in ("aud", "iat", "exp", "jti")),
    ],
    ids=str,
)
def test_each_claim_at_fault_is_named_with_its_rule(changes: dict[str, Any], faults: dict[str, str]) -> None:
    assert errors_of(assertion(**changes)) == [
        {"place": f"body.client_assertion.{name}", "rule": rule} for name, rule in faults.items()
    ]


def test_claims_are_not_named_unless_the_signature_is_right() -> None:
    assert errors_of(assertion(key=OTHER_KEY, exp=AT - 1, aud="urn:shikaku:other")) is None


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a.b.c", {"place": "body.client_assertion", "rule": "jwt"}),
        ("", {"place": "body.client_assertion", "rule": "jwt"}),
        (unsigned({"alg": "ES256"}, []) + "AAAA", {"place": "body.client_assertion", "rule": "jwt"}),
        (
            unsigned({"alg": "RS256"}, ASSERTION) + "AAAA",
            {"place": "body.client_assertion.alg", "rule": "ES256"},
        ),
        (unsigned({"alg": "none"}, ASSERTION), {"place": "body.client_assertion.alg", "rule": "ES256"}),
        (unsigned({"alg": "ES256"}, {}) + "AAAA", {"place": "body.client_assertion.iss", "rule": "missing"}),
        (
            unsigned({"alg": "ES256"}, {"iss": "x"}) + "AAAA",
            {"place": "body.client_assertion.iss", "rule": "client_id"},
        ),
    ],
)
def test_what_is_wrong_with_a_text_without_a_client_is_named(text: str, error: dict[str, str]) -> None:
    with pytest.raises(ShikakuError, match="assertion-invalid") as refused:
        claimed_client(text)
    assert refused.value.details == {"errors": [error]}


@pytest.mark.parametrize("expires", [AT + MAX_ASSERTION_SECONDS + 1, 10**30])
def test_an_assertion_that_lives_too_long_is_named_as_such(expires: int) -> None:
    with pytest.raises(ShikakuError, match="assertion-too-long"):
        checked(assertion(exp=expires))


def test_an_assertion_under_another_key_is_invalid_although_it_names_the_client() -> None:
    foreign = assertion(key=OTHER_KEY)
    assert claimed_client(foreign) == CLIENT
    with pytest.raises(ShikakuError, match="assertion-invalid"):
        checked(foreign)


@pytest.mark.parametrize("key", [{}, {"kty": "EC"}, {"kty": "oct", "k": "AAAA"}, {"kty": 7}])
def test_a_stored_key_that_cannot_verify_refuses_every_assertion(key: dict[str, Any]) -> None:
    with pytest.raises(ShikakuError, match="assertion-invalid"):
        check_assertion(assertion(), [key], audiences={AUDIENCE}, now=NOW)


@given(text=st.text(max_size=60) | st.text(".abcABC012-_", max_size=60))
def test_any_other_text_claims_no_client(text: str) -> None:
    with pytest.raises(ShikakuError, match="assertion-invalid"):
        claimed_client(text)


@pytest.mark.parametrize(
    "claims", [[], 1, None, "text", {}, {"iss": 1}, {"iss": "x"}, {"iss": None}], ids=str
)
def test_claims_without_a_client_id_claim_no_client(claims: object) -> None:
    with pytest.raises(ShikakuError, match="assertion-invalid"):
        claimed_client(unsigned({"alg": "ES256"}, claims) + "AAAA")
