"""A client of yesterday's contract: what a program that nobody updated says, and what the fund has to answer.

It comes at a tenth of the rate of everybody else, beside the generators. Each of its requests is refused by a code that
tells its maker what is wrong, or served; none breaks the fund, and nobody else notices.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from urllib.parse import urlencode

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.tokens import TOKEN_PATH
from loadtest.clock import today_in_japan
from loadtest.dataset.cards import Card
from loadtest.dataset.reference_data import ReferenceData
from loadtest.dataset.request_bodies import number_body, problem_code, proof
from loadtest.dataset.terminals import Terminal
from loadtest.faults.fault import Remark, Scene
from loadtest.http_client.connection import ConnectionFailed, Reply, request, with_body
from loadtest.http_client.pool import ConnectionPool
from loadtest.model.answer import Question
from loadtest.model.events import Membership

SHARE, LEAST_PER_S = 0.1, 5.0
"""Its requests for each check of everybody else, and how many a second there are at least."""

_NUMBER, _CHALLENGE, _CARD = "/v1/eligibility/number", "/v1/presence/challenges", "/v1/eligibility/card"
_FORM = "application/x-www-form-urlencoded"
_TIMEOUT_S = 10.0
SERVED = "served"
_OWN, _STRANGE = "own", "e30.e30.e30"
"""Tokens: the terminal's, and one of another make."""


@dataclass(frozen=True, slots=True)
class Saying:
    """Something that an old client says. `answer`: the code of the refusal, or `SERVED`."""

    what: str
    answer: str
    body: bytes = b""
    path: str = _NUMBER
    method: str = "POST"
    kind: str = "application/json"
    token: str | None = _OWN
    headers: dict[str, str] = field(default_factory=dict)


def sayings(membership: Membership) -> list[Saying]:
    """What it says, about a member whom the fund knows."""
    asked = json.loads(number_body(membership))
    bare = {name: value for name, value in asked.items() if name != "birth_date"}
    compact = asked | {"birth_date": asked["birth_date"].replace("-", "")}
    secret = {"grant_type": "client_credentials", "client_id": "terminal", "client_secret": "none"}
    return [
        Saying("asks by number as everybody does, with headers of its own", SERVED, _json(asked),
               headers={"Accept": "text/xml", "X-Client-Version": "0"}),
        Saying("names a member that there is no more", "request-invalid", _json(asked | {"card_id": "0"})),
        Saying("leaves the birth date out", "request-invalid", _json(bare)),
        Saying("writes a day without hyphens", "request-invalid", _json(compact)),
        Saying("sends a form where JSON is asked for", "request-invalid", urlencode(asked).encode(), kind=_FORM),
        Saying("sends what is no JSON", "request-invalid", b"<number/>", kind="text/xml"),
        Saying("asks by GET", "method-not-allowed", method="GET"),
        Saying("asks at the path of another version", "not-found", _json(asked), path="/v0/eligibility/number"),
        Saying("asks for a purpose that there is no more", "request-invalid", _json({"purpose": "presence"}), _CHALLENGE),
        Saying("has no token", "token-missing", _json(asked), token=None),
        Saying("has a token of another make", "token-invalid", _json(asked), token=_STRANGE),
        Saying("signs in by a secret", "request-invalid", urlencode(secret).encode(), TOKEN_PATH, kind=_FORM, token=None),
    ]  # fmt: skip


SIGNS_OLD_BYTES = "has the card sign the bytes of another version"
"""The one that takes two requests: a challenge, and a proof over other bytes, which is refused as `signature-invalid`."""


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


class OldClient:
    """Says all of it, one after the other, until it is told to end."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._per_s = max(LEAST_PER_S, SHARE * scene.checks_per_s)
        self._saying: asyncio.Task[None] | None = None
        self._answers: Counter[tuple[str, str, str]] = Counter()

    async def inflict(self) -> None:
        """Begin. Raises LineError where it cannot even sign in."""
        self._saying = asyncio.create_task(self._talk())

    async def lift(self) -> None:
        """End. Raises what broke it off."""
        if self._saying is not None:
            self._saying.cancel()
            with suppress(asyncio.CancelledError):
                await self._saying

    async def remarks(self, _: Sequence[bytes]) -> list[Remark]:
        """How often it was answered as it has to be; what it was answered otherwise."""
        right = sum(n for (_, answer, told), n in self._answers.items() if told == answer)
        others = {key: n for key, n in self._answers.items() if key[1] != key[2]}
        broken = "; ".join(f"{n} × {told} for {answer}: {what}" for (what, answer, told), n in others.items())
        return [
            Remark("requests_of_the_old_client", self._answers.total()),
            Remark("answered_as_expected", right, broken or None),
        ]

    async def _talk(self) -> None:
        dataset = self._scene.dataset
        terminal, card = dataset.terminals[-1], dataset.cards[0]
        async with (
            ConnectionPool(self._scene.there.fund_url, most=100, timeout_seconds=_TIMEOUT_S) as pool,
            asyncio.TaskGroup() as group,
        ):
            await terminal.sign_in(pool)
            for saying in self._rounds(terminal):
                group.create_task(self._say(pool, terminal, card, saying))
                await asyncio.sleep(1 / self._per_s)

    def _rounds(self, terminal: Terminal) -> Iterator[Saying | None]:
        """None stands for the proof over old bytes."""
        return cycle([*sayings(_confirmable(self._scene.dataset.reference_data, terminal)), None])

    async def _say(self, pool: ConnectionPool, terminal: Terminal, card: Card, saying: Saying | None) -> None:
        what, answer = (saying.what, saying.answer) if saying else (SIGNS_OLD_BYTES, "signature-invalid")
        try:
            reply = await (send(pool, terminal, saying) if saying else sign_old_bytes(pool, terminal, card))
        except ConnectionFailed as error:
            self._answers[what, answer, f"line: {error}"] += 1
        else:
            self._answers[what, answer, _told(reply)] += 1


def _confirmable(reference_data: ReferenceData, terminal: Terminal) -> Membership:
    """A membership about which the fund answers."""
    day, code, kind = today_in_japan(), terminal.institution_code, terminal.kind
    return next(
        each
        for each in reference_data.memberships
        if "refused" not in reference_data.answer(Question(day, code, kind, membership=each))
    )


async def send(pool: ConnectionPool, terminal: Terminal, saying: Saying) -> Reply:
    """Say one thing. Raises LineError."""
    token = terminal.token if saying.token == _OWN else saying.token
    head = request(
        saying.method, saying.path, host=pool.host, token=token, kind=saying.kind, headers=saying.headers
    )
    return await pool.exchange(with_body(head, saying.body))


async def sign_old_bytes(pool: ConnectionPool, terminal: Terminal, card: Card) -> Reply:
    """A whole tap, but for the tag of the signed bytes. Raises LineError."""
    ask = request("POST", _CHALLENGE, host=pool.host, token=terminal.token)
    challenge = await pool.exchange(with_body(ask, _json({"purpose": Purpose.ELIGIBILITY})))
    if challenge.status != 200:
        return challenge
    text = json.loads(challenge.body)["challenge"]
    message = terminal.credential.to_be_signed(Purpose.ELIGIBILITY, text).replace(b" v1\0", b" v0\0", 1)
    tap = request("POST", _CARD, host=pool.host, token=terminal.token)
    return await pool.exchange(with_body(tap, b"{", proof(card.certificate, text, card.sign(message)), b"}"))


def _told(reply: Reply) -> str:
    if reply.status == 200:
        return SERVED
    code = problem_code(reply.body)
    return code if reply.status < 500 else f"{reply.status} {code}"
