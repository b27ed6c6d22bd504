"""Requirements and storage from demand and costs: every step by hand, and the whole in round numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadtest.planning.arithmetic import Step, number
from loadtest.planning.costs import API, BUSY
from loadtest.planning.demand import BATCH_ROW, CHALLENGE, NUMBER, Demand, demands
from loadtest.planning.requirements import requirement, retained_tables
from loadtest.planning.retention import RetainedData, other_storage, retained_data
from loadtest.sections import Text
from tests.unit.loadtest.planning.builders import COSTS, DEPLOYMENT
from tests.unit.loadtest.planning.by_hand import is_right

DEMANDS = {demand.name: demand for demand in demands(DEPLOYMENT.token_seconds)}


def demand(**rates: float) -> Demand:
    steps = {kind.replace("_", " "): Step.of(kind, number(rate), "/s") for kind, rate in rates.items()}
    return Demand("level", Text("例", "one"), number(1000, "s"), steps, list(steps.values()))


@pytest.mark.parametrize("level", DEMANDS.values(), ids=lambda demand: demand.name)
def test_every_step_evaluates_to_its_value(level: Demand) -> None:
    steps = requirement(level, COSTS, DEPLOYMENT).steps
    assert steps
    assert all(map(is_right, steps))


def test_a_thousand_look_ups_by_number_per_second() -> None:
    required = requirement(demand(number=1000), COSTS, DEPLOYMENT)
    # 1 ms of the API and 0.5 ms of PostgreSQL each, plus 0.01 + 0.02 + 0.03 of idleness: 1.56 ÷ 0.70.
    assert (required.cores, required.workers) == (3, 2)
    # 12 for each of two workers, 34 for the others, and 3 that PostgreSQL reserves.
    assert required.connections == 2 * 12 + 34 + 3
    # 2 × 100 and 61 × 5 MiB, 1,024 for shared buffers, 200 for the others.
    assert required.memory_gib == pytest.approx((200 + 305 + 1024 + 200) / 1024, rel=0.001)
    assert (required.from_facilities_mbit_s, required.to_facilities_mbit_s, required.log_mbit_s) == (
        4.0,
        8.0,
        8.0,
    )
    # 500 bytes of record each, for 1,000 seconds.
    assert required.stored_gb == 0.5


@pytest.mark.parametrize(
    ("per_s", "cores", "workers"),
    [(0.0001, 1, 1), (100, 1, 1), (689, 2, 1), (691, 2, 2), (1389, 4, 2), (10_000, 22, 15)],
)
def test_cores_and_workers_are_whole_numbers_at_70_percent_utilisation(
    per_s: float, cores: int, workers: int
) -> None:
    required = requirement(demand(number=per_s), COSTS, DEPLOYMENT)
    assert (required.cores, required.workers) == (cores, workers)


def test_sessions_that_wait_for_the_disk_require_more_workers_than_cores_do() -> None:
    slow = replace(COSTS, of={NUMBER: {API: 0.0001, BUSY: 0.050}})
    required = requirement(demand(number=1000), slow, DEPLOYMENT)
    # 50 sessions busy at a time; a worker has eight, of which 70 % may be busy: ⌈50 ÷ 0.7 ÷ 8⌉.
    assert required.workers == 9
    assert any("by their sessions" in step.label for step in required.steps)


def test_batches_load_the_job_runner_and_not_the_api() -> None:
    required = requirement(demand(batch_row=100), COSTS, DEPLOYMENT)
    assert required.workers == 1
    background = next(step for step in required.steps if "job runner" in step.label)
    assert background.value == pytest.approx(100 * 0.002 + 0.03)


def test_a_challenge_stores_nothing_in_the_database() -> None:
    required = requirement(demand(challenge=100), COSTS, DEPLOYMENT)
    assert (required.stored_gb, required.log_mbit_s) == (0, 0)
    assert CHALLENGE in COSTS.of


def test_transient_tables_are_not_retained() -> None:
    assert retained_tables(COSTS) == ["audit_record", "consent_evidence", "prescription_entry"]


def five_years(by_card: float) -> RetainedData:
    return retained_data(Text("例", "so"), number(by_card, digits=None), COSTS)


def test_five_years_of_nationwide_checks() -> None:
    """16.476 billion checks, by bytes of each.

    By number or in a batch 500 bytes of record; by card 1,100 + 1.458 × 500 and 4,000, and for the three in
    ten with a prescription 300 or, at pharmacies, 400.
    """
    checks = 274_600_000 * 60
    at_pharmacies = 111.51 / 274.58
    entry = 0.3 * (at_pharmacies * 400 + (1 - at_pharmacies) * 300)
    by_card = 1100 + (0.291 + 0.292 + 0.575 + 0.3) * 500 + 4000 + entry
    retained = five_years(0.3714)
    assert retained.steps
    assert all(map(is_right, retained.steps))
    assert retained.terabytes == pytest.approx(checks * (0.3714 * by_card + 0.6286 * 500) / 1e12, rel=0.001)
    assert five_years(0.70).terabytes > retained.terabytes


def test_storage_that_does_not_grow_over_the_years() -> None:
    steps = other_storage(DEMANDS["L1"], COSTS, DEPLOYMENT)
    assert steps
    assert all(map(is_right, steps))
    values = {step.label: step.value for step in steps}
    assert values["enrolments, one version each"] == pytest.approx(0.16)
    assert values["their indexes, which memory should hold"] == 64
    rates = DEMANDS["L1"].rates
    nonces = 100 * sum(rates[kind].value for kind in ("card", "consent", "token")) * 4500 / 1e9
    assert values["used nonces, if L1 lasted"] == pytest.approx(nonces, rel=0.001)
    a_monday = 17.06e6 * (0.3714 * (1000 + 5000 + 1.458 * 1000) + 0.6286 * 1000) / 1e9
    assert values["PostgreSQL's log of a busy Monday"] == pytest.approx(a_monday, rel=0.001)


def test_every_requirement_has_its_arithmetic() -> None:
    required = requirement(DEMANDS["L1"], COSTS, DEPLOYMENT)
    values = {step.value for step in required.steps}
    assert {
        required.cores,
        required.workers,
        required.connections,
        required.memory_gib,
        required.stored_gb,
        required.log_mbit_s,
    } <= values
    assert BATCH_ROW not in required.demand.rates
