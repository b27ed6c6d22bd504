"""An assertion is accepted once, within its time: whatever its expiry is, and however often it is sent at the same time."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from eligibility_api.contract.tokens import Credential, token_form
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio


async def sign_in(fund: Fund, credential: Credential, **claims: Any) -> httpx2.Response:
    """Ask for a token by an assertion that differs from a good one by `claims`; None leaves a claim out."""
    now = int(fund.clock().timestamp())
    good = {
        "iss": credential.client_id,
        "sub": credential.client_id,
        "aud": credential.audience,
        "iat": now,
        "exp": now + 60,
        "jti": secrets.token_urlsafe(16),
    }
    kept = {name: value for name, value in (good | claims).items() if value is not None}
    key = ECKey.import_key(credential.private_key)
    assertion = jws.serialize_compact({"alg": "ES256"}, json.dumps(kept), key)
    form = token_form(credential, now=fund.clock(), jti="x" * 16) | {"client_assertion": assertion}
    return await fund.http.post("/v1/token", data=form)


def code(response: httpx2.Response) -> str | None:
    """The code of a refusal; None if there is a token."""
    return None if response.status_code == 200 else str(response.json()["code"])


@pytest.mark.parametrize("later", [1, 60, 239])
async def test_the_same_jti_with_another_expiry_is_the_same_assertion(fund: Fund, later: int) -> None:
    now, jti = int(fund.clock().timestamp()), secrets.token_urlsafe(16)
    first = await sign_in(fund, fund.clinic, jti=jti, exp=now + 60)
    again = await sign_in(fund, fund.clinic, jti=jti, exp=now + 60 + later)
    assert [code(first), code(again)] == [None, "assertion-used"]


async def test_the_same_jti_of_another_client_is_another_assertion(fund: Fund) -> None:
    jti, other = secrets.token_urlsafe(16), await fund.terminal()
    answers = [await sign_in(fund, credential, jti=jti) for credential in (fund.clinic, other)]
    assert [code(answer) for answer in answers] == [None, None]


async def test_of_one_jti_sent_at_once_with_many_expiries_one_is_accepted(fund: Fund) -> None:
    now, jti = int(fund.clock().timestamp()), secrets.token_urlsafe(16)
    attempts = (sign_in(fund, fund.clinic, jti=jti, exp=now + 60 + later) for later in range(20))
    codes = [code(answer) for answer in await asyncio.gather(*attempts)]
    assert sorted(codes, key=str) == [None, *["assertion-used"] * 19]


async def test_a_jti_stays_used_across_the_turn_of_the_hour(fund: Fund) -> None:
    jti = secrets.token_urlsafe(16)
    assert code(await sign_in(fund, fund.clinic, jti=jti)) is None
    # As if the first use had been an hour ago: of its two keys, the one that both hours share is left.
    await fund.owner.fetch(
        "DELETE FROM used_nonce WHERE expires_at = date_trunc('hour', now()) + interval '2 hours'", []
    )
    assert code(await sign_in(fund, fund.clinic, jti=jti)) == "assertion-used"


WRONG: dict[str, tuple[str, Callable[[int], Any]]] = {
    "not before 200 seconds from now": ("nbf", lambda now: now + 200),
    "not before a text": ("nbf", str),
    "not before true": ("nbf", lambda _: True),
    "not before no number": ("nbf", lambda _: float("nan")),
    "not before a list": ("nbf", lambda now: [now]),
    "expires at a text": ("exp", lambda now: str(now + 60)),
    "expires at a text with spaces": ("exp", lambda now: f" {now + 60} "),
    "expires at true": ("exp", lambda _: True),
    "expires at a list": ("exp", lambda now: [now + 60]),
    "expires at an object": ("exp", lambda now: {"seconds": now + 60}),
    "expires after all time": ("exp", lambda _: 10**400),
    "issued at a text": ("iat", str),
    "issued before all time": ("iat", lambda _: float("-inf")),
    "issued at false": ("iat", lambda _: False),
}


@pytest.mark.parametrize(("claim", "change"), WRONG.values(), ids=WRONG.keys())
async def test_an_instant_that_is_ahead_or_is_no_number_is_refused(
    fund: Fund, claim: str, change: Any
) -> None:
    value = change(int(fund.clock().timestamp()))
    assert code(await sign_in(fund, fund.clinic, **{claim: value})) == "assertion-invalid"


@pytest.mark.parametrize(
    "claims",
    [
        {"nbf": lambda now: now},
        {"nbf": lambda now: now - 3600},
        {"nbf": lambda now: now + 30, "iat": lambda now: now + 30},
        {"exp": lambda now: now + 60.5, "iat": lambda now: now + 0.25},
    ],
    ids=["now", "past", "clock ahead", "fractions"],
)
async def test_instants_as_ordinary_clients_send_them_are_accepted(
    fund: Fund, claims: dict[str, Any]
) -> None:
    now = int(fund.clock().timestamp())
    made = {name: change(now) for name, change in claims.items()}
    assert code(await sign_in(fund, fund.clinic, **made)) is None
