"""Terminals that tap continuously, as Locust users. The only module that imports Locust.

Importing Locust patches the process's sockets and threads: import this module in the `loadtest` process only,
never in a test.
"""

from __future__ import annotations

from time import perf_counter

from locust import FastHttpUser, task
from locust.env import Environment
from locust.stats import RequestStats, StatsEntry

from eligibility_api.contract.client import FundClient
from loadtest.clock import now
from loadtest.smoke.report import SmokeReport, Timing
from loadtest.smoke.run import SmokePlan
from loadtest.smoke.tap import TapChecker, tap
from loadtest.smoke.transport import LocustTransport

_TIMEOUT_SECONDS = 10.0
_LAST_TAP_SECONDS = 4 * _TIMEOUT_SECONDS
"""Longest duration of the last tap: token, challenge and check, each up to its timeout."""

_PAUSE_SECONDS = 1.0
"""Between a failed tap and the next one, so that a failing fund is not flooded."""

_MAX_SPAWN_RATE = 100.0
"""Above it Locust warns."""

_TAP = ("tap", "TAP")
"""Name and kind under which Locust records whole taps."""


def run_locust_users(plan: SmokePlan, checker: TapChecker) -> SmokeReport:
    """Run the plan with a Locust user for each card, and wait for the last taps to end."""
    environment = Environment(
        user_classes=[_user_class(plan, checker)], host=plan.url, stop_timeout=_LAST_TAP_SECONDS
    )
    runner = environment.create_local_runner()
    started = perf_counter()
    runner.start(len(plan.cards), spawn_rate=min(float(len(plan.cards)), _MAX_SPAWN_RATE))
    runner.greenlet.join(timeout=plan.seconds)
    runner.quit()
    seconds = perf_counter() - started
    for raised in runner.exceptions.values():
        checker.failures["unexpected"] += raised["count"]
    return _report(plan, checker, environment.stats, seconds)


def _user_class(plan: SmokePlan, checker: TapChecker) -> type[FastHttpUser]:
    """The class of this plan's users: Locust instantiates it without arguments."""
    cards = iter(plan.cards)

    class Terminal(FastHttpUser):
        """A terminal with a card in its reader."""

        network_timeout = connection_timeout = _TIMEOUT_SECONDS

        def on_start(self) -> None:
            """Take the next card, and open the client of the fund."""
            self._card = next(cards)
            transport = LocustTransport(self.client)
            self._fund = FundClient(plan.url, plan.credential, clock=now, transport=transport)
            self._pause = 0.0

        def on_stop(self) -> None:
            """Close the connections."""
            self.client.client.close()

        @task
        def tap(self) -> None:
            """Tap once, and report it to Locust as one request of its own."""
            started = perf_counter()
            failure = tap(self._card, self._fund, checker)
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
            """Seconds until the next tap: a pause after a failure only."""
            return self._pause

    return Terminal


def _report(plan: SmokePlan, checker: TapChecker, stats: RequestStats, seconds: float) -> SmokeReport:
    requests = [_timing(entry) for key, entry in stats.entries.items() if key != _TAP]
    return SmokeReport(
        seconds=seconds,
        users=len(plan.cards),
        taps=_timing(stats.get(*_TAP)),
        requests=requests,
        failures=dict(checker.failures),
        silent=[card.name for card in plan.cards if not checker.right[card.name]],
    )


def _timing(entry: StatsEntry) -> Timing:
    return Timing(
        name=entry.name,
        count=entry.num_requests,
        failures=entry.num_failures,
        p50_ms=entry.get_response_time_percentile(0.50),
        p95_ms=entry.get_response_time_percentile(0.95),
    )
