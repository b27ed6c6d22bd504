"""Alternating rounds: each case in turn, so that any other load on the machine affects all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

from loadtest.baseline.cases import HOST, Case, Overloaded, ProofsExhausted, UnexpectedAnswer
from loadtest.http_client.connection import Connection, ConnectionFailed
from loadtest.machine.costs import GENERATOR, NO_CPU_USAGE, CpuReading, CpuUsage, ProcessKinds


@dataclass(slots=True)
class CaseResult:
    """The result of one case over all rounds."""

    requests: int
    """Requests per unit."""
    units: int = 0
    rates: list[float] = field(default_factory=list)
    """Units a second, by round."""
    usage: CpuUsage = NO_CPU_USAGE
    refused: int = 0
    """Units that an overloaded service refused: their connections waited as long as it asked for."""
    failures: int = 0
    first_failure: str | None = None

    @property
    def per_second(self) -> float:
        """Units a second, the median over the rounds."""
        return median(self.rates) if self.rates else 0.0

    def cpu_us(self, kind: str) -> float:
        """Processor time per unit in a kind of process, in microseconds."""
        return self.usage.cpu.get(kind, 0.0) / self.units * 1e6 if self.units else 0.0

    @property
    def generator_busy(self) -> float:
        """The share of its core that the generator used."""
        return self.usage.cores(GENERATOR)


CaseProcesses = Mapping[str, ProcessKinds]
"""The processes whose processor time is a case's, by case."""


async def measure(
    cases: Sequence[Case], processes: CaseProcesses, *, rounds: int, seconds: float, connections: int
) -> dict[str, CaseResult]:
    """Run every case in turn for `seconds`, `rounds` times, on so many connections."""
    results = {case.name: CaseResult(case.requests) for case in cases}
    for _ in range(rounds):
        for case in cases:
            await _round(case, processes[case.name], results[case.name], seconds, connections)
    return results


async def _round(case: Case, kinds: ProcessKinds, result: CaseResult, seconds: float, count: int) -> None:
    port = int(case.url.rpartition(":")[2])
    connections = [await Connection.open(HOST, port) for _ in range(count)]
    before, began = CpuReading.now(kinds), perf_counter()
    done = await asyncio.gather(
        *(_repeat(case, connection, began + seconds, result) for connection in connections)
    )
    took = perf_counter() - began
    after = CpuReading.now(kinds)
    for connection in connections:
        connection.close()
    result.units += sum(done)
    if sum(done):  # otherwise no proof was left for this round, and it has no rate
        result.rates.append(sum(done) / took)
    result.usage += after.since(before)


async def _repeat(case: Case, connection: Connection, until: float, result: CaseResult) -> int:
    """Repeat units on one connection until the time is over or the proofs are used; returns their number."""
    done = 0
    while perf_counter() < until:
        try:
            await case.run_once(connection)
        except ProofsExhausted:
            break
        except Overloaded as error:
            result.refused += 1
            await asyncio.sleep(min(error.retry_after, until - perf_counter()))
            continue
        except (UnexpectedAnswer, ConnectionFailed) as error:
            result.failures += 1
            result.first_failure = result.first_failure or str(error)
            break
        done += 1
    return done
