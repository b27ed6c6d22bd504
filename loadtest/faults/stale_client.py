"""Stale client: sends what another version of the contract defines, beside the others and at its own rate.

Each request has one right answer: a refusal whose code names the reason, or the answer itself where a client
merely sends more headers than it must. No other client may notice it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlencode

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.tokens import TOKEN_PATH
from loadtest.dataset.provision import Dataset
from loadtest.dataset.request_bodies import number_body
from loadtest.dataset.terminals import Terminal
from loadtest.faults.case_client import SERVED, Case, CaseClient, confirmable
from loadtest.faults.fault import Expectation, Fault, always
from loadtest.faults.taps import CHALLENGE_PATH, NUMBER_PATH, tap_with
from loadtest.http_client.connection import Reply, request, with_body
from loadtest.http_client.pool import ConnectionPool
from loadtest.model.events import Membership
from loadtest.sections import Text

_FORM = "application/x-www-form-urlencoded"
_OWN, _FOREIGN = "own", "e30.e30.e30"
"""Tokens: the terminal's, and a malformed one."""


@dataclass(frozen=True, slots=True)
class StaleRequest:
    """A request of a stale client. `expected`: the code of the refusal, or `SERVED`."""

    what: str
    expected: str
    body: bytes = b""
    path: str = NUMBER_PATH
    method: str = "POST"
    content_type: str = "application/json"
    token: str | None = _OWN
    headers: dict[str, str] = field(default_factory=dict)

    async def send(self, pool: ConnectionPool, terminal: Terminal) -> Reply:
        """Send it. Raises ConnectionFailed."""
        head = request(
            self.method,
            self.path,
            host=pool.host,
            token=terminal.token if self.token == _OWN else self.token,
            content_type=self.content_type,
            headers=self.headers,
        )
        return await pool.exchange(with_body(head, self.body))


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
        StaleRequest("an unknown purpose", "request-invalid", _json({"purpose": "presence"}), CHALLENGE_PATH),
        StaleRequest("no token", "token-missing", _json(query), token=None),
        StaleRequest("a malformed token", "token-invalid", _json(query), token=_FOREIGN),
        StaleRequest("a sign-in by secret", "assertion-missing", urlencode(secret).encode(), TOKEN_PATH,
                     content_type=_FORM, token=None),
    ]  # fmt: skip


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def older_bytes(terminal: Terminal, challenge: str) -> bytes:
    """What a card signs for a terminal of another version: the tag of the signed bytes differs."""
    right = terminal.credential.to_be_signed(Purpose.ELIGIBILITY, challenge)
    return right.replace(b" v1\0", b" v0\0", 1)


def stale_cases(dataset: Dataset, terminal: Terminal) -> Sequence[Case]:
    """All requests, and a tap whose card signs another version's bytes."""
    membership = next(iter(confirmable(dataset.reference_data, terminal)))
    requests = [Case(one.what, one.expected, one.send) for one in stale_requests(membership)]
    old = partial(tap_with, dataset.cards[0], message=older_bytes)
    return [*requests, Case("a card's signature of another version's bytes", "signature-invalid", old)]


STALE_CLIENT = Fault(
    "stale-client",
    Text("古い版の仕様によるクライアントが混在", "a client of an older contract is among the others"),
    always(
        Expectation(
            Text(
                "理由を示すコードで拒否されるか、処理されます。障害は起こさず、他の端末に影響しません。",
                "It is refused by a code that names the reason, or served; none of its requests breaks anything,"
                " and no other client is affected.",
            )
        )
    ),
    partial(CaseClient, cases=stale_cases),
)
