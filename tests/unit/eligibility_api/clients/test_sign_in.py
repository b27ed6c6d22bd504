"""Assertions: to whom they are addressed and how long they live; tokens: their issuer, and a narrower scope."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from eligibility_api.clients.assertion_claims import MAX_ASSERTION_SECONDS, is_addressed_to
from eligibility_api.clients.caller import Caller
from eligibility_api.clients.tokens import (
    Tokens,
    check_assertion,
)
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import CATALOGUE, ShikakuError
from eligibility_api.contract.tokens import Credential
from tests.builders.token_requests import assertion

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
CLIENT = "0198a000-0000-4000-8000-000000000000"
KEY = ECKey.generate_key("P-256")
CREDENTIAL = Credential(
    client_id=CLIENT, audience="urn:shikaku:fund", private_key=dict(KEY.as_dict(private=True))
)
URN, ISSUER, TOKEN_URL = "urn:shikaku:fund", "https://fund.example", "https://fund.example/v1/token"
OURS = frozenset({URN, ISSUER, TOKEN_URL})
CALLER = Caller(UUID(CLIENT), "1311111114", None, frozenset({Right.ELIGIBILITY, Right.CONSENT}))


def code_of(**claims: Any) -> str | None:
    """The refusal of an assertion that differs by `claims`; None if it is accepted."""
    text = assertion(CREDENTIAL, NOW, **claims)
    try:
        check_assertion(text, [dict(KEY.as_dict(private=False))], audiences=OURS, now=NOW)
    except ShikakuError as error:
        return error.code
    return None


AUDIENCES: list[tuple[object, bool]] = [
    (URN, True),
    (ISSUER, True),
    (TOKEN_URL, True),
    ([URN], True),
    ([ISSUER, TOKEN_URL], True),
    ([ISSUER, ISSUER], True),
    ([], False),
    ("", False),
    ([""], False),
    (None, False),
    ([None], False),
    (7, False),
    ({ISSUER: True}, False),
    ([[ISSUER]], False),
    ("https://other.example", False),
    ([ISSUER, "https://other.example"], False),
    (["https://other.example", URN], False),
    (f"{ISSUER}/", False),
    (f"{TOKEN_URL}/", False),
    (f"{ISSUER} {URN}", False),
    ("https://FUND.example", False),
    ("http://fund.example", False),
    ("https://fund.example:443", False),
    ("https://fund.example.evil.example", False),
    (f"{ISSUER}/v1/presence/challenges", False),
]


@pytest.mark.parametrize(("aud", "accepted"), AUDIENCES, ids=str)
def test_every_audience_of_an_assertion_must_be_this_fund(aud: object, accepted: bool) -> None:
    assert is_addressed_to(aud, OURS) is accepted
    assert code_of(aud=aud) == (None if accepted else "assertion-invalid")


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (MAX_ASSERTION_SECONDS, None),
        (MAX_ASSERTION_SECONDS + 1, "assertion-too-long"),
        (3600, "assertion-too-long"),
        (0, "assertion-invalid"),
        (-1, "assertion-invalid"),
    ],
)
def test_an_assertion_that_lives_too_long_is_refused_by_a_code_of_its_own(
    seconds: int, code: str | None
) -> None:
    assert code_of(exp=int((NOW + timedelta(seconds=seconds)).timestamp())) == code


def test_the_sentence_names_the_maximum() -> None:
    assert f"{MAX_ASSERTION_SECONDS} seconds" in CATALOGUE["assertion-too-long"].engineer


@pytest.mark.parametrize(
    "other",
    [{"aud": "https://other.example"}, {"sub": "another"}, {"jti": ""}, {"key": ECKey.generate_key("P-256")}],
    ids=["audience", "subject", "jti", "key"],
)
def test_an_assertion_with_another_fault_is_not_called_too_long(other: dict[str, Any]) -> None:
    assert code_of(exp=int(NOW.timestamp()) + 3600, **other) == "assertion-invalid"


@pytest.mark.parametrize(
    ("scope", "rights"),
    [
        ("", CALLER.rights),
        ("  ", CALLER.rights),
        ("eligibility", {Right.ELIGIBILITY}),
        ("consent eligibility", CALLER.rights),
        ("consent  consent", {Right.CONSENT}),
    ],
)
def test_a_token_has_the_rights_of_the_requested_scope(scope: str, rights: frozenset[Right]) -> None:
    limited = CALLER.limited_to(scope)
    assert (limited.rights, limited.client_id) == (rights, CALLER.client_id)
    assert all(isinstance(right, Right) for right in limited.rights)


@pytest.mark.parametrize("scope", ["registration", "eligibility registration", "openid", "Eligibility", "*"])
def test_a_scope_that_exceeds_the_clients_rights_is_refused(scope: str) -> None:
    with pytest.raises(ShikakuError) as caught:
        CALLER.limited_to(scope)
    assert caught.value.code == "scope-exceeded"


@pytest.mark.parametrize(("issuer", "expected"), [(None, URN), (ISSUER, ISSUER)])
def test_a_token_names_its_issuer_and_keeps_its_audience(issuer: str | None, expected: str) -> None:
    key = ECKey.generate_key("P-256")
    text = Tokens(key, URN, 300, issuer=issuer).issue(CALLER, NOW)
    claims = jwt.decode(text, key, algorithms=["ES256"]).claims
    assert (claims["iss"], claims["aud"]) == (expected, URN)
    # A token that was issued before the public URL changed is read all the same.
    assert Tokens(key, URN, 300, issuer="https://new.example").read(text, NOW) == CALLER
