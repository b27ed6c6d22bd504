"""The sign-ins of a nation's terminals beside those of a run's own."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any, cast

import pytest

from loadtest.arrivals import RatePeriod, arrivals
from loadtest.dataset.terminals import facility_sizes
from loadtest.dataset.visitors import Visitors
from loadtest.scenario.executor import ScheduledVisit
from loadtest.scenario.levels import LEVELS, SITES
from loadtest.scenario.nation_sign_ins import USED_SECONDS, nation_sign_ins_per_s
from loadtest.scenario.plan import Plan
from loadtest.scenario.visits import NATION_TOKEN, Outcome, TerminalClient
from tests.unit.loadtest.generator.builders import visitors
from tests.unit.loadtest.scenario.builders import FakePool

pytestmark = pytest.mark.slow


def test_at_l1_it_is_the_rate_that_the_documents_derive() -> None:
    assert nation_sign_ins_per_s(LEVELS["L1"].checks_per_s, SITES) == pytest.approx(520, abs=1)


def simulated(per_second: float, seconds: float, rng: Random) -> int:
    """The sign-ins of one terminal: with each check whose token is due, or gone."""
    due, count = 0.0, 0
    for at in arrivals([RatePeriod(seconds, per_second)], rng):
        if at >= due:
            count, due = count + 1, at + USED_SECONDS
    return count


def test_the_rate_is_that_of_terminals_that_sign_in_with_the_first_check_that_needs_it() -> None:
    facilities, checks_per_s, seconds = 40, 0.5, 200_000.0
    rng = Random(1)
    count = sum(
        simulated(checks_per_s * size.weight / size.terminals, seconds, rng)
        for size in facility_sizes(facilities)
        for _ in range(size.terminals)
    )
    expected = nation_sign_ins_per_s(checks_per_s, facilities) * seconds
    assert count > 1000
    assert count == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("checks_per_s", [0.0, 1e-9, 1e9])
def test_its_bounds_are_a_sign_in_for_each_check_and_a_token_always_renewed(checks_per_s: float) -> None:
    terminals = sum(size.terminals for size in facility_sizes(100))
    most = min(checks_per_s, terminals / USED_SECONDS)
    assert nation_sign_ins_per_s(checks_per_s, 100) == pytest.approx(most, rel=0.01)


def sign_ins(
    plan: Plan, population: Visitors | None = None, pool: Any = None, names: list[str] | None = None
) -> list[ScheduledVisit]:
    """The sign-ins of a plan's schedule. `names`: collects those under which responses are counted."""
    collected = names if names is not None else []
    client = TerminalClient(cast(Any, pool), lambda name, _: collected.append(name))
    schedule = plan.schedule(population or visitors(), client)
    visits = [visit for visit in schedule if isinstance(visit, ScheduledVisit)]
    assert [visit.at for visit in visits] == sorted(visit.at for visit in visits)
    return [visit for visit in visits if visit.query is None]


async def outcome(visit: ScheduledVisit) -> Outcome:
    return await visit.visit()


def test_a_plan_has_them_at_its_scale_only_if_they_are_asked_for() -> None:
    plan = Plan(LEVELS["L1"], 10.0, 0.1, 1, nation_signs_in=True)
    assert len(sign_ins(plan)) == pytest.approx(520, rel=0.15)
    assert sign_ins(Plan(LEVELS["L1"], 10.0, 0.1, 1)) == []


def test_the_generators_shares_add_up() -> None:
    plan = Plan(LEVELS["L1"], 10.0, 1.0, 1, nation_signs_in=True)
    rates = [plan.for_generator(number, 0.5).nation_sign_ins[0].per_second for number in range(2)]
    assert sum(rates) == pytest.approx(plan.nation_sign_ins[0].per_second)


def test_they_are_counted_separately_and_their_terminal_uses_the_new_token() -> None:
    names: list[str] = []
    pool = FakePool({"/v1/token": (200, {"access_token": "new", "expires_in": 300})})
    population = visitors()
    plan = Plan(LEVELS["L1"], 1.0, 0.1, 1, nation_signs_in=True)
    first, *_ = sign_ins(plan, population, pool, names)
    assert asyncio.run(outcome(first)).failure is None
    assert names == [NATION_TOKEN]
    assert [one.token for one in population.terminals].count("new") == 1
