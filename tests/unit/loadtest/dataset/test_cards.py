"""First registrations of cards, and what ends a provisioning."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any, cast

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from eligibility_api.contract.codes import Purpose
from loadtest.dataset.cards import Card, register_cards
from loadtest.dataset.terminals import Terminal
from loadtest.errors import LoadError
from loadtest.http_client.connection import ConnectionFailed
from loadtest.http_client.pool import ConnectionPool
from tests.builders.cards import rsa_key
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.scenario.builders import FakePool, signed_in

REGISTERED = {"/v1/registrations": (201, {"registered": True})}
CARDS = [
    Card(f"R1-{number:08}", b"\x30\x82%d" % number, rsa_key(number % 2), number % 2) for number in range(20)
]


def register(pool: FakePool, cards: list[Card], at: Terminal | None = None) -> list[Card]:
    def work() -> Any:
        return register_cards(cast(ConnectionPool, pool), at or signed_in(), cards)

    try:
        return list(asyncio.run(work()))
    except ExceptionGroup as group:
        raise group.exceptions[0] from group


def test_each_card_is_registered_once_with_the_patient_s_agreement() -> None:
    pool = FakePool(REGISTERED)
    register(pool, CARDS)
    assert pool.paths.count("/v1/presence/challenges") == pool.paths.count("/v1/registrations") == len(CARDS)
    sent = [json.loads(body) for path, _, body in pool.requests if path == "/v1/registrations"]
    assert all(one["agreed"] is True for one in sent)
    certificates = {base64.b64decode(one["certificate"]) for one in sent}
    assert certificates == {card.certificate for card in CARDS}


def test_the_card_signs_for_a_first_registration_at_this_terminal() -> None:
    pool, at = FakePool(REGISTERED), signed_in()
    register(pool, CARDS[:1], at)
    assert json.loads(pool.requests[0][2]) == {"purpose": Purpose.FIRST_REGISTRATION}
    signature = base64.b64decode(json.loads(pool.requests[1][2])["signature"])
    key = rsa_key(0).public_key()
    message = at.credential.to_be_signed(Purpose.FIRST_REGISTRATION, "challenge-1")
    key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    other = at.credential.to_be_signed(Purpose.ELIGIBILITY, "challenge-1")
    with pytest.raises(InvalidSignature):
        key.verify(signature, other, padding.PKCS1v15(), hashes.SHA256())


def test_without_cards_nothing_is_sent() -> None:
    pool = FakePool(REGISTERED)
    register(pool, [])
    assert pool.requests == []


def test_a_terminal_without_a_token_signs_in_first() -> None:
    pool, at = FakePool(REGISTERED), terminal()
    register(pool, CARDS[:1], at)
    assert pool.paths == ["/v1/token", "/v1/presence/challenges", "/v1/registrations"]
    assert pool.requests[1][1]["Authorization"] == "Bearer token-1"
    assert not at.needs_token()


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (
            {"/v1/presence/challenges": (503, {"code": "overloaded"})},
            "no challenge for a first registration: 503",
        ),
        ({"/v1/registrations": (409, {"code": "resident-unknown"})}, "rejected: 409 resident-unknown"),
        ({"/v1/registrations": (200, {})}, "rejected: 200 unreadable"),
    ],
)
def test_a_refusal_ends_the_provisioning_with_its_code(
    answers: dict[str, tuple[int, dict[str, Any]]], message: str
) -> None:
    with pytest.raises(LoadError, match=message):
        register(FakePool(REGISTERED | answers), CARDS)


def test_the_cards_of_blocked_members_are_left_out() -> None:
    """Rule B2."""
    refused = {"/v1/registrations": (403, {"code": "card-not-usable"})}
    assert register(FakePool(REGISTERED | refused), CARDS) == []
    assert register(FakePool(REGISTERED), CARDS) == list(CARDS)


def test_a_lost_connection_ends_the_provisioning() -> None:
    with pytest.raises(ConnectionFailed):
        register(FakePool({"/v1/registrations": (0, {})}), CARDS[:3])


def test_neither_key_nor_certificate_of_a_card_is_in_its_text() -> None:
    assert "certificate" not in repr(CARDS[0])
    assert "key=" not in repr(CARDS[0])
    assert "R1-00000000" in repr(CARDS[0])
