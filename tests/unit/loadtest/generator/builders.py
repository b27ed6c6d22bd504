"""Assignments and a fake connection pool for tests of generators."""

from __future__ import annotations

import json
from datetime import date
from types import TracebackType
from typing import Any, Self

from loadtest.dataset.cards import Card
from loadtest.dataset.visitors import Visitors
from loadtest.generator.client_faults import ClientFault
from loadtest.generator.messages import Assignment, GeneratorUsage
from loadtest.http_client.connection import Reply
from loadtest.model.events import Membership
from loadtest.scenario.answer_sample import CheckQuery, SampledAnswer
from loadtest.scenario.levels import Level
from loadtest.scenario.plan import Plan
from loadtest.scenario.visits import Outcome
from loadtest.sections import Text
from tests.builders.cards import rsa_key
from tests.unit.loadtest.dataset.builders import terminal

FUND = "http://127.0.0.1:8400"
BY_NUMBER = Level("few", Text("番号による少数の照会", "some checks by number"), 100.0, 0.0)
PLAN = Plan(BY_NUMBER, seconds=0.1, scale=1.0, seed=1)
MEMBERSHIPS = [Membership("06130017", "記号", str(number), None, date(1980, 1, 1)) for number in range(20)]


USAGE = GeneratorUsage(seconds=10.0, cpu_seconds=5.0, memory_mib=60.0, connections=9)
SAMPLED = SampledAnswer(
    CheckQuery.at(terminal(), membership=MEMBERSHIPS[0]), Outcome(200, '{"name":"見本"}'.encode()), 0.5, 0.6
)


def visitors(count: int = 4) -> Visitors:
    """Terminals and cards; the cards share two keys."""
    cards = [
        Card(f"R1-{number:08}", b"\x30\x82certificate", rsa_key(number % 2), number % 2)
        for number in range(count)
    ]
    terminals = [terminal(weight=1.0 + place, institution_code=str(place)) for place in range(count)]
    return Visitors(terminals, cards, MEMBERSHIPS)


def assignment(*client_faults: ClientFault, plan: Plan = PLAN) -> Assignment:
    """The assignment of one generator."""
    return Assignment.of(FUND, plan, visitors(), client_faults)


class FakePool:
    """Answers at once like a fund. `answers`: status and members by path."""

    host, timeout_seconds, peak = "127.0.0.1", 10.0, 1

    def __init__(self, answers: dict[str, tuple[int, dict[str, Any]]] | None = None) -> None:
        usual: dict[str, tuple[int, dict[str, Any]]] = {
            "/v1/token": (200, {"access_token": "token", "expires_in": 300}),
            "/v1/eligibility/number": (200, {"validity": "1", "record_id": "record"}),
        }
        self.calls: list[str] = []
        self._answers = usual | (answers or {})

    async def exchange(self, data: bytes) -> Reply:
        path = data.split(b" ", 2)[1].decode()
        self.calls.append(path)
        status, answer = self._answers[path]
        return Reply(status, json.dumps(answer).encode())

    def block(self, prefix: str) -> None:
        self.calls.append(f"block {prefix}")

    def unblock(self, prefix: str) -> None:
        self.calls.append(f"unblock {prefix}")

    async def reconnect(self, count: int) -> None:
        self.calls.append(f"reconnect {count}")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass
