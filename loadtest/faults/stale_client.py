"""A stale client: a program that was never updated sends what another version of the contract defines.

It runs in parallel to the generators, at a tenth of the rate of checks. Each of its requests is refused by a
code that names the reason, or served; none breaks the fund, and no other client is affected.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from urllib.parse import urlencode

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.tokens import TOKEN_PATH
from loadtest.clock import today_in_japan
from loadtest.dataset.cards import Card
from loadtest.dataset.reference_data import ReferenceData
from loadtest.dataset.request_bodies import number_body, problem_code, proof_members
from loadtest.dataset.terminals import Terminal
from loadtest.faults.fault import FaultContext, Finding
from loadtest.http_client.connection import ConnectionFailed, Reply, request, with_body
from loadtest.http_client.pool import ConnectionPool
from loadtest.model.answer import Question
from loadtest.model.events import Membership
from loadtest.scenario.sections import Text
from loadtest.tasks import cancel_and_wait

SHARE, MIN_PER_S = 0.1, 5.0
"""Its requests for each check of the run, and their minimum rate."""

_NUMBER, _CHALLENGE, _CARD = "/v1/eligibility/number", "/v1/presence/challenges", "/v1/eligibility/card"
_FORM = "application/x-www-form-urlencoded"
_TIMEOUT_S = 10.0
_MAX_CONNECTIONS = 100
SERVED = "served"
_OWN, _FOREIGN = "own", "e30.e30.e30"
"""Tokens: the terminal's, and a malformed one."""


@dataclass(frozen=True, slots=True)
class StaleRequest:
    """A request of a stale client. `expected`: the code of the refusal, or `SERVED`."""

    what: str
    expected: str
    body: bytes = b""
    path: str = _NUMBER
    method: str = "POST"
    content_type: str = "application/json"
    token: str | None = _OWN
    headers: dict[str, str] = field(default_factory=dict)


def stale_requests(membership: Membership) -> list[StaleRequest]:
    """All requests, about a member whom the fund knows."""
    query = json.loads(number_body(membership))
    incomplete = {name: value for name, value in query.items() if name != "birth_date"}
    compact = query | {"birth_date": query["birth_date"].replace("-", "")}
    short = query | {"birth_date": query["birth_date"][2:]}
    secret = {"grant_type": "client_credentials", "client_id": "terminal", "client_secret": "none"}
    return [
        StaleRequest("a valid number check with additional headers", SERVED, _json(query),
                     headers={"Accept": "text/xml", "X-Client-Version": "0"}),
        StaleRequest("an unknown member", "request-invalid", _json(query | {"card_id": "0"})),
        StaleRequest("no birth date", "request-invalid", _json(incomplete)),
        StaleRequest("a date without hyphens", SERVED, _json(compact)),
        StaleRequest("a date without its century", "request-invalid", _json(short)),
        StaleRequest("a form instead of JSON", "request-invalid", urlencode(query).encode(), content_type=_FORM),
        StaleRequest("XML instead of JSON", "request-invalid", b"<number/>", content_type="text/xml"),
        StaleRequest("GET instead of POST", "method-not-allowed", method="GET"),
        StaleRequest("the path of another version", "not-found", _json(query), path="/v0/eligibility/number"),
        StaleRequest("an unknown purpose", "request-invalid", _json({"purpose": "presence"}), _CHALLENGE),
        StaleRequest("no token", "token-missing", _json(query), token=None),
        StaleRequest("a malformed token", "token-invalid", _json(query), token=_FOREIGN),
        StaleRequest("a sign-in by secret", "assertion-missing", urlencode(secret).encode(), TOKEN_PATH,
                     content_type=_FORM, token=None),
    ]  # fmt: skip


SIGNS_OLD_BYTES = "a card's signature of another version's bytes"
"""A case of two requests: a challenge, and a proof over other bytes, refused as `signature-invalid`."""


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


