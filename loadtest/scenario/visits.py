"""A visit: the requests that one patient's check sends to the fund, and their outcome."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from time import perf_counter

from pydantic_core import from_json

from eligibility_api.contract.codes import Purpose
from loadtest.dataset.cards import Card
from loadtest.dataset.request_bodies import number_body, problem_code, retry_after
from loadtest.dataset.terminals import Terminal
from loadtest.http_client.connection import ConnectionFailed, Reply, request, with_body
from loadtest.http_client.pool import ConnectionPool
from loadtest.model.events import Membership

TOKEN, NATION_TOKEN, TOKEN_REFUSED = "token", "nation token", "token refused"
"""Names of sign-in requests: granted to the run's terminals and to the nation's, and refused, those retried included."""

REFUSED = "refused"
"""Name of requests that an overloaded fund refused, whatever they asked for."""

REFUSED_NAMES = frozenset({REFUSED, TOKEN_REFUSED})

_RETRY_RENEWAL_SECONDS = 5.0
"""Delay of the next renewal after a failed one, for a terminal whose token is still valid."""

_JITTER = 0.5
"""Random extra delay of a retry, as a share of Retry-After, so that terminals do not all return at once."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request without its body. `name`: under which it is counted; `headers`: additional ones."""

    name: str
    path: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)


CHALLENGE = Request("challenge", "/v1/presence/challenges")
CARD = Request("card", "/v1/eligibility/card")
NUMBER = Request("number", "/v1/eligibility/number")
_SUCCESS = (200, 201, 202)
_OVERLOADED = 503
_CHALLENGE_BODY = json.dumps({"purpose": Purpose.ELIGIBILITY}).encode()

OnResponse = Callable[[str, float], None]
"""Called for each response with the request's name and its latency in seconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The last status and body of a visit; `failure`: the code of the error that ended it."""

    status: int
    body: bytes = field(repr=False)
    failure: str | None = None


Visit = Callable[[], Awaitable[Outcome]]
"""Runs a patient's visit from its start."""

RETRIED = "retried visit"
"""Name under which visits that were retried after a cut connection are counted, with the latency of the
retry.
"""

_CUT = frozenset({"network: connection cut", "network: connection closed"})

_RETRY_CUT_SECONDS = 0.2
"""Delay before a cut visit is retried: its cause does not pass at once."""


class TerminalClient:
    """Sends the terminals' requests over one connection pool, and keeps their tokens valid."""

    def __init__(self, pool: ConnectionPool, on_response: OnResponse, rng: Random | None = None) -> None:
        """`rng`: draws the jitter of retries."""
        self._pool = pool
        self._on_response = on_response
        self._rng = rng or Random(0)  # noqa: S311 - no secret
        self._sign_ins: dict[str, asyncio.Task[Outcome]] = {}
        self._no_renewal_before: dict[str, float] = {}

    async def by_card(self, terminal: Terminal, card: Card) -> Outcome:
        """A tap: challenge, signature of the card, check."""
        challenge = await self.send(terminal, CHALLENGE, _CHALLENGE_BODY)
        if challenge.failure is not None:
            return challenge
        text = from_json(challenge.body)["challenge"]
        proof = card.prove(terminal.credential, Purpose.ELIGIBILITY, text)
        return await self.send(terminal, CARD, b"{", proof, b"}")

    async def by_number(self, terminal: Terminal, membership: Membership) -> Outcome:
        """Look up a membership by the numbers of a certificate."""
        return await self.send(terminal, NUMBER, number_body(membership))

    async def retry_if_cut(self, visit: Visit) -> Outcome:
        """Run a visit and, as a terminal does, retry it once from its start if its connection was cut."""
        outcome = await visit()
        if outcome.failure not in _CUT:
            return outcome
        await asyncio.sleep(_RETRY_CUT_SECONDS)
        began = perf_counter()
        outcome = await visit()
        self._on_response(RETRIED, perf_counter() - began)
        return outcome

    async def sign_in(self, terminal: Terminal, name: str = TOKEN) -> Outcome:
        """Request a token for a terminal, whether or not it has one. `name`: under which it is counted.

        Honours Retry-After within the request's timeout, and waits twice as long after each further refusal: a nation's
        terminals that all return after the same second would keep a fund busy with refusing them.
        """
        deadline = perf_counter() + self._pool.timeout_seconds
        longer = 1
        while True:
            began = perf_counter()
            try:
                reply = await terminal.sign_in(self._pool)
            except ConnectionFailed as error:
                return _connection_failure(error)
            ended = perf_counter()
            wait = retry_after(reply.status, reply.body) * longer * self._rng.uniform(1, 1 + _JITTER)
            self._on_response(name if reply.status in _SUCCESS else TOKEN_REFUSED, ended - began)
            if not wait or ended + wait > deadline:
                return _outcome(reply)
            await asyncio.sleep(wait)
            longer *= 2

    async def sign_in_again(self, terminal: Terminal) -> Outcome:
        """Request a token for a terminal that has lost its own; concurrent requests share the sign-in."""
        return await asyncio.shield(self._shared_sign_in(terminal))

    def _shared_sign_in(self, terminal: Terminal) -> asyncio.Task[Outcome]:
        """The terminal's sign-in in progress, started if there is none."""
        name = terminal.credential.client_id
        task = self._sign_ins.get(name)
        if task is None:
            task = self._sign_ins[name] = asyncio.create_task(self.sign_in(terminal))
            task.add_done_callback(partial(self._signed_in, name))
        return task

    def _signed_in(self, name: str, task: asyncio.Task[Outcome]) -> None:
        del self._sign_ins[name]
        if task.cancelled() or task.exception() is not None or task.result().failure is not None:
            self._no_renewal_before[name] = perf_counter() + _RETRY_RENEWAL_SECONDS

    async def send(self, terminal: Terminal, what: Request, *body: bytes) -> Outcome:
        """Send one request.

        Signs in first without a valid token, and in the background if the token expires soon.
        """
        if not terminal.has_valid_token():
            signed_in = await asyncio.shield(self._shared_sign_in(terminal))
            if signed_in.failure is not None:
                return signed_in
        elif terminal.needs_token() and self._may_renew(terminal):
            self._shared_sign_in(terminal)
        head = request(
            what.method, what.path, host=self._pool.host, token=terminal.token, headers=what.headers
        )
        began = perf_counter()
        try:
            reply = await self._pool.exchange(with_body(head, *body))
        except ConnectionFailed as error:
            return _connection_failure(error)
        name = REFUSED if reply.status == _OVERLOADED else what.name
        self._on_response(name, perf_counter() - began)
        return _outcome(reply)

    def _may_renew(self, terminal: Terminal) -> bool:
        """Whether no renewal has failed within the last seconds."""
        return self._no_renewal_before.get(terminal.credential.client_id, 0.0) <= perf_counter()


def _connection_failure(error: ConnectionFailed) -> Outcome:
    return Outcome(0, b"", f"network: {error}")


def _outcome(reply: Reply) -> Outcome:
    if reply.status in _SUCCESS:
        return Outcome(reply.status, reply.body)
    code = problem_code(reply.body)
    if reply.status == _OVERLOADED and not retry_after(reply.status, reply.body):
        return Outcome(reply.status, reply.body, f"{code} without Retry-After")
    return Outcome(reply.status, reply.body, code)
