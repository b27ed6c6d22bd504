"""What a worker knows of the fund's state. It looks every ten seconds, so that a request for it costs no statement."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import structlog

from eligibility_api.contract.notice import Downtime, Part, PartState, StatusNotice
from eligibility_api.health import read_readiness
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.service_metrics import metrics_text
from eligibility_api.state import State
from eligibility_api.status import downtimes
from eligibility_api.status.speed import CARD_ROUTE, NUMBER_ROUTE, LastHour

log = structlog.get_logger()

LOOK_SECONDS = 10.0


class Board:
    """The parts' states, each since its last change, and the speed of the last hour."""

    def __init__(self) -> None:
        self._parts: dict[Part, PartState] = {}
        self._last_hour = LastHour()
        self._looked_at = -LOOK_SECONDS
        self._looking = asyncio.Lock()

    def observe(self, now: datetime, in_order: Mapping[Part, bool]) -> None:
        """Note the state of parts: `since` is when it was first observed without a change."""
        for part, is_in_order in in_order.items():
            former = self._parts.get(part)
            if former is None or former.in_order != is_in_order:
                self._parts[part] = PartState(part=part, in_order=is_in_order, since=now)

    async def notice(self, state: State) -> StatusNotice:
        """The notice now. Looks only if nobody did lately, so that the requests of many cost one look."""
        async with self._looking:
            if time.monotonic() - self._looked_at >= LOOK_SECONDS:
                await self._look(state)
        return StatusNotice(
            as_of=state.clock(),
            parts=list(self._parts.values()),
            measured_seconds=self._last_hour.seconds,
            card=self._last_hour.of(CARD_ROUTE),
            number=self._last_hour.of(NUMBER_ROUTE),
            downtime=_next_downtime(state),
        )

    @asynccontextmanager
    async def watching(self, state: State) -> AsyncIterator[None]:
        """Look regularly inside the context, so that changes are noticed while nobody asks."""

        async def watch() -> None:
            while True:
                with suppress(Exception):
                    await self.notice(state)
                await asyncio.sleep(LOOK_SECONDS)

        task = asyncio.create_task(watch())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _look(self, state: State) -> None:
        readiness = await read_readiness(state)
        self.observe(
            state.clock(),
            {
                Part.SERVICE: readiness.ready,
                Part.DATABASE: readiness.database,
                Part.REVOCATION: readiness.revocation_mirror,
            },
        )
        now = time.monotonic()
        if self._last_hour.is_due(now):
            with suppress(OSError):  # the owner of the metrics does not answer: the next look samples
                self._last_hour.add(now, (await metrics_text()).decode())
        self._looked_at = now


def _next_downtime(state: State) -> Downtime | None:
    try:
        return downtimes.read(state.settings.home).next(state.clock())
    except OperatorError as error:
        log.warning("downtimes_unreadable", cause=type(error.__cause__).__name__)
        return None
