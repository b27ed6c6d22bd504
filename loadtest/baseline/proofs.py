"""Proofs made in advance: challenges under the stack's MAC key, signed by the cards."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import chain
from multiprocessing import get_context
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import rsa

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.challenge import NONCE_BYTES, Challenge, expiry, issue
from loadtest.baseline.config import BaselineConfig
from loadtest.clock import now
from loadtest.dataset.cards import Card, sign
from loadtest.dataset.keys import load_keys

LIFETIME = timedelta(minutes=30)
"""The validity of the proofs: longer than any run."""

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class ReadyProof:
    """A proof ready to be sent: card and terminal by index, challenge, signature in base64."""

    card: int
    terminal: int
    challenge: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class ProofFactory:
    """Makes proofs of some cards at some terminals, in as many processes as there are cores.

    `keys`: the number of each card's key. Card n taps at terminal n modulo their number.
    """

    config: BaselineConfig
    credentials: Sequence[Credential]
    keys: Sequence[int]

    @property
    def cards(self) -> int:
        """The number of cards."""
        return len(self.keys)

    @classmethod
    def of(
        cls, config: BaselineConfig, credentials: Sequence[Credential], cards: Sequence[Card]
    ) -> ProofFactory:
        """A factory for cards with the kept card keys."""
        return cls(config, credentials, [card.key_number for card in cards])

    def make(self, count: int) -> list[ReadyProof]:
        """Make `count` proofs, the cards round robin."""
        expires_at = expiry(now(), LIFETIME)
        chunks = [
            (self, range(first, min(first + _CHUNK, count)), expires_at) for first in range(0, count, _CHUNK)
        ]
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            return list(chain.from_iterable(pool.map(_make_chunk, chunks)))

    def prepare(self, index: int, expires_at: datetime) -> tuple[int, int, str, bytes]:
        """Card, terminal, challenge, and the bytes to be signed, of the proof at `index`."""
        card = index % self.cards
        terminal = card % len(self.credentials)
        credential = self.credentials[terminal]
        nonce = secrets.token_bytes(NONCE_BYTES)
        challenge = Challenge(
            Purpose.ELIGIBILITY,
            expires_at,
            credential.institution_code or "",
            UUID(credential.client_id),
            nonce,
        )
        text = issue(challenge, audience=self.config.audience, keys=self.config.keys)
        return card, terminal, text, credential.to_be_signed(Purpose.ELIGIBILITY, text)


def _make_chunk(work: tuple[ProofFactory, range, datetime]) -> list[ReadyProof]:
    factory, indexes, expires_at = work
    keys = _keys(max(factory.keys) + 1)
    proofs = []
    for index in indexes:
        card, terminal, text, message = factory.prepare(index, expires_at)
        signature = sign(keys[factory.keys[card]], message)
        proofs.append(ReadyProof(card, terminal, text.encode(), base64.b64encode(signature)))
    return proofs


@cache
def _keys(count: int) -> Sequence[rsa.RSAPrivateKey]:
    """The card keys, read once per process."""
    return load_keys(count)
