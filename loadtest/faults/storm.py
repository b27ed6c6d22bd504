"""The reconnect storm after an API restart.

Every API worker is killed under load, and every site signs in again. It belongs to the level `storm`, whose
plan draws the sign-ins. A visit whose connection the restart cuts is retried, as a terminal does; the report
counts these retries among the requests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from loadtest.faults import stack_processes
from loadtest.faults.fault import Expectation, Fault, FaultContext, Finding, always
from loadtest.faults.stack_processes import RESTART_TIMEOUT_S
from loadtest.scenario.levels import STORM_SECONDS
from loadtest.sections import Text


class ApiRestart:
    """Kills all workers at once, and measures the time until as many others exist."""

    def __init__(self, fault_context: FaultContext) -> None:
        """Raises LoadError if the API does not run on this machine."""
        self._target = fault_context.target
        stack_processes.api_workers(self._target)
        self._killed: set[int] = set()
        self._restart: asyncio.Task[float | None] | None = None

    async def inject(self) -> None:
        """Kill them. Raises LoadError if the API does not run on this machine."""
        self._killed = stack_processes.api_workers(self._target)
        for pid in self._killed:
            stack_processes.kill(pid)
        self._restart = asyncio.create_task(stack_processes.seconds_until(self._restarted))

    def _restarted(self) -> bool:
        return len(stack_processes.api_workers(self._target) - self._killed) >= len(self._killed)

    async def remove(self) -> None:
        """Do nothing: the service has to restart its workers."""

    async def findings(self, _: Sequence[bytes]) -> list[Finding]:
        """The number of killed workers, and the seconds until others existed."""
        if self._restart is None:
            return [Finding("workers_killed", 0, took_hold=False)]
        after = await self._restart
        missing = None
        if after is None:
            missing = Text(
                f"API ワーカーが{RESTART_TIMEOUT_S:g}秒以内に再起動せず",
                f"the workers did not restart within {RESTART_TIMEOUT_S:g} s",
            )
        return [
            Finding("workers_killed", len(self._killed), took_hold=bool(self._killed)),
            Finding("workers_restarted_after_s", after, missing),
        ]


STORM = Fault(
    "storm",
    Text(
        "負荷中に API の全ワーカーが停止し、その後1分以内に全施設が再接続",
        "every worker of the API is killed under load, and every site signs in within the minute after it",
    ),
    always(
        Expectation(
            Text(
                "エラーは Retry-After 付きの 503 のみ。接続が切れた照会は再試行で回答されます。再起動から60秒以内に、"
                "照会の99%が500ミリ秒以内に戻ります。",
                "No error but 503 with Retry-After; visits whose connection the restart cut are answered on retry."
                " Within 60 s of the restart 99 % of the checks take 500 ms at most again.",
            ),
            errors=frozenset({"overloaded", "database-unavailable"}),
            min_answered=0.0,
            p99_ms=None,
            recovery_within_s=STORM_SECONDS,
        )
    ),
    ApiRestart,
    instantaneous=True,
)
