"""Partitions a plan among generators, and estimates how many it needs.

Each process keeps at most one core busy.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from urllib.parse import urlsplit

from loadtest.arrivals import MINUTES, minute_share
from loadtest.dataset.visitors import Visitors
from loadtest.errors import LoadError
from loadtest.generator.client_faults import ClientFault
from loadtest.generator.messages import Assignment
from loadtest.scenario.consents import SHARES
from loadtest.scenario.levels import Shape
from loadtest.scenario.plan import Plan

_SIGNATURE_SECONDS, _REQUEST_SECONDS, _SIGN_IN_SECONDS = 0.000_76, 0.000_1, 0.000_3
"""Processor time of a card's signature and of a request (decision 008), and of a terminal's sign-in: rounded
up.
"""

_MAX_LOAD = 0.5
"""Load of its core that a generator should not exceed, far below that of a bottleneck."""

_TAP_SECONDS = 2 * _SIGNATURE_SECONDS + (4 + sum(SHARES.values())) * _REQUEST_SECONDS
"""Challenge and check, challenge and consent, and the histories."""


def required_generators(plan: Plan, visitors: Visitors) -> int:
    """Number of generators for a plan's busiest minute: from one to this machine's number of cores."""
    by_card = plan.level.by_card
    check = by_card * _TAP_SECONDS + (1 - by_card) * _REQUEST_SECONDS
    sign_ins = sum(
        max((period.per_second for period in periods), default=0.0)
        for periods in (plan.sign_ins, plan.nation_sign_ins)
    )
    cores = _busiest_per_s(plan, visitors) * check + sign_ins * _SIGN_IN_SECONDS
    return max(1, min(ceil(cores / _MAX_LOAD), len(os.sched_getaffinity(0)), _max_parts(visitors)))


def _max_parts(visitors: Visitors) -> int:
    return min(map(len, (visitors.facilities, visitors.cards, visitors.memberships)))


def _busiest_per_s(plan: Plan, visitors: Visitors) -> float:
    if plan.level.shape is not Shape.DAY:
        return max(period.per_second for period in plan.steady)
    weights = visitors.weights.items()
    minutes = (
        sum(weight * minute_share(kind, minute) for kind, weight in weights) for minute in range(MINUTES)
    )
    return plan.checks_per_s * MINUTES * max(minutes) / visitors.weight


def make_assignments(
    fund_url: str, plan: Plan, visitors: Visitors, count: int, client_faults: Sequence[ClientFault] = ()
) -> list[Assignment]:
    """An assignment for each of `count` generators. Raises LoadError.

    Terminals and patients are partitioned, and a generator's rate is that of its terminals: together the
    generators produce one Poisson process.
    """
    if count > _max_parts(visitors):
        raise LoadError(f"too few facilities or cards for {count} generators")
    return [
        Assignment.of(
            fund_url,
            plan.for_generator(number, part.weight / visitors.weight) if count > 1 else plan,
            part,
            [_share_of(client_fault, count) for client_fault in client_faults],
        )
        for number, part in enumerate(visitors.partition(count))
    ]


def _share_of(client_fault: ClientFault, count: int) -> ClientFault:
    if client_fault.new_connections is None:
        return client_fault
    return replace(client_fault, new_connections=ceil(client_fault.new_connections / count))


def split_command(command_line: str, fund_url: str, master_port: int) -> list[str]:
    """Split a worker's command line, with `{port}` replaced by the fund's port and `{master_port}`. Raises LoadError."""
    ports = {"{port}": urlsplit(fund_url).port or 80, "{master_port}": master_port}
    for name, port in ports.items():
        command_line = command_line.replace(name, str(port))
    try:
        command = shlex.split(command_line)
    except ValueError as error:
        raise LoadError(f"invalid command line of a generator: {error}") from error
    if not command:
        raise LoadError("invalid command line of a generator: it is empty")
    return command
