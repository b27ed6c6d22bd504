"""Terminals that tap all the time, as greenlets of Locust. The one module that imports it.

Locust patches the process's sockets and threads as it is imported: import this module in the `loadtest` process
alone, never in a test's.
"""

from __future__ import annotations

from time import perf_counter

from locust import FastHttpUser, task
from locust.env import Environment
from locust.stats import RequestStats, StatsEntry

from eligibility_api.contract.client import FundClient
from loadtest.clock import now
from loadtest.smoke.report import SmokeReport, Timing
from loadtest.smoke.run import Plan
from loadtest.smoke.tap import Judge, tap
from loadtest.smoke.transport import FastTransport

_TIMEOUT_SECONDS = 10.0
_LAST_TAP_SECONDS = 4 * _TIMEOUT_SECONDS
"""What a tap under way may take at the end: token, challenge and check, each up to its timeout."""

_PAUSE_SECONDS = 1.0
"""Between a failed tap and the next one, so that a failing fund is not hammered."""

_SPAWN_RATE_MAX = 100.0
"""Locust warns above it."""

_TAP = ("tap", "TAP")
"""Name and kind under which Locust keeps the times of whole taps."""


def locust_swarm(plan: Plan, judge: Judge) -> SmokeReport:
    """Run the plan with one Locust user a card, and wait for the last taps to end."""
    environment = Environment(
        user_classes=[_terminals(plan, judge)], host=plan.url, stop_timeout=_LAST_TAP_SECONDS
    )
    runner = environment.create_local_runner()
    started = perf_counter()
    runner.start(len(plan.cards), spawn_rate=min(float(len(plan.cards)), _SPAWN_RATE_MAX))
    runner.greenlet.join(timeout=plan.seconds)
    runner.quit()
    seconds = perf_counter() - started
    for raised in runner.exceptions.values():
        judge.failures["unexpected"] += raised["count"]
    return _report(plan, judge, environment.stats, seconds)


def _terminals(plan: Plan, judge: Judge) -> type[FastHttpUser]:
    """The class of this plan's users: Locust makes them by itself, without arguments of ours."""
    cards = iter(plan.cards)

    class Terminal(FastHttpUser):
        """One terminal with one card in its reader."""

        network_timeout = connection_timeout = _TIMEOUT_SECONDS

        def on_start(self) -> None:
            self._card = next(cards)
            transport = FastTransport(self.client)
            self._fund = FundClient(plan.url, plan.credential, clock=now, transport=transport)
            self._pause = 0.0

        def on_stop(self) -> None:
            self.client.client.close()

        @task
        def tap(self) -> None:
            started = perf_counter()
            failure = tap(self._card, self._fund, judge)
            self._pause = _PAUSE_SECONDS if failure else 0.0
            name, kind = _TAP
            self.environment.events.request.fire(
                request_type=kind,
                name=name,
                response_time=(perf_counter() - started) * 1000,
                response_length=0,
                exception=failure,
                context={},
            )

        def wait_time(self) -> float:
            return self._pause

    return Terminal


def _report(plan: Plan, judge: Judge, stats: RequestStats, seconds: float) -> SmokeReport:
    requests = [_timing(entry) for key, entry in stats.entries.items() if key != _TAP]
    return SmokeReport(
        seconds=seconds,
        users=len(plan.cards),
        taps=_timing(stats.get(*_TAP)),
        requests=requests,
        failures=dict(judge.failures),
        silent=[card.name for card in plan.cards if not judge.right[card.name]],
    )


def _timing(entry: StatsEntry) -> Timing:
    return Timing(
        name=entry.name,
        count=entry.num_requests,
        failures=entry.num_failures,
        p50_ms=entry.get_response_time_percentile(0.50),
        p95_ms=entry.get_response_time_percentile(0.95),
    )
