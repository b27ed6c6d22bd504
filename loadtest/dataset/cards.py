"""Virtual cards (a certificate issued by J-LIS and its key), and their first registration."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.tokens import Credential
from jpki_mock.authority.certificates import Application
from jpki_mock.authority.validity import card_expiry
from jpki_mock.authority.values import Kind
from jpki_mock.clock import day_in_japan
from jpki_mock.jlis import Jlis
from jpki_mock.register.resident import Resident
from jpki_mock.settings import Settings
from loadtest.dataset.request_bodies import problem_code, proof_members
from loadtest.dataset.terminals import Terminal
from loadtest.errors import LoadError
from loadtest.http_client.connection import request, with_body
from loadtest.http_client.pool import ConnectionPool

_TRANSACTION_SIZE = 100
"""Certificates issued in one transaction: J-LIS's service, which uses the same store, waits for no longer
one.
"""

_REGISTRATION_CONCURRENCY = 8
_REGISTRATION_CHALLENGE = json.dumps({"purpose": Purpose.FIRST_REGISTRATION}).encode()

_PADDING, _HASH = padding.PKCS1v15(), hashes.SHA256()


@dataclass(frozen=True, slots=True)
class Card:
    """One resident's card in a session, with its PIN verified.

    `key_number`: the index of its key among the card keys.
    """

    resident_id: str
    certificate: bytes = field(repr=False)
    key: rsa.RSAPrivateKey = field(repr=False)
    key_number: int

    def sign(self, message: bytes) -> bytes:
        """The card's signature of the bytes that a terminal built."""
        return sign(self.key, message)

    def prove(self, credential: Credential, purpose: Purpose, challenge: str) -> bytes:
        """The members of a proof's JSON object, without its braces."""
        signature = self.sign(credential.to_be_signed(purpose, challenge))
        return proof_members(self.certificate, challenge, signature)


def sign(key: rsa.RSAPrivateKey, message: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 with SHA-256: the signature of a user-authentication key."""
    return key.sign(message, _PADDING, _HASH)


def issue_cards(
    jpki_home: Path, residents: Iterable[Resident], keys: Sequence[rsa.RSAPrivateKey], now: datetime
) -> list[Card]:
    """Issue a card to each resident at `now`, the keys assigned round robin."""
    with Jlis(Settings(home=jpki_home), now) as jlis:
        stream = enumerate(residents)
        cards: list[Card] = []
        while chunk := list(islice(stream, _TRANSACTION_SIZE)):
            with jlis.store.unit():
                cards += _issue_chunk(jlis, chunk, keys, now)
    return cards


def _issue_chunk(
    jlis: Jlis, chunk: Sequence[tuple[int, Resident]], keys: Sequence[rsa.RSAPrivateKey], now: datetime
) -> Iterator[Card]:
    for index, resident in chunk:
        number = index % len(keys)
        key = keys[number]
        application = Application(
            kind=Kind.AUTHENTICATION,
            resident=resident,
            public_key=key.public_key(),
            card_expires_on=card_expiry(resident.birth_date, day_in_japan(now)),
        )
        certificate = jlis.certificates.issue(application, now).public_bytes(Encoding.DER)
        yield Card(resident.resident_id, certificate, key, number)


async def register_cards(pool: ConnectionPool, terminal: Terminal, cards: Sequence[Card]) -> list[Card]:
    """Make the first registration (初回登録) of every card at one signed-in terminal.

    Returns the registered ones: those of members with the self-disclosure-blocked flag are refused (rule B2). Raises
    LoadError, ConnectionFailed.
    """
    remaining, refused = iter(cards), set[str]()
    async with asyncio.TaskGroup() as group:
        for _ in range(_REGISTRATION_CONCURRENCY):
            group.create_task(_register_cards(pool, terminal, remaining, refused))
    return [card for card in cards if card.resident_id not in refused]


async def _register_cards(
    pool: ConnectionPool, terminal: Terminal, remaining: Iterable[Card], refused: set[str]
) -> None:
    for card in remaining:
        if terminal.needs_token():
            await terminal.sign_in(pool)
        head = request("POST", "/v1/presence/challenges", host=pool.host, token=terminal.token)
        reply = await pool.exchange(with_body(head, _REGISTRATION_CHALLENGE))
        if reply.status != 200:
            raise LoadError(f"no challenge for a first registration: {reply.status}")
        challenge = json.loads(reply.body)["challenge"]
        proof = card.prove(terminal.credential, Purpose.FIRST_REGISTRATION, challenge)
        head = request("POST", "/v1/registrations", host=pool.host, token=terminal.token)
        reply = await pool.exchange(with_body(head, b"{", proof, b',"agreed":true}'))
        if reply.status == 403 and problem_code(reply.body) == "card-not-usable":
            refused.add(card.resident_id)
        elif reply.status != 201:
            raise LoadError(f"a first registration was rejected: {reply.status} {problem_code(reply.body)}")
