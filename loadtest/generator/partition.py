"""How many generators a plan asks for: each process keeps at most one core busy."""

from __future__ import annotations

import os
from math import ceil

from loadtest.dataset.visitors import Visitors
from loadtest.scenario.arrivals import MINUTES, minute_share
from loadtest.scenario.consents import SHARES
from loadtest.scenario.levels import Shape
from loadtest.scenario.plan import Plan

_SIGNATURE_SECONDS, _REQUEST_SECONDS, _SIGN_IN_SECONDS = 0.000_76, 0.000_1, 0.000_3
"""Processor time of a card's signature and of a request (decision 008), and of a terminal's sign-in: rounded up."""

_BUSY = 0.5
"""Of its core: what a generator should be busy with at most, far below what would make it the bottleneck."""

_TAP_SECONDS = 2 * _SIGNATURE_SECONDS + (4 + sum(SHARES.values())) * _REQUEST_SECONDS
"""Challenge and check, challenge and consent, and the look-ups."""


def enough(plan: Plan, visitors: Visitors) -> int:
    """So many bring a plan's busiest minute: at most one for each core of this machine, and one in any case."""
    by_card = plan.level.by_card
    check = by_card * _TAP_SECONDS + (1 - by_card) * _REQUEST_SECONDS
    sign_ins = max((stretch.per_second for stretch in plan.sign_ins), default=0.0)
    cores = _busiest_per_s(plan, visitors) * check + sign_ins * _SIGN_IN_SECONDS
    dealt = min(map(len, (visitors.facilities, visitors.cards, visitors.memberships)))
    return max(1, min(ceil(cores / _BUSY), len(os.sched_getaffinity(0)), dealt))


def _busiest_per_s(plan: Plan, visitors: Visitors) -> float:
    if plan.level.shape is not Shape.DAY:
        return plan.checks_per_s
    weights = visitors.weights.items()
    minutes = (
        sum(weight * minute_share(kind, minute) for kind, weight in weights) for minute in range(MINUTES)
    )
    return plan.checks_per_s * MINUTES * max(minutes) / visitors.weight
