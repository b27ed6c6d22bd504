"""Cloud vendor down: the service between some clinics and the fund passes nothing on for a while."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import cycle
from time import perf_counter

from loadtest.clock import now
from loadtest.dataset.request_bodies import number_body, problem_code
from loadtest.dataset.terminals import Terminal
from loadtest.faults.case_client import MIN_PER_S, SHARE, compared, confirmable
from loadtest.faults.fault import Expectation, Fault, FaultContext, Finding, always
from loadtest.faults.relay import Relay
from loadtest.faults.taps import NUMBER_PATH
from loadtest.http_client.connection import ConnectionFailed, request, with_body
from loadtest.http_client.pool import ConnectionPool
from loadtest.model.events import Membership
from loadtest.scenario.answer_sample import CheckQuery, SampledAnswer
from loadtest.scenario.visits import Outcome
from loadtest.sections import Text
from loadtest.tasks import cancel_and_wait

_TIMEOUT_S = 2.0
"""After which its clients give up a request."""

_RETURN_S = 10.0
"""Within which a client of the vendor is served again."""

_MAX_CONNECTIONS = 500
BEFORE, MEANWHILE, AFTER = "before", "meanwhile", "after"
_SERVED = "served"


class CloudVendor:
    """Sends checks by number through a relay, which hangs after a third of the fault's time until it is removed."""

    def __init__(self, fault_context: FaultContext) -> None:
        self._fault_context = fault_context
        self._per_s = max(MIN_PER_S, SHARE * fault_context.checks_per_s)
        self._relay = Relay(fault_context.target.fund_url)
        self._running = AsyncExitStack()
        self._sending: asyncio.Task[None] | None = None
        self._phase = BEFORE
        self._results: Counter[tuple[str, str]] = Counter()
        """By the phase in which a check was sent, and its result."""
        self._served: list[SampledAnswer] = []
        self._served_after = asyncio.Event()
        self._began, self._started_at = perf_counter(), now()

    async def inject(self) -> None:
        """Let clients use the vendor; after a while it hangs. Raises OSError, ConnectionFailed."""
        await self._running.enter_async_context(self._relay)
        pool = ConnectionPool(self._relay.url, max_connections=_MAX_CONNECTIONS, timeout_seconds=_TIMEOUT_S)
        await self._running.enter_async_context(pool)
        terminal = self._fault_context.dataset.terminals[-1]
        await terminal.sign_in(pool)
        self._sending = asyncio.create_task(self._send_all(pool, terminal))
        await asyncio.sleep(self._fault_context.window.seconds / 3)
        self._relay.hang()
        self._phase = MEANWHILE

    async def remove(self) -> None:
        """Let it pass on again, and wait until a check is served. Raises ConnectionFailed."""
        self._relay.resume()
        if self._sending is None:
            await self._running.aclose()
            return
        self._phase = AFTER
        served = asyncio.create_task(self._served_after.wait())
        await asyncio.wait({self._sending, served}, timeout=_RETURN_S, return_when=asyncio.FIRST_COMPLETED)
        served.cancel()
        try:
            await cancel_and_wait(self._sending)
        finally:
            await self._running.aclose()

    async def findings(self, _: Sequence[bytes]) -> list[Finding]:
        """What became of the vendor's checks, by when they were sent, and whether any answer was wrong."""
        lost = sum(
            n for (phase, result), n in self._results.items() if phase == MEANWHILE and result != _SERVED
        )
        codes = sorted(
            {result for _, result in self._results if not result.startswith("network: ")} - {_SERVED}
        )
        refused = Text(f"拒否（{', '.join(codes)}）", f"refused: {', '.join(codes)}") if codes else None
        after, none = self._results[AFTER, _SERVED], None
        if not after:
            none = Text(
                f"事業者の復旧後{_RETURN_S:g}秒以内に回答なし",
                f"no check through the vendor was answered within {_RETURN_S:g} s of its return",
            )
        return [
            Finding("served_before", self._results[BEFORE, _SERVED], refused),
            Finding("lost_at_vendor", lost, took_hold=lost > 0),
            Finding("served_after", after, none),
            compared(self._fault_context.dataset, self._served, self._started_at),
        ]

    async def _send_all(self, pool: ConnectionPool, terminal: Terminal) -> None:
        memberships = list(confirmable(self._fault_context.dataset.reference_data, terminal))
        async with asyncio.TaskGroup() as group:
            for membership in cycle(memberships):
                group.create_task(self._send(pool, terminal, membership))
                await asyncio.sleep(1 / self._per_s)

    async def _send(self, pool: ConnectionPool, terminal: Terminal, membership: Membership) -> None:
        phase, began = self._phase, perf_counter() - self._began
        head = request("POST", NUMBER_PATH, host=pool.host, token=terminal.token)
        try:
            reply = await pool.exchange(with_body(head, number_body(membership)))
        except ConnectionFailed as error:
            self._results[phase, f"network: {error}"] += 1
            return
        if reply.status != 200:
            self._results[phase, problem_code(reply.body)] += 1
            return
        self._results[phase, _SERVED] += 1
        query = CheckQuery.at(terminal, membership=membership)
        ended = perf_counter() - self._began
        self._served.append(SampledAnswer(query, Outcome(reply.status, reply.body), began, ended))
        if phase == AFTER:
            self._served_after.set()


CLOUD_VENDOR_DOWN = Fault(
    "cloud-vendor-down",
    Text(
        "一部の医療機関と支払基金の間にあるクラウド事業者が応答しない",
        "a cloud vendor between some clinics and the fund passes nothing on",
    ),
    always(
        Expectation(
            Text(
                "事業者を利用する端末だけが照会できません。他の端末は影響を受けず、復旧後10秒以内に利用できます。"
                "誤った回答はありません。",
                "Only terminals behind the vendor are not served; no other one is affected. They are served within 10 s"
                " of its return, and no answer is wrong.",
            )
        )
    ),
    CloudVendor,
)
