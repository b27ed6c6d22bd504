"""An engine with a fake fund: its rate is conducted or its schedule drawn, and no visit of a run is lost."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from loadtest.arrivals import RatePeriod, arrivals
from loadtest.conductor import engine as engine_module
from loadtest.conductor.engine import Engine
from loadtest.conductor.orders import FAILED, READY, RUNNING
from loadtest.conductor.samples import CHECK, CHECK_NAME, REQUEST
from loadtest.generator.messages import Answers, Assignment, Done
from loadtest.http_client.connection import ConnectionFailed, Reply
from loadtest.scenario.levels import LEVELS, Shape
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import RunStats
from tests.unit.loadtest.generator.builders import BY_NUMBER, FUND, FakePool, visitors

PLAN = Plan(BY_NUMBER, seconds=10.0, scale=1.0, seed=1)
SHORT = Plan(BY_NUMBER, seconds=0.2, scale=1.0, seed=3)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Fund(FakePool):
    """Stands still after a number of look-ups for some seconds, if told so; `status`: of look-ups."""

    def __init__(self, *, still_after: int = -1, still_seconds: float = 0.0, status: int = 200) -> None:
        code = {} if status == 200 else {"code": "internal"}
        answers = {} if status == 200 else {"/v1/eligibility/number": (status, code)}
        super().__init__(answers)
        self._still_after, self._still_seconds = still_after, still_seconds
        self._still_until = 0.0

    async def exchange(self, data: bytes) -> Reply:
        reply = await super().exchange(data)
        if self.look_ups == self._still_after:
            self._still_until = time.monotonic() + self._still_seconds
        await asyncio.sleep(max(0.0, self._still_until - time.monotonic()))
        return reply

    @property
    def look_ups(self) -> int:
        return self.calls.count("/v1/eligibility/number")


@contextmanager
def started(monkeypatch: pytest.MonkeyPatch, fund: Fund, plan: Plan = PLAN) -> Iterator[Engine]:
    """An engine whose terminals are signed in at a fund."""

    def pool(*_: Any, **__: Any) -> Fund:
        return fund

    monkeypatch.setattr(engine_module, "ConnectionPool", pool)
    engine = Engine(Assignment.of(FUND, plan, visitors(), ()))
    thread = threading.Thread(target=engine.run)
    thread.start()
    try:
        wait_until(lambda: engine.state in {READY, FAILED})
        yield engine
    finally:
        engine.close()
        thread.join()


def handed(engine: Engine) -> tuple[Counter[str], Counter[str], int]:
    """Checks and requests that were handed over, errors, and answers of the sample."""
    counts, errors, answers = Counter[str](), Counter[str](), 0
    for one in engine.handed:
        counts.update({method: measured.count for (_, method), measured in one.samples.measured.items()})
        errors.update(one.samples.errors)
        answers += len(Answers.model_validate_json(one.answers).sampled) if one.answers else 0
    return counts, errors, answers


def run(engine: Engine, plan: Plan = PLAN, *, rate: float = 300.0, checks: int = 30) -> None:
    engine.set_rate(rate)
    engine.begin(plan)
    wait_until(lambda: engine.report()["offered"] >= checks)
    engine.end()
    wait_until(lambda: engine.state == READY)


def test_every_check_that_began_is_handed_over_with_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with started(monkeypatch, fund := Fund()) as engine:
        assert fund.calls == ["/v1/token"] * 4
        run(engine)
        counts, errors, answers = handed(engine)
        report = engine.report()
    assert counts == Counter({CHECK: fund.look_ups, REQUEST: fund.look_ups})
    assert [report["offered"], report["answered"], answers] == [fund.look_ups] * 3
    assert (report["in_flight"], errors) == (0, Counter())


def test_checks_begin_while_the_fund_stands_still_and_their_latencies_show_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with started(monkeypatch, Fund(still_after=20, still_seconds=0.5)) as engine:
        run(engine, checks=80)
        slowest = max(one.samples.measured[CHECK_NAME, CHECK].max_ms for one in engine.handed)
        report = engine.report()
    assert report["answered"] == report["offered"] >= 80
    assert slowest >= 490


def test_nothing_arrives_at_a_rate_of_zero_and_another_run_may_follow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with started(monkeypatch, fund := Fund()) as engine:
        run(engine)
        before = fund.look_ups
        engine.set_rate(0.0)
        engine.begin(PLAN)
        assert engine.state == RUNNING
        engine.end()
        wait_until(lambda: engine.state == READY)
        assert fund.look_ups == before
        run(engine)
        assert engine.report()["offered"] == fund.look_ups - before


def test_a_run_that_ends_at_once_is_no_run_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with started(monkeypatch, Fund()) as engine:
        for _ in range(5):
            engine.begin(PLAN)
            engine.end()
            wait_until(lambda: engine.state == READY)


def test_a_storm_adds_its_sign_ins_to_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    level = replace(LEVELS["storm"], by_card=0.0)
    with started(monkeypatch, fund := Fund()) as engine:
        run(engine, Plan(level, seconds=0.03, scale=1.0, seed=1), checks=40)
    assert fund.calls.count("/v1/token") > 4


def test_a_day_draws_the_facilities_of_its_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    level = replace(BY_NUMBER, shape=Shape.DAY)
    with started(monkeypatch, Fund()) as engine:
        run(engine, replace(PLAN, level=level, seconds=1.0))
        assert handed(engine)[1] == Counter()


def test_errors_are_handed_over_by_code_and_their_checks_have_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    with started(monkeypatch, Fund(status=500)) as engine:
        run(engine)
        counts, errors, answers = handed(engine)
    assert errors == Counter(internal=counts[CHECK])
    assert answers == 0


def test_an_unreachable_fund_is_a_failure_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreachable(Fund):
        async def exchange(self, data: bytes) -> Reply:
            raise ConnectionFailed("refused")

    with started(monkeypatch, Unreachable()) as engine:
        assert (engine.state, engine.report()["failure"]) == (FAILED, "refused")


def test_a_schedule_has_the_visits_of_its_seed_whatever_rate_is_conducted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with started(monkeypatch, fund := Fund(), SHORT) as engine:
        engine.set_rate(10_000.0)
        engine.begin(None)
        wait_until(lambda: engine.done is not None)
        counts, errors, answers = handed(engine)
        assert engine.done is not None
        done = Done.model_validate_json(engine.done)
    stats = RunStats.from_message(done.stats)
    expected = sum(1 for _ in arrivals([RatePeriod(SHORT.seconds, SHORT.checks_per_s)], Random(SHORT.seed)))
    assert stats.offered == stats.answered == fund.look_ups == answers == expected > 0
    assert (counts, errors) == (Counter(), Counter())  # its report is its own, not Locust's


def test_the_last_answers_are_handed_over_before_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fund stands still when the schedule ends: its slowest visits must not be missing."""
    with started(monkeypatch, Fund(still_after=2, still_seconds=0.3), SHORT) as engine:
        engine.begin(None)
        wait_until(lambda: engine.done is not None)
        answers = handed(engine)[2]
        assert engine.done is not None
        stats = RunStats.from_message(Done.model_validate_json(engine.done).stats)
    assert answers == stats.answered == stats.offered
    assert stats.checks.max_ms >= 250


def test_a_schedule_that_is_ended_has_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    with started(monkeypatch, Fund(), replace(SHORT, seconds=600.0)) as engine:
        engine.begin(None)
        wait_until(lambda: engine.report()["answered"] > 0)
        engine.end()
        wait_until(lambda: engine.state == READY)
        assert engine.done is None


def test_an_unexpected_error_is_a_failure_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(engine_module, "sign_in_all", broken)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    with started(monkeypatch, Fund()) as engine:
        assert (engine.state, engine.failure) == (FAILED, "ZeroDivisionError")
