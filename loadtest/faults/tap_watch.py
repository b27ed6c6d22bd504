"""Taps again and again from a fault's injection on, and keeps every checkpoint that the audit log published meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from time import perf_counter

from loadtest.clock import now
from loadtest.dataset.request_bodies import problem_code
from loadtest.dataset.terminals import Terminal
from loadtest.errors import LoadError
from loadtest.faults.case_client import compared, usable_card
from loadtest.faults.fault import FaultContext, Finding
from loadtest.faults.taps import tap_with
from loadtest.http_client.connection import ConnectionFailed, request, with_body
from loadtest.http_client.pool import ConnectionPool
from loadtest.scenario.answer_sample import CheckQuery, SampledAnswer
from loadtest.scenario.visits import Outcome

_PER_S, _TIMEOUT_S, _MAX_CONNECTIONS = 5.0, 10.0, 200
_TERMINALS = 5
"""Of one terminal, taps would wait behind its own that are refused late."""

_CHECKPOINT_S = 1.0
_CHECKPOINT_PATH = "/v1/audit/checkpoint"


@dataclass(frozen=True, slots=True)
class Tap:
    """A tap. `began` and `ended`: by `perf_counter`; `code`: of the refusal or failure, None if it was answered."""

    began: float
    ended: float
    code: str | None = None


def seconds_until_right(taps: Sequence[Tap], injected: float) -> float | None:
    """From the injection until the first answer to a tap after which no tap failed; 0 if none did, None if that was never."""
    failed = [tap.began for tap in taps if tap.code is not None]
    if not failed:
        return 0.0
    right = [tap.ended for tap in taps if tap.code is None and tap.began > max(failed)]
    return min(right) - injected if right else None


def seconds_until_answered(taps: Sequence[Tap], injected: float) -> float | None:
    """From the injection until the first answer to a tap after the first that failed; 0 if none did, None if that was never."""
    failed = [tap.began for tap in taps if tap.code is not None]
    if not failed:
        return 0.0
    answered = [tap.ended for tap in taps if tap.code is None and tap.began > min(failed)]
    return min(answered) - injected if answered else None


class TapWatch:
    """Some terminals, in turn, with one card beside the generators; another terminal reads the log's checkpoints."""

    def __init__(self, fault_context: FaultContext) -> None:
        self._dataset = fault_context.dataset
        self._reader, *others = self._dataset.terminals
        self._terminals = others[-_TERMINALS:]
        self._card = usable_card(self._dataset, self._terminals[0])
        self._pool = ConnectionPool(
            fault_context.target.fund_url, max_connections=_MAX_CONNECTIONS, timeout_seconds=_TIMEOUT_S
        )
        self._watching: asyncio.Task[None] | None = None
        self._stopped = asyncio.Event()
        self._began, self._started_at = perf_counter(), now()
        self._served: list[SampledAnswer] = []
        self.taps: list[Tap] = []
        self.checkpoints: list[bytes] = []
        """All different ones, the oldest first."""

    async def start(self) -> None:
        """Sign in, keep the newest checkpoint, and begin to tap. Raises ConnectionFailed, LoadError."""
        for terminal in (self._reader, *self._terminals):
            await terminal.sign_in(self._pool)
        await self._keep_checkpoint()
        if not self.checkpoints:
            raise LoadError("the audit log has no checkpoint that could be compared after the fault")
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Tap no longer, once every tap has ended. Raises the error with which a part of it failed."""
        self._stopped.set()
        if self._watching is not None:
            await self._watching
            self._watching = None
        self._pool.close()

    @property
    def answers(self) -> list[bytes]:
        """The bodies of all answers to its taps."""
        return [one.outcome.body for one in self._served]

    def compared(self) -> Finding:
        """The number of answers that were compared with the reference model."""
        return compared(self._dataset, self._served, self._started_at)

    async def _watch(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_checkpoints())
            turns = cycle(self._terminals)
            while not self._stopped.is_set():
                terminal = next(turns)
                if terminal.needs_token():
                    group.create_task(self._sign_in(terminal))
                group.create_task(self._tap(terminal))
                await asyncio.sleep(1 / _PER_S)

    async def _tap(self, terminal: Terminal) -> None:
        began = perf_counter()
        try:
            reply = await tap_with(self._card, self._pool, terminal)
        except ConnectionFailed as error:
            self.taps.append(Tap(began, perf_counter(), f"network: {error}"))
            return
        ended = perf_counter()
        if reply.status != 200:
            self.taps.append(Tap(began, ended, problem_code(reply.body)))
            return
        self.taps.append(Tap(began, ended))
        query = CheckQuery.at(terminal, person=self._card.resident_id)
        outcome = Outcome(reply.status, reply.body)
        self._served.append(SampledAnswer(query, outcome, began - self._began, ended - self._began))

    async def _sign_in(self, terminal: Terminal) -> None:
        try:
            await terminal.sign_in(self._pool)
        except ConnectionFailed:
            return  # its taps say so

    async def _keep_checkpoints(self) -> None:
        while not self._stopped.is_set():
            if self._reader.needs_token():
                await self._sign_in(self._reader)
            await asyncio.sleep(_CHECKPOINT_S)
            await self._keep_checkpoint()

    async def _keep_checkpoint(self) -> None:
        head = request("GET", _CHECKPOINT_PATH, host=self._pool.host, token=self._reader.token)
        try:
            reply = await self._pool.exchange(with_body(head))
        except ConnectionFailed:
            return
        if reply.status == 200 and reply.body not in self.checkpoints[-1:]:
            self.checkpoints.append(reply.body)