class StaleClient:
    """Sends all stale requests in turn, until it is removed, and each of them once at least."""

    def __init__(self, fault_context: FaultContext) -> None:
        self._fault_context = fault_context
        self._per_s = max(MIN_PER_S, SHARE * fault_context.checks_per_s)
        self._sending: asyncio.Task[None] | None = None
        self._answers: Counter[tuple[str, str, str]] = Counter()
        self._kinds = 0
        self._all_answered = asyncio.Event()

    async def inject(self) -> None:
        """Start to send."""
        self._sending = asyncio.create_task(self._send_all())

    async def remove(self) -> None:
        """Stop, once each request has its answer, which may be late on a busy machine.

        Raises the error with which it failed, such as ConnectionFailed if it could not sign in.
        """
        if self._sending is None:
            return
        all_answered = asyncio.create_task(self._all_answered.wait())
        await asyncio.wait({self._sending, all_answered}, return_when=asyncio.FIRST_COMPLETED)
        all_answered.cancel()
        await cancel_and_wait(self._sending)

    async def findings(self, _: Sequence[bytes]) -> list[Finding]:
        """The number of expected answers, and all unexpected ones."""
        expected = sum(n for (_, wanted, answer), n in self._answers.items() if answer == wanted)
        unexpected = [(key, n) for key, n in self._answers.items() if key[1] != key[2]]
        listed = "; ".join(f"{n} × {answer} for {wanted}: {what}" for (what, wanted, answer), n in unexpected)
        violation = Text(f"想定外の応答（{listed}）", listed) if unexpected else None
        return [
            Finding("stale_client_requests", self._answers.total()),
            Finding("answered_as_expected", expected, violation),
        ]

    async def _send_all(self) -> None:
        dataset, url = self._fault_context.dataset, self._fault_context.target.fund_url
        terminal, card = dataset.terminals[-1], dataset.cards[0]
        pool = ConnectionPool(url, max_connections=_MAX_CONNECTIONS, timeout_seconds=_TIMEOUT_S)
        async with pool, asyncio.TaskGroup() as group:
            await terminal.sign_in(pool)
            for stale_request in self._cycle(terminal):
                group.create_task(self._send(pool, terminal, card, stale_request))
                await asyncio.sleep(1 / self._per_s)

    def _cycle(self, terminal: Terminal) -> Iterator[StaleRequest | None]:
        """None stands for the proof over old bytes."""
        membership = _confirmable(self._fault_context.dataset.reference_data, terminal)
        requests = [*stale_requests(membership), None]
        self._kinds = len(requests)
        return cycle(requests)

    async def _send(
        self, pool: ConnectionPool, terminal: Terminal, card: Card, stale_request: StaleRequest | None
    ) -> None:
        what, expected = SIGNS_OLD_BYTES, "signature-invalid"
        if stale_request is not None:
            what, expected = stale_request.what, stale_request.expected
        try:
            if stale_request is None:
                reply = await sign_old_bytes(pool, terminal, card)
            else:
                reply = await send(pool, terminal, stale_request)
        except ConnectionFailed as error:
            self._count(what, expected, f"network: {error}")
        else:
            self._count(what, expected, _answer(reply))

    def _count(self, what: str, expected: str, answer: str) -> None:
        self._answers[what, expected, answer] += 1
        if len({one for one, _, _ in self._answers}) == self._kinds:
            self._all_answered.set()


def _confirmable(reference_data: ReferenceData, terminal: Terminal) -> Membership:
    """A membership about which the fund answers."""
    day, code, kind = today_in_japan(), terminal.institution_code, terminal.kind
    return next(
        each
        for each in reference_data.memberships
        if "refused" not in reference_data.answer(Question(day, code, kind, membership=each))
    )


async def send(pool: ConnectionPool, terminal: Terminal, stale_request: StaleRequest) -> Reply:
    """Send one request. Raises ConnectionFailed."""
    token = terminal.token if stale_request.token == _OWN else stale_request.token
    head = request(
        stale_request.method,
        stale_request.path,
        host=pool.host,
        token=token,
        content_type=stale_request.content_type,
        headers=stale_request.headers,
    )
    return await pool.exchange(with_body(head, stale_request.body))


async def sign_old_bytes(pool: ConnectionPool, terminal: Terminal, card: Card) -> Reply:
    """A whole tap with another tag in the signed bytes. Raises ConnectionFailed."""
    ask = request("POST", _CHALLENGE, host=pool.host, token=terminal.token)
    challenge = await pool.exchange(with_body(ask, _json({"purpose": Purpose.ELIGIBILITY})))
    if challenge.status != 200:
        return challenge
    text = json.loads(challenge.body)["challenge"]
    message = terminal.credential.to_be_signed(Purpose.ELIGIBILITY, text).replace(b" v1\0", b" v0\0", 1)
    tap = request("POST", _CARD, host=pool.host, token=terminal.token)
    proof = proof_members(card.certificate, text, card.sign(message))
    return await pool.exchange(with_body(tap, b"{", proof, b"}"))


def _answer(reply: Reply) -> str:
    if reply.status == 200:
        return SERVED
    code = problem_code(reply.body)
    return code if reply.status < 500 else f"{reply.status} {code}"
