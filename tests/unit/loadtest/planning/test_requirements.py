"""From requests and costs to a machine: each line by hand, and the whole of it for round numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadtest.planning.arithmetic import Line, number
from loadtest.planning.costs import API, BUSY
from loadtest.planning.demand import BATCH_ROW, CHALLENGE, NUMBER, Demand, demands
from loadtest.planning.requirements import Need, kept, need
from loadtest.planning.retention import RetainedData, kept_for_years, other_storage
from tests.unit.loadtest.planning.builders import COSTS, HOUSE
from tests.unit.loadtest.planning.by_hand import is_right

DEMANDS = {demand.name: demand for demand in demands(HOUSE.token_seconds)}


def demand(**rates: float) -> Demand:
    lines = {kind.replace("_", " "): Line.of(kind, number(rate), "/s") for kind, rate in rates.items()}
    return Demand("level", "one", number(1000, "s"), lines, list(lines.values()))


@pytest.mark.parametrize("level", DEMANDS.values(), ids=lambda demand: demand.name)
def test_every_line_comes_to_its_value(level: Demand) -> None:
    assert all(map(is_right, need(level, COSTS, HOUSE).lines))


def test_a_thousand_look_ups_by_number_in_a_second() -> None:
    told = need(demand(number=1000), COSTS, HOUSE)
    # 1 ms of the API and 0.5 ms of PostgreSQL each, beside 0.01 + 0.02 + 0.03 of idleness: 1.56 ÷ 0.70.
    assert (told.cores, told.workers) == (3, 2)
    # Two workers of 12, 34 of the others, and 3 that PostgreSQL keeps.
    assert told.connections == 2 * 12 + 34 + 3
    # 2 × 100 and 61 × 5 MiB, 1,024 of shared buffers, 200 of the others.
    assert told.memory_gib == pytest.approx((200 + 305 + 1024 + 200) / 1024, rel=0.001)
    assert (told.from_facilities_mbit_s, told.to_facilities_mbit_s, told.log_mbit_s) == (4.0, 8.0, 8.0)
    # 500 bytes of record each, for 1,000 seconds.
    assert told.stored_gb == 0.5


@pytest.mark.parametrize(
    ("per_s", "cores", "workers"),
    [(0.0001, 1, 1), (100, 1, 1), (689, 2, 1), (691, 2, 2), (1389, 4, 2), (10_000, 22, 15)],
)
def test_cores_and_workers_are_whole_and_seven_tenths_busy(per_s: float, cores: int, workers: int) -> None:
    told = need(demand(number=per_s), COSTS, HOUSE)
    assert (told.cores, told.workers) == (cores, workers)


def test_where_sessions_wait_long_for_the_disk_there_are_more_workers_than_cores_ask_for() -> None:
    slow = replace(COSTS, of={NUMBER: {API: 0.0001, BUSY: 0.050}})
    told = need(demand(number=1000), slow, HOUSE)
    # 50 sessions busy at a time; of eight of a worker 70 % are to be busy at most: ⌈50 ÷ 0.7 ÷ 8⌉.
    assert told.workers == 9
    assert any("by their sessions" in line.what for line in told.lines)


def test_batches_are_the_worker_s_and_not_the_api_s() -> None:
    told = need(demand(batch_row=100), COSTS, HOUSE)
    assert told.workers == 1
    beside = next(line for line in told.lines if "worker" in line.what)
    assert beside.value == pytest.approx(100 * 0.002 + 0.03)


def test_a_challenge_leaves_nothing_in_the_database() -> None:
    told = need(demand(challenge=100), COSTS, HOUSE)
    assert (told.stored_gb, told.log_mbit_s) == (0, 0)
    assert CHALLENGE in COSTS.of


def test_what_goes_with_its_hour_is_not_kept() -> None:
    assert kept(COSTS) == ["audit_record", "consent_evidence", "prescription_entry"]


def five_years(by_card: float) -> RetainedData:
    return kept_for_years("so", number(by_card, digits=None), COSTS)


def test_five_years_of_the_nation_s_checks() -> None:
    """16.476 billion checks; each by number or in a batch 500 bytes of record, each by card 1,100 + 1.458 × 500 and 4,000,
    and of the three in ten that are told of 300 or, at pharmacies, 400.
    """
    checks = 274_600_000 * 60
    at_pharmacies = 111.51 / 274.58
    entry = 0.3 * (at_pharmacies * 400 + (1 - at_pharmacies) * 300)
    by_card = 1100 + (0.291 + 0.292 + 0.575 + 0.3) * 500 + 4000 + entry
    kept_ones = five_years(0.3714)
    assert all(map(is_right, kept_ones.lines))
    assert kept_ones.terabytes == pytest.approx(checks * (0.3714 * by_card + 0.6286 * 500) / 1e12, rel=0.001)
    assert five_years(0.70).terabytes > kept_ones.terabytes


def test_what_does_not_grow_with_the_years() -> None:
    lines = other_storage(DEMANDS["L1"], COSTS, HOUSE)
    assert all(map(is_right, lines))
    values = {line.what: line.value for line in lines}
    assert values["enrolments, one version each"] == pytest.approx(0.16)
    assert values["their indexes, which memory should hold"] == 64
    rates = DEMANDS["L1"].rates
    spent = 100 * sum(rates[kind].value for kind in ("card", "consent", "token")) * 4500 / 1e9
    assert values["spent challenges, were L1 to last"] == pytest.approx(spent, rel=0.001)
    a_monday = 17.06e6 * (0.3714 * (1000 + 5000 + 1.458 * 1000) + 0.6286 * 1000) / 1e9
    assert values["PostgreSQL's log of a busy Monday"] == pytest.approx(a_monday, rel=0.001)


def test_everything_that_is_needed_is_told_with_its_arithmetic() -> None:
    told: Need = need(DEMANDS["L1"], COSTS, HOUSE)
    values = {line.value for line in told.lines}
    assert {
        told.cores,
        told.workers,
        told.connections,
        told.memory_gib,
        told.stored_gb,
        told.log_mbit_s,
    } <= values
    assert BATCH_ROW not in told.demand.rates
