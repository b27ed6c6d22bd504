"""Storage over the years, with its arithmetic: records, consents with evidence, enrolments. Pure.

Used nonces are not included: they are dropped with their partition, after an hour and a quarter at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadtest.planning import assumptions
from loadtest.planning.arithmetic import Figure, Step, exact, number, total
from loadtest.planning.costs import STORED, WAL, Costs
from loadtest.planning.demand import BATCH_ROW, CARD_CHECK, DISPENSING, NUMBER, PRESCRIPTION, Demand
from loadtest.planning.deployment import Deployment
from loadtest.planning.requirements import GIGA, cost, per_second, retained_tables
from loadtest.scenario.consents import SHARES
from loadtest.sections import Text

_TERA = exact(1_000_000_000_000)


@dataclass(frozen=True, slots=True)
class RetainedData:
    """The data retained for five years, with a share of checks by card. `steps`: the arithmetic."""

    meaning: Text
    terabytes: float
    steps: Sequence[Step]


def retained_data(meaning: Text, by_card: Figure, costs: Costs) -> RetainedData:
    """The growth of every retained table in five years."""
    checks = Step.of(
        "checks in five years", assumptions.CHECKS_PER_MONTH * assumptions.MONTHS * assumptions.YEARS
    )
    cards = Step.of("by card", checks.figure * by_card)
    batches = Step.of("in batches", checks.figure * assumptions.BY_BATCH)
    numbers = Step.of("by number", checks.figure * (exact(1) - by_card - assumptions.BY_BATCH))
    steps, sums = [checks, cards, batches, numbers], []
    for table in retained_tables(costs):
        of_a_card = Step.of(f"{table}, a check by card", _of_a_card_check(costs, STORED + table), "B")
        parts = [
            cards.figure * of_a_card.figure,
            batches.figure * cost(costs, BATCH_ROW, STORED + table),
            numbers.figure * cost(costs, NUMBER, STORED + table),
        ]
        growth = Step.of(f"{table} in five years", total(part for part in parts if part.value) / _TERA, "TB")
        if growth.value:
            steps += [of_a_card, growth] if of_a_card.value else [growth]
            sums.append(growth.figure)
    together = Step.of("five years, each copy", total(sums), "TB")
    return RetainedData(meaning, together.value, [*steps, together])


def other_storage(busiest: Demand, costs: Costs, deployment: Deployment) -> list[Step]:
    """Storage that does not grow: present enrolments, used nonces at the peak, one Monday's log."""
    enrolments = assumptions.ENROLMENT_ROWS * number(deployment.enrolment_bytes, "B", 3)
    indexes = assumptions.ENROLMENT_ROWS * number(deployment.enrolment_index_bytes, "B", 3)
    nonces = per_second(busiest, costs, f"{STORED}used_nonce") * assumptions.NONCE_RETENTION
    of_a_card = Step.of("PostgreSQL's log of a check by card", _of_a_card_check(costs, WAL), "B")
    a_check = (
        assumptions.BY_CARD_TODAY * of_a_card.figure
        + assumptions.BY_BATCH * cost(costs, BATCH_ROW, WAL)
        + (exact(1) - assumptions.BY_CARD_TODAY - assumptions.BY_BATCH) * cost(costs, NUMBER, WAL)
    )
    return [
        Step.of("enrolments, one version each", enrolments / _TERA, "TB"),
        Step.of("their indexes, which memory should hold", indexes / GIGA, "GB"),
        Step.of(f"used nonces, if {busiest.name} lasted", nonces / GIGA, "GB"),
        of_a_card,
        Step.of("PostgreSQL's log of a busy Monday", assumptions.CHECKS_PER_MONDAY * a_check / GIGA, "GB"),
    ]


def _of_a_card_check(costs: Costs, quantity: str) -> Figure:
    """The cost of a check by card: its requests, and its share of histories and prescriptions."""
    own = [cost(costs, kind, quantity) for kind in CARD_CHECK]
    histories = [exact(share) * cost(costs, resource.value, quantity) for resource, share in SHARES.items()]
    elsewhere = exact(1) - assumptions.AT_PHARMACIES
    entries = [
        assumptions.PRESCRIPTION_SHARE * elsewhere * cost(costs, PRESCRIPTION, quantity),
        assumptions.PRESCRIPTION_SHARE * assumptions.AT_PHARMACIES * cost(costs, DISPENSING, quantity),
    ]
    return total(figure for figure in [*own, *histories, *entries] if figure.value)
