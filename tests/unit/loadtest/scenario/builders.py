"""Reports, a fake connection pool and signed-in terminals for tests of the scenario."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from loadtest.clock import now
from loadtest.database.monitor import DatabaseMonitor
from loadtest.dataset.terminals import Terminal
from loadtest.generator.messages import GeneratorUsage
from loadtest.http_client.connection import ConnectionFailed, Reply
from loadtest.http_client.pool import ConnectionPool
from loadtest.machine.costs import API, GENERATOR, CpuUsage
from loadtest.machine.host_info import HostInfo
from loadtest.machine.sampling import Sample, Usage
from loadtest.monitor import Observations
from loadtest.report.report import RunReport
from loadtest.scenario.consents import CATEGORIES
from loadtest.scenario.histogram import LatencyHistogram
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import RunStats
from loadtest.scenario.visits import TerminalClient
from loadtest.sections import ReportSection, Text
from tests.unit.loadtest.dataset.builders import terminal

CPU = CpuUsage(10.0, {API: 9.0, GENERATOR: 3.0})

HOST_INFO = HostInfo("loadtest run --level L0", "0123456789", 2, "a processor", 7.6, "Linux 6", "3.11.7")

FAULT = ReportSection(
    "fault",
    Text("障害", "Fault"),
    (Text("番号照会は継続します。", "Number look-ups continue."), Text("想定どおりです。", "As expected.")),
    {"recovered_after_s": 3},
    explained={"network: blocked": 2},
)


def usage(cpu_seconds: float) -> GeneratorUsage:
    """The usage of a generator in ten seconds."""
    return GeneratorUsage(seconds=10.0, cpu_seconds=cpu_seconds, memory_mib=60.0, connections=5)


def latencies(*milliseconds: float) -> LatencyHistogram:
    """A histogram of some latencies."""
    histogram = LatencyHistogram()
    for one in milliseconds:
        histogram.add(one)
    return histogram


def stats(**changes: Any) -> RunStats:
    """The statistics of ten seconds of L0."""
    usual: dict[str, Any] = {
        "offered": 3160, "answered": 3160, "checks": latencies(*[9.0] * 99, 40.0), "start_delays": latencies(1.0),
        "requests": {"number": latencies(*[8.0] * 20)}, "last_answer_at": 10.0,
    }  # fmt: skip
    return RunStats(**usual | changes)


def observed(others: float = 0.0, **cores: float) -> Observations:
    """Two samples of a machine. `others`: cores of other work; `cores`: of the run's processes by kind."""
    usages = {kind: Usage(busy, 50.0) for kind, busy in cores.items()}
    samples = [Sample(float(at), usages, 0.0, 0.0, others) for at in range(2)]
    return Observations(0.0, samples, DatabaseMonitor(lambda: "nowhere"))


def report(level: str = "L0", **changes: Any) -> RunReport:
    """The report of ten seconds of a level."""
    usual: dict[str, Any] = {
        "plan": Plan(LEVELS[level], 10.0, 1.0, 1), "stats": stats(), "cpu": CPU, "memory": {API: 200.0},
        "compared": 1043, "wrong": {}, "size": {"people": 3000}, "usages": [usage(3.0), usage(4.0)],
    }  # fmt: skip
    return RunReport(**usual | changes)


RECORD, CONSENT = UUID(int=1), UUID(int=2)
STATEMENT = {
    "version": 1, "language": "ja", "institution_code": "1311111114", "institution_name": "見本診療所",
    "categories": list(CATEGORIES), "care": "1", "until": "24-hours",
}  # fmt: skip
ANSWERS: dict[str, tuple[int, dict[str, Any]]] = {
    "/v1/token": (200, {"access_token": "token-1", "expires_in": 300}),
    "/v1/presence/challenges": (200, {"challenge": "challenge-1"}),
    "/v1/eligibility/card": (200, {"record_id": str(RECORD)}),
    "/v1/eligibility/number": (200, {"validity": "1"}),
    "/v1/consents/challenges": (200, {"challenge": "challenge-2", "statement": STATEMENT}),
    "/v1/consents": (201, {"consent_id": str(CONSENT), "eligibility": {"validity": "1"}}),
}


class FakePool:
    """A connection pool with given answers by path; status 0: no answer."""

    host, timeout_seconds = "127.0.0.1", 10.0

    def __init__(
        self, changes: dict[str, tuple[int, dict[str, Any]]] | None = None, *, first: Sequence[Any] = ()
    ) -> None:
        """`first`: statuses and answers of the first requests, whatever their paths."""
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self._answers = ANSWERS | (changes or {})
        self._first = list(first)

    async def exchange(self, data: bytes) -> Reply:
        head, _, body = data.partition(b"\r\n\r\n")
        first, *headers = head.decode().split("\r\n")
        path = first.split()[1]
        self.requests.append((path, dict(header.split(": ", 1) for header in headers), body))
        status, answer = self._first.pop(0) if self._first else self._answers.get(path, (200, {}))
        await asyncio.sleep(0)
        if status == 0:
            raise ConnectionFailed("timeout")
        return Reply(status, json.dumps(answer).encode())

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.requests]


def client(pool: FakePool, names: list[str] | None = None) -> TerminalClient:
    """A client on a fake pool. `names`: collects the names of answered requests."""
    collected = names if names is not None else []
    return TerminalClient(cast(ConnectionPool, pool), lambda name, _: collected.append(name))


def signed_in() -> Terminal:
    """A terminal with a token for five minutes."""
    made = terminal()
    made.token, made.token_expires_at = "token-0", now() + timedelta(minutes=5)
    return made
