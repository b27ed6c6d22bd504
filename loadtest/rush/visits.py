"""A visit: what one patient's check asks of the fund, request after request, and what was answered in the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter

from eligibility_api.contract.codes import Purpose
from loadtest.line.connection import LineError, Reply, request, with_body
from loadtest.line.pool import Pool
from loadtest.model.events import Membership
from loadtest.nation.cards import Card
from loadtest.nation.terminals import Terminal
from loadtest.nation.wording import number_body, problem_code

_TOKEN = "token"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: under which name it is counted, where, and with which more headers."""

    name: str
    path: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)


CHALLENGE = Request("challenge", "/v1/presence/challenges")
CARD = Request("card", "/v1/eligibility/card")
NUMBER = Request("number", "/v1/eligibility/number")
_ANSWERED = (200, 201)
_CHALLENGE_BODY = json.dumps({"purpose": Purpose.ELIGIBILITY}).encode()

Timed = Callable[[str, float], None]
"""Is told of each request that was answered: what it was, and how many seconds that took."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a visit ended: the last status and body, or the code of what kept it from being answered."""

    status: int
    body: bytes = field(repr=False)
    failure: str | None = None


class Reception:
    """Terminals' way to the fund: one pool of connections, tokens kept fresh."""

    def __init__(self, pool: Pool, timed: Timed) -> None:
        self._pool = pool
        self._timed = timed

    async def by_card(self, terminal: Terminal, card: Card) -> Outcome:
        """A tap: challenge, signature of the card, check."""
        challenge = await self.ask(terminal, CHALLENGE, _CHALLENGE_BODY)
        if challenge.failure is not None:
            return challenge
        text = json.loads(challenge.body)["challenge"]
        proof = card.prove(terminal.credential, Purpose.ELIGIBILITY, text)
        return await self.ask(terminal, CARD, b"{", proof, b"}")

    async def by_number(self, terminal: Terminal, membership: Membership) -> Outcome:
        """A look-up by the numbers of a certificate."""
        return await self.ask(terminal, NUMBER, number_body(membership))

    async def sign_in(self, terminal: Terminal) -> Outcome:
        """A token for a terminal, whether or not it has one."""
        began = perf_counter()
        try:
            reply = await terminal.sign_in(self._pool)
        except LineError as error:
            return Outcome(0, b"", f"line: {error}")
        self._timed(_TOKEN, perf_counter() - began)
        return _outcome(reply)

    async def ask(self, terminal: Terminal, what: Request, *body: bytes) -> Outcome:
        """One request of a terminal, which signs in first where its token is about to end."""
        if terminal.needs_token():
            signed_in = await self.sign_in(terminal)
            if signed_in.failure is not None:
                return signed_in
        head = request(
            what.method, what.path, host=self._pool.host, token=terminal.token, headers=what.headers
        )
        began = perf_counter()
        try:
            reply = await self._pool.exchange(with_body(head, *body))
        except LineError as error:
            return Outcome(0, b"", f"line: {error}")
        self._timed(what.name, perf_counter() - began)
        return _outcome(reply)


def _outcome(reply: Reply) -> Outcome:
    if reply.status in _ANSWERED:
        return Outcome(reply.status, reply.body)
    return Outcome(reply.status, reply.body, problem_code(reply.body))
