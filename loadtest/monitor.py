"""Monitors the machine and the database during a run."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

from loadtest.database.dsn import external_dsn, operator_dsn
from loadtest.database.monitor import DatabaseMonitor
from loadtest.machine.roles import ProcessRoles, RoleLookup
from loadtest.machine.sampling import Sample, Sampler
from loadtest.target import TargetEnvironment
from loadtest.tasks import cancel_and_wait

_INTERVAL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Observations:
    """What a monitor recorded. `began`: the start of the run, by the clock of all samples."""

    began: float
    samples: Sequence[Sample]
    database: DatabaseMonitor


class Monitor:
    """A context manager around a run.

    Samples every process once a second, and the database several times a second.
    """

    def __init__(self, target: TargetEnvironment, helpers: RoleLookup = dict) -> None:
        """`helpers`: returns the kinds of the processes that this one started; called repeatedly."""
        environment = target.environment
        roles = ProcessRoles(
            target.fund_url,
            target.fund_home,
            external_dsn(environment),
            environment.get("FUND_JLIS_URL"),
            helpers,
            os.getpid(),
            target.cluster.servers if target.cluster is not None else None,
        )
        self._sampler = Sampler(roles.find)
        self._database = DatabaseMonitor(partial(operator_dsn, environment))
        self._sampling: asyncio.Task[None] | None = None

    def since(self, began: float) -> Observations:
        """Everything recorded from an instant of `perf_counter` on."""
        samples = [sample for sample in self._sampler.samples if sample.at > began]
        return Observations(began, samples, self._database)

    async def __aenter__(self) -> Self:
        await self._database.__aenter__()
        self._sampling = asyncio.create_task(self._sample())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._sampling is not None
        await cancel_and_wait(self._sampling)
        await self._database.__aexit__(kind, error, trace)

    async def _sample(self) -> None:
        """Take a sample at every interval, until cancelled."""
        while True:
            self._sampler.sample()
            await asyncio.sleep(_INTERVAL_SECONDS)
