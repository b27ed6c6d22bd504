"""A visit: what one patient's check asks of the fund, request after request, and what was answered in the end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from time import perf_counter

from eligibility_api.contract.codes import Purpose
from loadtest.dataset.cards import Card
from loadtest.dataset.request_bodies import number_body, problem_code
from loadtest.dataset.terminals import Terminal
from loadtest.http_client.connection import ConnectionFailed, Reply, request, with_body
from loadtest.http_client.pool import ConnectionPool
from loadtest.model.events import Membership

TOKEN, TOKEN_REFUSED = "token", "token refused"
"""Sign-ins by how they were answered: those refused include who was told to come again later, and did."""

_TRY_AGAIN_SECONDS = 5.0
"""After a renewal in vain, a terminal whose token still lives lets others go before it tries again."""

_JITTER = 0.5
"""Terminals that were put off together come again apart: up to so much later than they were told, as a share of it."""


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
_ANSWERED = (200, 201, 202)
_OVERLOADED = 503
_CHALLENGE_BODY = json.dumps({"purpose": Purpose.ELIGIBILITY}).encode()

Timed = Callable[[str, float], None]
"""Is told of each request that was answered: what it was, and how many seconds that took."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a visit ended: the last status and body, or the code of what kept it from being answered."""

    status: int
    body: bytes = field(repr=False)
    failure: str | None = None


Visit = Callable[[], Awaitable[Outcome]]
"""A patient's visit, from its beginning."""

AGAIN = "begun once more"
"""Visits that were, by their whole second time."""

_CUT = frozenset({"line: connection cut", "line: connection closed"})

_BREATH_SECONDS = 0.2
"""How long a terminal waits before it begins a cut visit once more: what cut it is not over in the same moment."""


class Reception:
    """Terminals' way to the fund: one pool of connections, tokens kept fresh."""

    def __init__(self, pool: ConnectionPool, timed: Timed, rng: Random | None = None) -> None:
        """`rng` draws how long a terminal that is put off waits beyond what it was told."""
        self._pool = pool
        self._timed = timed
        self._rng = rng or Random(0)  # noqa: S311 - no secret
        self._under_way: dict[str, asyncio.Task[Outcome]] = {}
        self._not_before: dict[str, float] = {}

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

    async def once_more(self, visit: Visit) -> Outcome:
        """A visit, and where its connection was cut another time from its beginning: what a terminal does."""
        outcome = await visit()
        if outcome.failure not in _CUT:
            return outcome
        await asyncio.sleep(_BREATH_SECONDS)
        began = perf_counter()
        outcome = await visit()
        self._timed(AGAIN, perf_counter() - began)
        return outcome

    async def sign_in(self, terminal: Terminal) -> Outcome:
        """A token for a terminal, whether or not it has one.

        A terminal that is told to come again later does so, as long as a request may take.
        """
        deadline = perf_counter() + self._pool.timeout_seconds
        while True:
            began = perf_counter()
            try:
                reply = await terminal.sign_in(self._pool)
            except ConnectionFailed as error:
                return Outcome(0, b"", f"line: {error}")
            ended = perf_counter()
            wait = _put_off(reply) * self._rng.uniform(1, 1 + _JITTER)
            self._timed(TOKEN if reply.status in _ANSWERED else TOKEN_REFUSED, ended - began)
            if not wait or ended + wait > deadline:
                return _outcome(reply)
            await asyncio.sleep(wait)

    async def sign_in_anew(self, terminal: Terminal) -> Outcome:
        """A token for a terminal that has lost its own, of which whoever comes meanwhile has a part."""
        return await asyncio.shield(self._signing(terminal))

    def _signing(self, terminal: Terminal) -> asyncio.Task[Outcome]:
        """A sign-in of a terminal; whoever comes while it does so waits for the same token."""
        name = terminal.credential.client_id
        task = self._under_way.get(name)
        if task is None:
            task = self._under_way[name] = asyncio.create_task(self.sign_in(terminal))
            task.add_done_callback(partial(self._signed_in, name))
        return task

    def _signed_in(self, name: str, task: asyncio.Task[Outcome]) -> None:
        del self._under_way[name]
        if task.cancelled() or task.exception() is not None or task.result().failure is not None:
            self._not_before[name] = perf_counter() + _TRY_AGAIN_SECONDS

    async def ask(self, terminal: Terminal, what: Request, *body: bytes) -> Outcome:
        """One request of a terminal, which signs in first where it has no token; one that ends soon is renewed beside."""
        if not terminal.has_valid_token():
            signed_in = await asyncio.shield(self._signing(terminal))
            if signed_in.failure is not None:
                return signed_in
        elif terminal.needs_token() and self._may_renew(terminal):
            self._signing(terminal)
        head = request(
            what.method, what.path, host=self._pool.host, token=terminal.token, headers=what.headers
        )
        began = perf_counter()
        try:
            reply = await self._pool.exchange(with_body(head, *body))
        except ConnectionFailed as error:
            return Outcome(0, b"", f"line: {error}")
        self._timed(what.name, perf_counter() - began)
        return _outcome(reply)

    def _may_renew(self, terminal: Terminal) -> bool:
        """Whether it is not just now that it was in vain."""
        return self._not_before.get(terminal.credential.client_id, 0.0) <= perf_counter()


def _outcome(reply: Reply) -> Outcome:
    if reply.status in _ANSWERED:
        return Outcome(reply.status, reply.body)
    code = problem_code(reply.body)
    if reply.status == _OVERLOADED and not _put_off(reply):
        return Outcome(reply.status, reply.body, f"{code} without Retry-After")
    return Outcome(reply.status, reply.body, code)


def _put_off(reply: Reply) -> float:
    """After how many seconds an overloaded fund wants to be asked again; 0 where it does not say so."""
    if reply.status != _OVERLOADED:
        return 0.0
    try:
        return float(json.loads(reply.body)["retry_after"] or 0)
    except (ValueError, KeyError, TypeError):
        return 0.0
