"""Faults of J-LIS and its certificate status responder: its process is paused, intermittently or permanently."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from loadtest.faults import stack_processes
from loadtest.faults.fault import Expectation, Fault, FaultContext, Finding, always
from loadtest.faults.probe import ANSWERED, UNANSWERED, Probe, answers
from loadtest.sections import Text
from loadtest.tasks import cancel_and_wait

PAUSED_S, RESUMED_S = 1.5, 0.1
"""How long a slow responder is paused and resumed in turn: most answers take about a second."""


class OcspDown:
    """J-LIS accepts connections and answers nothing: worse than a refusal, since every client waits."""

    def __init__(self, fault_context: FaultContext) -> None:
        """Raises LoadError if J-LIS does not run on this machine."""
        self._pids = stack_processes.jlis(fault_context.target)
        self._probe = Probe(partial(answers, fault_context.target.environment["FUND_JLIS_URL"]))

    async def inject(self) -> None:
        """Pause the process."""
        stack_processes.pause(self._pids)
        self._probe.start()

    async def remove(self) -> None:
        """Resume the process."""
        await self._probe.stop()
        stack_processes.resume(self._pids)

    async def findings(self, _: Sequence[bytes]) -> list[Finding]:
        """How many questions to J-LIS had no answer within half a second; none may have had one."""
        results = self._probe.results
        silent = results[UNANSWERED] > 0 and not results[ANSWERED]
        return [Finding("unanswered_by_jlis", results[UNANSWERED], took_hold=silent)]


class OcspSlow(OcspDown):
    """J-LIS answers, but each answer takes up to `PAUSED_S`."""

    def __init__(self, fault_context: FaultContext) -> None:
        """Raises LoadError if J-LIS does not run on this machine."""
        super().__init__(fault_context)
        self._pausing: asyncio.Task[None] | None = None

    async def inject(self) -> None:
        """Start to pause the process intermittently."""
        self._pausing = asyncio.create_task(self._pause_intermittently())
        self._probe.start()

    async def remove(self) -> None:
        """End the pauses."""
        if self._pausing is not None:
            await cancel_and_wait(self._pausing)
        await super().remove()

    async def findings(self, _: Sequence[bytes]) -> list[Finding]:
        """How many questions to J-LIS had no answer within half a second: most, of a paused responder."""
        results = self._probe.results
        slow = results[UNANSWERED] > results.total() / 3
        return [Finding("slow_answers_of_jlis", results[UNANSWERED], took_hold=slow)]

    async def _pause_intermittently(self) -> None:
        while True:
            try:
                stack_processes.pause(self._pids)
                await asyncio.sleep(PAUSED_S)
            finally:
                stack_processes.resume(self._pids)
            await asyncio.sleep(RESUMED_S)


OCSP_SLOW = Fault(
    "ocsp-slow",
    Text(
        "J-LIS（証明書の状態応答を含む）の応答に1秒以上かかる",
        "J-LIS, including its certificate status responder, takes a second or more for each answer",
    ),
    always(
        Expectation(
            Text(
                "失効リストの写しで確認するため、照会は遅くなりません。",
                "The mirror of the revocation lists is used instead: no check is slower.",
            )
        )
    ),
    OcspSlow,
)

OCSP_DOWN = Fault(
    "ocsp-down",
    Text("J-LIS が接続を受け付けるが応答しない", "J-LIS accepts connections and answers nothing"),
    always(
        Expectation(
            Text(
                "失効リストの写しが新しい間は影響がありません。その後、カードによる照会は4秒以内に"
                " revocation-unavailable で拒否され、無確認で受け付けることはありません。番号による照会は"
                "継続します。復旧後10秒以内に、カードによる照会も回答されます。",
                "While the mirror is fresh there is no effect. Then cards are refused as revocation-unavailable,"
                " after 4 s at the latest, and never accepted unchecked; checks by number continue. Cards are"
                " answered within 10 s of its return.",
            ),
            errors=frozenset({"revocation-unavailable"}),
            min_answered=0.0,
            p99_ms=4000.0,
            numbers_unaffected=True,
        )
    ),
    OcspDown,
)
