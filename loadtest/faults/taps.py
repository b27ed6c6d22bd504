"""A tap with one part of it wrong, as a faulty reader or card makes it."""

from __future__ import annotations

import json
from collections.abc import Callable

from eligibility_api.contract.codes import Purpose
from loadtest.dataset.cards import Card
from loadtest.dataset.request_bodies import proof_members
from loadtest.dataset.terminals import Terminal
from loadtest.http_client.connection import Reply, request, with_body
from loadtest.http_client.pool import ConnectionPool

NUMBER_PATH, CHALLENGE_PATH = "/v1/eligibility/number", "/v1/presence/challenges"
CARD_PATH, REGISTRATION_PATH = "/v1/eligibility/card", "/v1/registrations"

_Bytes = Callable[[bytes], bytes]


def right_bytes(terminal: Terminal, challenge: str) -> bytes:
    """What a card signs for an eligibility check."""
    return terminal.credential.to_be_signed(Purpose.ELIGIBILITY, challenge)


def unchanged(data: bytes) -> bytes:
    """The same bytes."""
    return data


async def tap_with(
    card: Card,
    pool: ConnectionPool,
    terminal: Terminal,
    *,
    message: Callable[[Terminal, str], bytes] = right_bytes,
    certificate: _Bytes = unchanged,
    signature: _Bytes = unchanged,
) -> Reply:
    """A whole tap of an eligibility check: challenge, signature, check. Raises ConnectionFailed.

    `message`: the bytes that the card signs; `certificate` and `signature`: change what the card returned.
    """
    head = request("POST", CHALLENGE_PATH, host=pool.host, token=terminal.token)
    challenge = await pool.exchange(with_body(head, json.dumps({"purpose": Purpose.ELIGIBILITY}).encode()))
    if challenge.status != 200:
        return challenge
    text = json.loads(challenge.body)["challenge"]
    signed = card.sign(message(terminal, text))
    proof = proof_members(certificate(card.certificate), text, signature(signed))
    head = request("POST", CARD_PATH, host=pool.host, token=terminal.token)
    return await pool.exchange(with_body(head, b"{", proof, b"}"))


async def register_with(card: Card, certificate: bytes, pool: ConnectionPool, terminal: Terminal) -> Reply:
    """A first registration by a card that returns this certificate. Raises ConnectionFailed."""
    head = request("POST", CHALLENGE_PATH, host=pool.host, token=terminal.token)
    asked = json.dumps({"purpose": Purpose.FIRST_REGISTRATION}).encode()
    challenge = await pool.exchange(with_body(head, asked))
    if challenge.status != 200:
        return challenge
    text = json.loads(challenge.body)["challenge"]
    signed = card.sign(terminal.credential.to_be_signed(Purpose.FIRST_REGISTRATION, text))
    head = request("POST", REGISTRATION_PATH, host=pool.host, token=terminal.token)
    proof = proof_members(certificate, text, signed)
    return await pool.exchange(with_body(head, b"{", proof, b',"agreed":true}'))
