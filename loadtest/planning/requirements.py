"""From a level's demand and the costs to cores, memory, connections and network, with their arithmetic.

Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from loadtest.planning.arithmetic import Figure, Step, exact, number, total
from loadtest.planning.costs import API, BACKGROUND, BUSY, DATABASE, DOWN, SECONDS, STORED, UP, WAL, Costs
from loadtest.planning.demand import Demand
from loadtest.planning.deployment import Deployment
from loadtest.planning.prediction import MAX_UTILISATION

MICRO, MEGA, GIGA = exact(1_000_000), exact(1_000_000), exact(1_000_000_000)
BITS = exact(8, "bit")
_UTILISATION = exact(MAX_UTILISATION)
_COST_DIGITS = 3
"""Significant digits of a measured cost: it is not known more precisely."""

TRANSIENT = frozenset(
    {"used_nonce", "number_miss", "facility_number_miss", "visual_check_count", "second_factor_miss", "mismatch_count",
     "lookup_count", "lookup_count_progress", "idempotency", "batch_check", "batch_row"}
)  # fmt: skip
"""Tables whose expired rows the scheduler deletes: they do not grow over the years."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """The resources that a level requires. `steps`: their arithmetic."""

    demand: Demand
    cores: int
    workers: int
    memory_gib: float
    connections: int
    from_facilities_mbit_s: float
    to_facilities_mbit_s: float
    log_mbit_s: float
    stored_gb: float
    steps: Sequence[Step]


def cost(costs: Costs, kind: str, *quantities: str) -> Figure:
    """The cost of one request for a formula: in microseconds, or in bytes summed over the quantities."""
    amount = sum(costs.of[kind].get(quantity, 0.0) for quantity in quantities)
    if quantities and quantities[0] in SECONDS:
        return number(amount * 1e6, "µs", _COST_DIGITS)
    return number(amount, "B", _COST_DIGITS)


def per_second(demand: Demand, costs: Costs, *quantities: str) -> Figure:
    """The cost of one second's requests; kinds with the same rate are bracketed together.

    In the demand's order.
    """
    by_rate: defaultdict[Step, list[Figure]] = defaultdict(list)
    for kind, step in demand.rates.items():
        by_rate[step].append(cost(costs, kind, *quantities))
    products = [
        step.figure * total(figures) for step, figures in by_rate.items() if any(one.value for one in figures)
    ]
    return total(products)


def retained_tables(costs: Costs) -> list[str]:
    """Tables that grow over the years."""
    return [name for name in costs.growing_tables if name not in TRANSIENT]


def requirement(demand: Demand, costs: Costs, deployment: Deployment) -> Requirement:
    """All resources that a level requires."""
    api = _cores("cores busy with the API", demand, costs, API)
    database = _cores("cores busy with PostgreSQL", demand, costs, DATABASE)
    background = _cores("cores busy with scheduler and job runner", demand, costs, BACKGROUND)
    busy = api.figure + database.figure + background.figure
    cores = Step.of(f"cores, {MAX_UTILISATION:.0%} of them busy", (busy / _UTILISATION).ceil())
    sessions = Step.of("database sessions busy at a time", per_second(demand, costs, BUSY) / MICRO)
    workers = _workers(api, sessions, deployment)
    connections = Step.of(
        "connections",
        workers.figure * exact(deployment.worker_connections)
        + exact(deployment.other_connections)
        + exact(deployment.reserved_connections),
    )
    memory = _memory(workers, connections, deployment)
    up = _megabits("from facilities", per_second(demand, costs, UP))
    down = _megabits("to facilities", per_second(demand, costs, DOWN))
    log = _megabits("PostgreSQL's log, to the disk and to each replica", per_second(demand, costs, WAL))
    stored = Step.of(f"stored in {demand.seconds.text}", _stored(demand, costs), "GB")
    steps = [api, database, background, cores, sessions, workers, connections, memory, up, down, log, stored]
    return Requirement(
        demand, int(cores.value), int(workers.value), memory.value, int(connections.value), up.value, down.value,
        log.value, stored.value, steps,
    )  # fmt: skip


def _cores(label: str, demand: Demand, costs: Costs, quantity: str) -> Step:
    idle = number(costs.idle.get(quantity, 0.0), digits=_COST_DIGITS)
    requests = per_second(demand, costs, quantity) / MICRO
    return Step.of(label, requests + idle if idle.value else requests)


def _workers(api: Step, sessions: Step, deployment: Deployment) -> Step:
    """A worker is one process: it uses one core at most, and has a fixed number of sessions for checks."""
    by_cores = Step.of("API workers, by their cores", (api.figure / _UTILISATION).ceil())
    pool = exact(deployment.pool_connections)
    by_sessions = Step.of("API workers, by their sessions", (sessions.figure / _UTILISATION / pool).ceil())
    return max(by_cores, by_sessions, key=lambda step: step.value)


def _memory(workers: Step, connections: Step, deployment: Deployment) -> Step:
    parts = [
        workers.figure * number(deployment.worker_mib, "MiB"),
        connections.figure * number(deployment.session_mib, "MiB"),
        number(deployment.shared_buffers_mib, "MiB"),
        number(deployment.other_mib, "MiB"),
    ]
    return Step.of("memory, without the disk cache", total(parts) / exact(1024), "GiB")


def _megabits(label: str, bytes_per_second: Figure) -> Step:
    return Step.of(label, bytes_per_second * BITS / MEGA, "Mbit/s")


def _stored(demand: Demand, costs: Costs) -> Figure:
    tables = [STORED + table for table in retained_tables(costs)]
    return per_second(demand, costs, *tables) * demand.seconds / GIGA
