"""Alternating rounds: each subject for a moment in turn, so that whatever else the machine does falls on all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

from loadtest.baseline.targets import HOST, OutOfProofsError, RefusedError, Subject
from loadtest.http_client.connection import Connection, ConnectionFailed
from loadtest.machine.costs import GENERATOR, NO_CPU_USAGE, CpuReading, CpuUsage, ProcessKinds

CONNECTIONS = 16
"""Connections on which requests are always under way: enough to keep one worker busy."""


@dataclass(slots=True)
class Measured:
    """What became of one subject in all rounds."""

    requests: int
    """Requests of a unit."""
    units: int = 0
    rates: list[float] = field(default_factory=list)
    """Units a second, by round."""
    spent: CpuUsage = NO_CPU_USAGE
    failures: int = 0
    first_failure: str | None = None

    @property
    def per_second(self) -> float:
        """Units a second in the middle round."""
        return median(self.rates) if self.rates else 0.0

    def cpu_us(self, kind: str) -> float:
        """Processor time of a unit in a kind of process, in microseconds."""
        return self.spent.cpu.get(kind, 0.0) / self.units * 1e6 if self.units else 0.0

    @property
    def generator_busy(self) -> float:
        """The share of its core that the generator needed."""
        return self.spent.cores(GENERATOR)


Costs = Mapping[str, ProcessKinds]
"""By subject: whose processor time is its own."""


async def measure(
    subjects: Sequence[Subject], costs: Costs, *, rounds: int, seconds: float
) -> dict[str, Measured]:
    """Run every subject in turn for `seconds`, `rounds` times."""
    measured = {subject.name: Measured(subject.requests) for subject in subjects}
    for _ in range(rounds):
        for subject in subjects:
            await _round(subject, costs[subject.name], measured[subject.name], seconds)
    return measured


async def _round(subject: Subject, kinds: ProcessKinds, measured: Measured, seconds: float) -> None:
    port = int(subject.url.rpartition(":")[2])
    connections = [await Connection.open(HOST, port) for _ in range(CONNECTIONS)]
    before, began = CpuReading.now(kinds), perf_counter()
    done = await asyncio.gather(
        *(_keep_on(subject, connection, began + seconds, measured) for connection in connections)
    )
    took = perf_counter() - began
    after = CpuReading.now(kinds)
    for connection in connections:
        connection.close()
    measured.units += sum(done)
    if sum(done):  # else every proof was used before, which says nothing of a rate
        measured.rates.append(sum(done) / took)
    measured.spent += after.since(before)


async def _keep_on(subject: Subject, connection: Connection, until: float, measured: Measured) -> int:
    """Units that one connection had done when the time was over, or the proofs were used."""
    done = 0
    while perf_counter() < until:
        try:
            await subject.once(connection)
        except OutOfProofsError:
            break
        except (RefusedError, ConnectionFailed) as error:
            measured.failures += 1
            measured.first_failure = measured.first_failure or str(error)
            break
        done += 1
    return done
