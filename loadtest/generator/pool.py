"""Several generators that drive one plan together, each its part, from the same instant on."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from loadtest.dataset.visitors import Visitors
from loadtest.generator.client_faults import Disturbance
from loadtest.generator.messages import Effort, Order
from loadtest.generator.process import Member, Spool
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import Seen
from loadtest.target import LoadError

HERE = shlex.join((sys.executable, "-c", "from loadtest.cli import main; main()", "generate"))
"""The command line of a generator on this machine."""


def words_of(command_line: str, fund_url: str) -> list[str]:
    """A generator's command line in words, `{port}` being the fund's. Raises LoadError."""
    port = urlsplit(fund_url).port or 80
    try:
        return shlex.split(command_line.replace("{port}", str(port)))
    except ValueError as error:
        raise LoadError(f"no command line of a generator: {error}") from error


def deal(
    fund_url: str, plan: Plan, visitors: Visitors, hands: int, disturbances: Sequence[Disturbance] = ()
) -> list[Order]:
    """An order for each of several generators. Raises LoadError.

    Terminals and patients are dealt out, and a generator's rate is that of its terminals: together they are the one
    Poisson process, of which each terminal has its part.
    """
    if hands > min(map(len, (visitors.facilities, visitors.cards, visitors.memberships))):
        raise LoadError(f"too few facilities or cards for {hands} generators")
    return [
        Order.of(
            fund_url,
            plan.part(number, part.weight / visitors.weight) if hands > 1 else plan,
            part,
            [_shared(disturbance, hands) for disturbance in disturbances],
        )
        for number, part in enumerate(visitors.deal(hands))
    ]


def _shared(disturbance: Disturbance, hands: int) -> Disturbance:
    if disturbance.renewed is None:
        return disturbance
    return replace(disturbance, renewed=ceil(disturbance.renewed / hands))


@dataclass(frozen=True, slots=True)
class Sight:
    """What generators saw of a run together. `kept`: the answers of their samples; `efforts` one by one."""

    seen: Seen
    kept: Spool
    efforts: list[Effort]


class Crew:
    """Generators in the block of `async with`: all are ready in it, and ended after it. Raises LoadError."""

    def __init__(self, commands: Sequence[Sequence[str]], orders: Sequence[Order]) -> None:
        """A command line, in words, and an order for each."""
        self._work = list(zip(commands, orders, strict=True))
        self.members: list[Member] = []

    @property
    def pids(self) -> list[int]:
        """The processes of those that are on this machine."""
        here = words_of(HERE, "")
        started = zip(self.members, self._work, strict=False)
        return [member.pid for member, (command, _) in started if list(command) == here]

    def describe(self) -> str:
        """How it goes, for people; nothing before the first has said so."""
        said = [member.latest for member in self.members if member.latest is not None]
        if not said:
            return ""
        offered, answered, errors = (
            sum(getattr(one, name) for one in said) for name in ("offered", "answered", "errors")
        )
        return (
            f"{max(one.seconds for one in said):,.0f} s: {offered:,} checks offered, {answered:,} answered,"
            f" p99 {max(one.p99_ms for one in said):,.0f} ms, {errors:,} errors"
        )

    def go(self) -> None:
        """Let all begin."""
        for member in self.members:
            member.go()

    async def done(self) -> Sight:
        """Wait until all have driven everything; what they saw together. Raises LoadError."""
        spool, seen = Spool(), Seen()
        words = await asyncio.gather(*(member.done(spool) for member in self.members))
        for word in words:
            seen.merge(Seen.of_message(word.seen))
        return Sight(seen, spool, [word.effort for word in words])

    async def __aenter__(self) -> Self:
        try:
            for command, _ in self._work:
                self.members.append(await Member.start(command))
            orders = (order for _, order in self._work)
            await asyncio.gather(
                *(member.prepare(order) for member, order in zip(self.members, orders, strict=True))
            )
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        await asyncio.gather(*(member.end() for member in self.members))
