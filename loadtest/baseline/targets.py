"""The four things that are measured side by side, each as what one connection does over and over."""

from __future__ import annotations

import base64
import itertools
import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from eligibility_api.contract.codes import Purpose
from loadtest.baseline.app import CARD_PATH, CHALLENGE_PATH
from loadtest.baseline.proofs import Minted
from loadtest.dataset.cards import Card
from loadtest.dataset.request_bodies import number_body, problem_code
from loadtest.dataset.terminals import Terminal
from loadtest.http_client.connection import Connection, Reply, request, with_body
from loadtest.model.events import Membership

FASTAPI, FLOOR, NUMBER, TAP = "fastapi", "floor", "number", "tap"

HOST = "127.0.0.1"
_CHALLENGE = json.dumps({"purpose": Purpose.ELIGIBILITY}).encode()


class RefusedError(Exception):
    """An answer was not the one that a measurement is about."""


class OutOfProofsError(Exception):
    """Every proof that was made beforehand is used."""


class Subject(Protocol):
    """What is measured: a unit of work of so many requests, at an address."""

    name: str
    url: str
    requests: int

    async def once(self, connection: Connection) -> None:
        """One unit. Raises RefusedError, ConnectionFailed, OutOfProofsError."""
        ...


def _right(reply: Reply) -> None:
    if reply.status != 200:
        raise RefusedError(f"{reply.status} {problem_code(reply.body)}")


@dataclass(slots=True)
class Smallest:
    """FastAPI's smallest route."""

    url: str
    name: str = FASTAPI
    requests: int = 1
    _data: bytes = field(default_factory=lambda: request("GET", "/", host=HOST) + b"\r\n")

    async def once(self, connection: Connection) -> None:
        """One request."""
        _right(await connection.exchange(self._data))


class NumberLookUp:
    """The fund's look-up by number, of memberships that it knows, by terminals in turn."""

    name, requests = NUMBER, 1

    def __init__(self, url: str, terminals: Sequence[Terminal], memberships: Sequence[Membership]) -> None:
        self.url = url
        heads = [request("POST", "/v1/eligibility/number", host=HOST, token=t.token) for t in terminals]
        bodies = [number_body(membership) for membership in memberships]
        self._pairs = itertools.cycle(zip(itertools.cycle(heads), bodies, strict=False))

    async def once(self, connection: Connection) -> None:
        """One look-up."""
        head, body = next(self._pairs)
        _right(await connection.exchange(with_body(head, body)))


class Proofs:
    """Proofs made beforehand, each for one use."""

    def __init__(self, cards: Sequence[Card]) -> None:
        self._certificates = [base64.b64encode(card.certificate) for card in cards]
        self._ready: deque[Minted] = deque()

    def add(self, minted: Sequence[Minted]) -> None:
        """Take proofs in."""
        self._ready.extend(minted)

    def take(self) -> tuple[int, tuple[bytes, ...]]:
        """The terminal of the next proof, and its body. Raises OutOfProofsError."""
        if not self._ready:
            raise OutOfProofsError
        proof = self._ready.popleft()
        return proof.terminal, (
            b'{"certificate":"', self._certificates[proof.card], b'","challenge":"', proof.challenge,
            b'","signature":"', proof.signature, b'"}',
        )  # fmt: skip


class Tap:
    """A tap's two requests: a challenge is asked for, and a proof that was made beforehand is put."""

    requests = 2

    def __init__(self, name: str, url: str, proofs: Proofs, heads: Sequence[tuple[bytes, bytes]]) -> None:
        """`heads`: of the two requests, by terminal."""
        self.name, self.url = name, url
        self._proofs = proofs
        self._heads = heads

    @classmethod
    def of_fund(cls, url: str, proofs: Proofs, terminals: Sequence[Terminal]) -> Tap:
        """The fund's."""
        paths = ("/v1/presence/challenges", "/v1/eligibility/card")
        heads = [
            (
                request("POST", paths[0], host=HOST, token=t.token),
                request("POST", paths[1], host=HOST, token=t.token),
            )
            for t in terminals
        ]
        return cls(TAP, url, proofs, heads)

    @classmethod
    def of_floor(cls, url: str, proofs: Proofs, terminals: int) -> Tap:
        """The bare application's."""
        heads = (request("POST", CHALLENGE_PATH, host=HOST), request("POST", CARD_PATH, host=HOST))
        return cls(FLOOR, url, proofs, [heads] * terminals)

    async def once(self, connection: Connection) -> None:
        """One tap."""
        terminal, body = self._proofs.take()
        challenge, card = self._heads[terminal]
        _right(await connection.exchange(with_body(challenge, _CHALLENGE)))
        _right(await connection.exchange(with_body(card, *body)))
