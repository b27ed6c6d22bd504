"""From a level's requests and their costs to cores, memory, connections and network, with the arithmetic of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from loadtest.planning.arithmetic import Figure, Line, number, total
from loadtest.planning.checking import BUSY_AT_MOST
from loadtest.planning.costs import API, BESIDE, BUSY, DATABASE, DOWN, SECONDS, STORED, UP, WAL, Costs
from loadtest.planning.demand import Demand
from loadtest.planning.figures import known
from loadtest.planning.house import House

MICRO, MEGA, GIGA = known(1_000_000), known(1_000_000), known(1_000_000_000)
BITS = known(8, "bit")
_SHARE = known(BUSY_AT_MOST)
_COST_DIGITS = 3
"""Significant digits of a measured cost: it is not known better."""

TRANSIENT = frozenset(
    {"used_nonce", "number_miss", "visual_check_count", "second_factor_miss", "mismatch_count", "lookup_count",
     "lookup_count_progress", "idempotency", "batch_check", "batch_row"}
)  # fmt: skip
"""Tables out of which the keeper takes again what is past: they do not grow with the years."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a level needs. `lines`: how the figures come about."""

    demand: Demand
    cores: int
    workers: int
    memory_gib: float
    connections: int
    from_facilities_mbit_s: float
    to_facilities_mbit_s: float
    log_mbit_s: float
    stored_gb: float
    lines: Sequence[Line]


def cost(costs: Costs, kind: str, *quantities: str) -> Figure:
    """What one request of a kind costs, as it stands in a formula: in microseconds, or in bytes of all the quantities."""
    amount = sum(costs.of[kind].get(quantity, 0.0) for quantity in quantities)
    if quantities and quantities[0] in SECONDS:
        return number(amount * 1e6, "µs", _COST_DIGITS)
    return number(amount, "B", _COST_DIGITS)


def weighed(demand: Demand, costs: Costs, *quantities: str) -> Figure:
    """A second's requests, each kind by its cost; kinds that come together share their rate. In the demand's order."""
    by_rate: defaultdict[Line, list[Figure]] = defaultdict(list)
    for kind, line in demand.rates.items():
        by_rate[line].append(cost(costs, kind, *quantities))
    products = [line.figure * total(ones) for line, ones in by_rate.items() if any(one.value for one in ones)]
    return total(products)


def kept(costs: Costs) -> list[str]:
    """Tables that grow with the years."""
    return [name for name in costs.stored if name not in TRANSIENT]


def need(demand: Demand, costs: Costs, house: House) -> Need:
    """Everything that a level needs."""
    api = _cores("cores busy with the API", demand, costs, API)
    database = _cores("cores busy with PostgreSQL", demand, costs, DATABASE)
    beside = _cores("cores busy with keeper and worker", demand, costs, BESIDE)
    together = api.figure + database.figure + beside.figure
    cores = Line.of(f"cores, {BUSY_AT_MOST:.0%} of them busy", (together / _SHARE).up())
    sessions = Line.of("database sessions busy at a time", weighed(demand, costs, BUSY) / MICRO)
    workers = _workers(api, sessions, house)
    connections = Line.of(
        "connections",
        workers.figure * known(house.worker_connections)
        + known(house.other_connections)
        + known(house.reserved_connections),
    )
    memory = _memory(workers, connections, house)
    up = _megabits("from facilities", weighed(demand, costs, UP))
    down = _megabits("to facilities", weighed(demand, costs, DOWN))
    log = _megabits("PostgreSQL's log, to the disk and to each replica", weighed(demand, costs, WAL))
    stored = Line.of(f"stored in {demand.seconds.text}", _stored(demand, costs), "GB")
    lines = [api, database, beside, cores, sessions, workers, connections, memory, up, down, log, stored]
    return Need(
        demand, int(cores.value), int(workers.value), memory.value, int(connections.value), up.value, down.value,
        log.value, stored.value, lines,
    )  # fmt: skip


def _cores(what: str, demand: Demand, costs: Costs, quantity: str) -> Line:
    idle = number(costs.idle.get(quantity, 0.0), digits=_COST_DIGITS)
    asked = weighed(demand, costs, quantity) / MICRO
    return Line.of(what, asked + idle if idle.value else asked)


def _workers(api: Line, sessions: Line, house: House) -> Line:
    """A worker is one process, which fills one core at most, and has so many sessions for what is asked of it."""
    by_cores = Line.of("API workers, by their cores", (api.figure / _SHARE).up())
    pool = known(house.pool_connections)
    by_sessions = Line.of("API workers, by their sessions", (sessions.figure / _SHARE / pool).up())
    return max(by_cores, by_sessions, key=lambda line: line.value)


def _memory(workers: Line, connections: Line, house: House) -> Line:
    parts = [
        workers.figure * number(house.worker_mib, "MiB"),
        connections.figure * number(house.session_mib, "MiB"),
        number(house.shared_buffers_mib, "MiB"),
        number(house.other_mib, "MiB"),
    ]
    return Line.of("memory, without the disk's cache", total(parts) / known(1024), "GiB")


def _megabits(what: str, bytes_a_second: Figure) -> Line:
    return Line.of(what, bytes_a_second * BITS / MEGA, "Mbit/s")


def _stored(demand: Demand, costs: Costs) -> Figure:
    tables = [STORED + table for table in kept(costs)]
    return weighed(demand, costs, *tables) * demand.seconds / GIGA
