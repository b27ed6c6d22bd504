"""A level's run from nothing: a house, a nation in it, its terminals signed in, then the rush, then the judgement."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path

import uvloop
from pydantic import AnyHttpUrl

from eligibility_api.contract.line import is_loopback
from loadtest.clock import now, today_in_japan
from loadtest.line.pool import Pool
from loadtest.machine import proc
from loadtest.machine.costs import API, DATABASE, Kinds, Moment, Spent, database_in, memory_mib
from loadtest.nation.settle import Nation, Size, Tell, settle
from loadtest.nation.terminals import sign_in_all
from loadtest.rush.drive import Driver
from loadtest.rush.judge import Judge
from loadtest.rush.plan import Plan
from loadtest.rush.report import RushReport
from loadtest.rush.sample import Sample
from loadtest.rush.seen import Seen
from loadtest.rush.visits import Reception
from loadtest.surroundings import LoadError, Surroundings, surroundings

_MOST_CONNECTIONS = 1000
_TIMEOUT_SECONDS = 10.0
_TELL_SECONDS = 5.0


def run_rush(plan: Plan, size: Size, *, workers: int, folder: Path, tell: Tell) -> RushReport:
    """Run a level against the running house, or one of our own. Everything made lies in `folder`.

    Raises LoadError, LineError, OSError.
    """
    with ExitStack() as stack:
        tell("a house to run against")
        there = stack.enter_context(surroundings(folder, workers=workers))
        if not is_loopback(AnyHttpUrl(there.fund_url)):
            raise LoadError("load goes to loopback addresses only")
        nation = settle(there, size, folder, tell)
        tell(f"{plan.level.name} for {plan.seconds:g} s: {plan.checks_per_s:,.0f} checks/s")
        seen, sample = Seen(), Sample()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            spent, began_at = runner.run(_rush(plan, nation, there, Driver(seen, sample), tell))
        memory = memory_mib(_kinds(there))
    tell(f"{len(sample.kept)} answers against the naive model")
    wrong = Judge(nation.everybody, began_at).wrong(sample.kept, today_in_japan())
    sizes = {"people": size.people, "cards": size.cards, "terminals": len(nation.terminals)}
    return RushReport(plan, seen, spent, memory, len(sample.kept), wrong, sizes)


def _kinds(there: Surroundings) -> Kinds:
    port = AnyHttpUrl(there.fund_url).port or 80
    return {API: partial(proc.listening_on, port), DATABASE: partial(database_in, there.fund_home)}


async def _rush(
    plan: Plan, nation: Nation, there: Surroundings, driver: Driver, tell: Tell
) -> tuple[Spent, datetime]:
    """Sign in, and drive; processor time of the driving alone, and when it began."""
    kinds = _kinds(there)
    async with Pool(there.fund_url, most=_MOST_CONNECTIONS, timeout_seconds=_TIMEOUT_SECONDS) as pool:
        await sign_in_all(pool, nation.terminals)
        schedule = plan.schedule(nation.visitors, Reception(pool, driver.request))
        before, began_at = Moment.now(kinds), now()
        telling = asyncio.create_task(driver.tell_each(_TELL_SECONDS, tell))
        await driver.run(schedule)
        telling.cancel()
        return Moment.now(kinds).since(before), began_at
