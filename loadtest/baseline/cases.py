"""The four measured cases, each as the work that one connection repeats."""

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
from loadtest.baseline.proofs import ReadyProof
from loadtest.dataset.cards import Card
from loadtest.dataset.request_bodies import number_body, problem_code, retry_after
from loadtest.dataset.terminals import Terminal
from loadtest.http_client.connection import Connection, Reply, request, with_body
from loadtest.model.events import Membership

FASTAPI, BASELINE, NUMBER, TAP = "fastapi", "baseline", "number", "tap"

HOST = "127.0.0.1"
_CHALLENGE = json.dumps({"purpose": Purpose.ELIGIBILITY}).encode()


class UnexpectedAnswer(Exception):
    """An answer had another status than the measured one."""


class Overloaded(Exception):
    """The service refused a request, and asks for a retry after so many seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"overloaded for {retry_after:g} s")
        self.retry_after = retry_after


class ProofsExhausted(Exception):
    """Every proof made in advance has been used."""


class Case(Protocol):
    """A measured case: a unit of work of `requests` requests, at a base URL."""

    name: str
    url: str
    requests: int

    async def run_once(self, connection: Connection) -> None:
        """Do one unit. Raises UnexpectedAnswer, Overloaded, ConnectionFailed, ProofsExhausted."""
        ...


def _require_ok(reply: Reply) -> None:
    if wait := retry_after(reply.status, reply.body):
        raise Overloaded(wait)
    if reply.status != 200:
        raise UnexpectedAnswer(f"{reply.status} {problem_code(reply.body)}")


@dataclass(slots=True)
class MinimalRoute:
    """FastAPI's minimal route."""

    url: str
    name: str = FASTAPI
    requests: int = 1
    _data: bytes = field(default_factory=lambda: request("GET", "/", host=HOST) + b"\r\n")

    async def run_once(self, connection: Connection) -> None:
        """Send one request."""
        _require_ok(await connection.exchange(self._data))


class NumberLookUp:
    """The fund's look-up by number, of known memberships, the terminals round robin."""

    name, requests = NUMBER, 1

    def __init__(self, url: str, terminals: Sequence[Terminal], memberships: Sequence[Membership]) -> None:
        self.url = url
        heads = [request("POST", "/v1/eligibility/number", host=HOST, token=t.token) for t in terminals]
        bodies = [number_body(membership) for membership in memberships]
        self._pairs = itertools.cycle(zip(itertools.cycle(heads), bodies, strict=False))

    async def run_once(self, connection: Connection) -> None:
        """Send one look-up."""
        head, body = next(self._pairs)
        _require_ok(await connection.exchange(with_body(head, body)))


class ProofQueue:
    """Proofs made in advance, each for one use."""

    def __init__(self, cards: Sequence[Card]) -> None:
        self._certificates = [base64.b64encode(card.certificate) for card in cards]
        self._ready: deque[ReadyProof] = deque()

    def add(self, proofs: Sequence[ReadyProof]) -> None:
        """Append proofs."""
        self._ready.extend(proofs)

    def take(self) -> tuple[int, tuple[bytes, ...]]:
        """The terminal and the request body of the next proof. Raises ProofsExhausted."""
        if not self._ready:
            raise ProofsExhausted
        proof = self._ready.popleft()
        return proof.terminal, (
            b'{"certificate":"', self._certificates[proof.card], b'","challenge":"', proof.challenge,
            b'","signature":"', proof.signature, b'"}',
        )  # fmt: skip


class Tap:
    """A tap's two requests: one for a challenge, and one with a proof made in advance."""

    requests = 2

    def __init__(self, name: str, url: str, proofs: ProofQueue, heads: Sequence[tuple[bytes, bytes]]) -> None:
        """`heads`: the heads of the two requests, by terminal."""
        self.name, self.url = name, url
        self._proofs = proofs
        self._heads = heads

    @classmethod
    def of_fund(cls, url: str, proofs: ProofQueue, terminals: Sequence[Terminal]) -> Tap:
        """A tap at the fund."""
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
    def of_baseline(cls, url: str, proofs: ProofQueue, terminals: int) -> Tap:
        """A tap at the baseline application."""
        heads = (request("POST", CHALLENGE_PATH, host=HOST), request("POST", CARD_PATH, host=HOST))
        return cls(BASELINE, url, proofs, [heads] * terminals)

    async def run_once(self, connection: Connection) -> None:
        """Do one tap."""
        terminal, body = self._proofs.take()
        challenge, card = self._heads[terminal]
        _require_ok(await connection.exchange(with_body(challenge, _CHALLENGE)))
        _require_ok(await connection.exchange(with_body(card, *body)))
