"""The measured cases: their requests as bytes, and what counts as a failure."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import date
from typing import Any, cast

import pytest

from loadtest.baseline.app import CARD_PATH, CHALLENGE_PATH
from loadtest.baseline.cases import (
    Case,
    MinimalRoute,
    NumberLookUp,
    Overloaded,
    ProofQueue,
    ProofsExhausted,
    Tap,
    UnexpectedAnswer,
)
from loadtest.baseline.proofs import ReadyProof
from loadtest.dataset.cards import Card
from loadtest.dataset.terminals import Terminal
from loadtest.http_client.connection import Connection, Reply
from loadtest.model.events import Membership
from tests.unit.loadtest.dataset.builders import terminal

CARDS = [Card(f"R1-{number:08}", b"\x30\x82%d" % number, cast(Any, None), 0) for number in range(2)]
MEMBERSHIPS = [Membership("06130017", None, str(number), None, date(1980, 1, 1)) for number in range(3)]
URL = "http://127.0.0.1:8400"


class FakeConnection:
    """Records requests, and answers them with the given statuses, then with 200."""

    def __init__(self, *statuses: int, body: bytes = b'{"code": "overloaded"}') -> None:
        self.sent: list[bytes] = []
        self._statuses = list(statuses)
        self._body = body

    async def exchange(self, data: bytes) -> Reply:
        self.sent.append(data)
        return Reply(self._statuses.pop(0) if self._statuses else 200, self._body)

    @property
    def paths(self) -> list[str]:
        return [data.split(b" ", 2)[1].decode() for data in self.sent]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(data.partition(b"\r\n\r\n")[2]) for data in self.sent]

    @property
    def tokens(self) -> list[str]:
        return [data.partition(b"Bearer ")[2].partition(b"\r\n")[0].decode() for data in self.sent]


def run(case: Case, connection: FakeConnection, times: int = 1) -> FakeConnection:
    async def repeat() -> None:
        for _ in range(times):
            await case.run_once(cast(Connection, connection))

    asyncio.run(repeat())
    return connection


def signed_in(count: int) -> list[Terminal]:
    terminals = [terminal() for _ in range(count)]
    for place, one in enumerate(terminals):
        one.token = f"token-{place}"
    return terminals


def proofs(*pairs: tuple[int, int]) -> ProofQueue:
    """A queue with a proof of each card and terminal."""
    queue = ProofQueue(CARDS)
    queue.add([ReadyProof(card, place, b"c%d" % card, b"s%d" % card) for card, place in pairs])
    return queue


def test_the_minimal_route_is_requested_without_a_token_or_a_body() -> None:
    connection = run(MinimalRoute(URL), FakeConnection())
    assert connection.sent == [b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"]


def test_look_ups_take_memberships_and_terminals_in_turn() -> None:
    connection = run(NumberLookUp(URL, signed_in(2), MEMBERSHIPS), FakeConnection(), times=7)
    assert set(connection.paths) == {"/v1/eligibility/number"}
    # The pairs repeat after the shorter of the two lists that is not endless: the memberships.
    assert [body["number"] for body in connection.bodies] == ["0", "1", "2", "0", "1", "2", "0"]
    assert connection.tokens == ["token-0", "token-1", "token-0"] * 2 + ["token-0"]


def test_a_tap_is_a_challenge_and_the_proof_made_in_advance_at_its_own_terminal() -> None:
    case = Tap.of_fund(URL, proofs((1, 1), (0, 0)), signed_in(2))
    connection = run(case, FakeConnection(), times=2)
    assert connection.paths == ["/v1/presence/challenges", "/v1/eligibility/card"] * 2
    assert connection.tokens == ["token-1"] * 2 + ["token-0"] * 2
    certificate = base64.b64encode(CARDS[1].certificate).decode()
    assert connection.bodies[1] == {"certificate": certificate, "challenge": "c1", "signature": "s1"}
    assert connection.bodies[0] == {"purpose": "eligibility"}


def test_the_baseline_gets_the_same_bodies_without_tokens() -> None:
    fund, baseline = FakeConnection(), FakeConnection()
    run(Tap.of_fund(URL, proofs((0, 0)), signed_in(1)), fund)
    run(Tap.of_baseline(URL, proofs((0, 0)), 1), baseline)
    assert fund.bodies == baseline.bodies
    assert baseline.paths == [CHALLENGE_PATH, CARD_PATH]
    assert baseline.tokens == ["", ""]


def test_both_taps_share_a_queue_and_no_proof_is_sent_twice() -> None:
    queue = proofs((0, 0), (1, 0))
    fund, baseline = Tap.of_fund(URL, queue, signed_in(1)), Tap.of_baseline(URL, queue, 1)
    used = [run(case, FakeConnection()).bodies[1]["challenge"] for case in (fund, baseline)]
    assert used == ["c0", "c1"]
    connection = FakeConnection()
    with pytest.raises(ProofsExhausted):
        run(fund, connection)
    assert connection.sent == []  # a challenge alone would be work of no unit


@pytest.mark.parametrize(
    ("statuses", "requests"), [((503,), 1), ((200, 409), 2)], ids=["the challenge", "the proof"]
)
def test_any_other_status_is_a_failure_named_by_its_code(statuses: tuple[int, ...], requests: int) -> None:
    connection = FakeConnection(*statuses)
    with pytest.raises(UnexpectedAnswer, match=f"{statuses[-1]} overloaded"):
        run(Tap.of_fund(URL, proofs((0, 0)), signed_in(1)), connection)
    assert len(connection.sent) == requests


@pytest.mark.parametrize("case", [MinimalRoute(URL), NumberLookUp(URL, signed_in(1), MEMBERSHIPS)])
@pytest.mark.parametrize("status", [201, 204, 401, 500])
def test_only_200_is_the_measured_answer(case: Case, status: int) -> None:
    with pytest.raises(UnexpectedAnswer, match=f"{status} unreadable"):
        run(case, FakeConnection(status, body=b"<html>"))


def test_a_unit_s_requests_are_counted_as_sent() -> None:
    cases: list[Case] = [
        MinimalRoute(URL),
        NumberLookUp(URL, signed_in(1), MEMBERSHIPS),
        Tap.of_baseline(URL, proofs((0, 0)), 1),
        Tap.of_fund(URL, proofs((0, 0)), signed_in(1)),
    ]
    assert [len(run(case, FakeConnection()).sent) for case in cases] == [case.requests for case in cases]


def test_a_refusal_names_the_seconds_to_wait() -> None:
    refused = FakeConnection(503, body=b'{"code": "overloaded", "retry_after": 2}')
    with pytest.raises(Overloaded) as raised:
        run(MinimalRoute(URL), refused)
    assert raised.value.retry_after == 2
