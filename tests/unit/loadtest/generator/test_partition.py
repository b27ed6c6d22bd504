"""The number of generators for a plan, and their assignments."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.dataset.cards import Card
from loadtest.dataset.visitors import Visitors
from loadtest.errors import LoadError
from loadtest.generator.client_faults import ClientFault
from loadtest.generator.partition import make_assignments, required_generators, split_command
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from tests.builders.cards import rsa_key
from tests.depth import max_examples
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.generator.builders import FUND, MEMBERSHIPS, PLAN, visitors


@pytest.mark.parametrize(
    ("level", "scale", "generators"),
    [
        ("L0", 0.1, 1),
        ("L0", 1.0, 1),
        ("L1", 1.0, 2),
        ("L3", 1.0, 10),
        ("storm", 1.0, 5),
        ("batch-night", 1.0, 1),
        ("day", 1.0, 3),
    ],
)
def test_the_number_of_generators_grows_with_the_load(
    monkeypatch: pytest.MonkeyPatch, level: str, scale: float, generators: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    assert required_generators(Plan(LEVELS[level], 60.0, scale, 1), visitors(20)) == generators


def test_there_are_no_more_generators_than_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert required_generators(Plan(LEVELS["L3"], 60.0, 1.0, 1), visitors(20)) == 2


def test_there_are_no_more_generators_than_facilities(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    assert required_generators(Plan(LEVELS["L3"], 60.0, 1.0, 1), visitors(4)) == 4


def test_assignments_partition_rate_terminals_and_patients() -> None:
    plan = Plan(LEVELS["L1"], 60.0, 0.5, 1)
    fault = ClientFault(1.0, 2.0, new_connections=5)
    assignments = make_assignments(FUND, plan, visitors(4), 2, [fault])
    assert sum(one.plan.checks_per_s for one in assignments) == pytest.approx(plan.checks_per_s)
    # Weights 1 to 4, assigned in turn: a generator's rate is that of its terminals.
    assert [one.plan.scale for one in assignments] == [pytest.approx(0.5 * 0.4), pytest.approx(0.5 * 0.6)]
    assert [len(one.cards) for one in assignments] == [2, 2]
    assert [one.client_faults[0].new_connections for one in assignments] == [3, 3]
    assert assignments[0].plan.seed != assignments[1].plan.seed


def test_a_single_generator_runs_the_plan_itself() -> None:
    [only] = make_assignments(FUND, PLAN, visitors(4), 1)
    assert only.plan == PLAN


def test_more_generators_than_facilities_are_rejected() -> None:
    with pytest.raises(LoadError, match="too few facilities or cards for 5 generators"):
        make_assignments(FUND, PLAN, visitors(4), 5)


def test_a_command_line_is_split_and_gets_the_ports_of_fund_and_master() -> None:
    typed = "ssh -R {port}:127.0.0.1:{port} -R {master_port}:127.0.0.1:{master_port} other 'locust --worker'"
    assert split_command(typed, FUND, 5557) == [
        "ssh", "-R", "8400:127.0.0.1:8400", "-R", "5557:127.0.0.1:5557", "other", "locust --worker",
    ]  # fmt: skip


@pytest.mark.parametrize("typed", ["ssh 'other", 'ssh "', "", "  "])
def test_a_command_line_that_starts_nothing_is_refused(typed: str) -> None:
    with pytest.raises(LoadError, match="invalid command line"):
        split_command(typed, FUND, 1)


@pytest.mark.parametrize(("url", "port"), [("http://127.0.0.1:8400", "8400"), ("http://localhost", "80")])
def test_a_url_without_a_port_has_that_of_its_scheme(url: str, port: str) -> None:
    assert split_command("forward {port} {port}", url, 1) == ["forward", port, port]


@max_examples(30)
@given(count=st.integers(1, 12), people=st.integers(12, 40), scale=st.floats(0.001, 10))
def test_parts_keep_the_rate_every_terminal_and_every_patient_once(
    count: int, people: int, scale: float
) -> None:
    plan, population = Plan(LEVELS["L1"], 60.0, scale, 7), many(people)
    assignments = make_assignments(FUND, plan, population, count)
    assert sum(one.plan.checks_per_s for one in assignments) == pytest.approx(plan.checks_per_s)
    assert len({one.plan.seed for one in assignments}) == count
    cards = [card.resident_id for one in assignments for card in one.cards]
    assert sorted(cards) == [card.resident_id for card in population.cards]
    numbers = [one.number for assignment in assignments for one in assignment.memberships]
    assert sorted(numbers) == sorted(one.number for one in population.memberships)
    assert sum(len(one.terminals) for one in assignments) == people


@pytest.mark.parametrize(("connections", "count", "each"), [(128, 1, 128), (128, 3, 43), (0, 2, 0), (1, 4, 1), (None, 2, None)])  # fmt: skip
def test_reopened_connections_are_shared_and_no_generator_opens_too_few(
    connections: int | None, count: int, each: int | None
) -> None:
    fault = ClientFault(1.0, 1.0, new_connections=connections, tokens_lost=True)
    assignments = make_assignments(FUND, PLAN, visitors(4), count, [fault])
    assert [one.client_faults[0].new_connections for one in assignments] == [each] * count
    assert all(one.client_faults[0].tokens_lost for one in assignments)


def many(count: int) -> Visitors:
    """Facilities with a terminal each, as many cards with one key, and memberships."""
    cards = [Card(f"R1-{number:08}", b"\x30", rsa_key(0), 0) for number in range(count)]
    terminals = [terminal(weight=1.0 + place % 5, institution_code=str(place)) for place in range(count)]
    return Visitors(terminals, cards, MEMBERSHIPS[:12])
