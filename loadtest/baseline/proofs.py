"""Proofs beforehand: challenges minted under the house's key, with an expiry that covers the run, and signed by the cards."""

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
from eligibility_api.domain.challenge import NONCE_BYTES, Challenge, expiry, mint
from loadtest.baseline.config import Ground
from loadtest.clock import now
from loadtest.dataset.cards import Card, sign
from loadtest.dataset.keys import load_keys

LIFE = timedelta(minutes=30)
"""How long the proofs can be spent: longer than any run."""

_IN_A_PORTION = 500


@dataclass(frozen=True, slots=True)
class Minted:
    """A proof that is ready: which card's, at which terminal, the challenge, and the signature in base64."""

    card: int
    terminal: int
    challenge: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Mint:
    """Makes proofs of some cards at some terminals, in as many processes as there are cores.

    `keys`: the number of each card's key in the fleet. Card n taps at terminal n modulo their number.
    """

    ground: Ground
    credentials: Sequence[Credential]
    keys: Sequence[int]

    @property
    def cards(self) -> int:
        """How many cards tap."""
        return len(self.keys)

    @classmethod
    def of(cls, ground: Ground, credentials: Sequence[Credential], cards: Sequence[Card]) -> Mint:
        """The mint of cards that have the fleet's keys."""
        return cls(ground, credentials, [card.key_number for card in cards])

    def make(self, count: int) -> list[Minted]:
        """So many proofs, the cards in turn."""
        expires_at = expiry(now(), LIFE)
        portions = [
            (self, range(first, min(first + _IN_A_PORTION, count)), expires_at)
            for first in range(0, count, _IN_A_PORTION)
        ]
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            return list(chain.from_iterable(pool.map(_portion, portions)))

    def one(self, place: int, expires_at: datetime) -> tuple[int, int, str, bytes]:
        """Card, terminal, challenge, and what that card signs, of the proof at `place`."""
        card = place % self.cards
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
        text = mint(challenge, audience=self.ground.audience, keys=self.ground.keys)
        return card, terminal, text, credential.to_be_signed(Purpose.ELIGIBILITY, text)


def _portion(work: tuple[Mint, range, datetime]) -> list[Minted]:
    mint_, places, expires_at = work
    keys = _keys(max(mint_.keys) + 1)
    minted = []
    for place in places:
        card, terminal, text, message = mint_.one(place, expires_at)
        signature = sign(keys[mint_.keys[card]], message)
        minted.append(Minted(card, terminal, text.encode(), base64.b64encode(signature)))
    return minted


@cache
def _keys(count: int) -> Sequence[rsa.RSAPrivateKey]:
    """The fleet's keys, read once a process."""
    return load_keys(count)
