"""What is kept for years, with the arithmetic of it: the record of every check, what proves the consents, the enrolments. Pure.

Spent challenges are no part of it: they go with their partition, an hour and a quarter later at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadtest.planning import assumptions
from loadtest.planning.arithmetic import Figure, Line, number, total
from loadtest.planning.assumptions import known
from loadtest.planning.costs import STORED, WAL, Costs
from loadtest.planning.demand import BATCH_ROW, DISPENSING, NUMBER, OF_A_CARD, PRESCRIPTION, Demand
from loadtest.planning.deployment import House
from loadtest.planning.requirements import GIGA, cost, kept, weighed
from loadtest.scenario.consents import SHARES

_TERA = known(1_000_000_000_000)


@dataclass(frozen=True, slots=True)
class RetainedData:
    """What is stored after the years, under a share of checks by card. `lines`: how it comes about."""

    meaning: str
    terabytes: float
    lines: Sequence[Line]


def kept_for_years(meaning: str, by_card: Figure, costs: Costs) -> RetainedData:
    """Every table that grows by checks, after five years of them."""
    checks = Line.of(
        "checks in five years", assumptions.CHECKS_A_MONTH * assumptions.MONTHS * assumptions.YEARS
    )
    cards = Line.of("by card", checks.figure * by_card)
    batches = Line.of("in batches", checks.figure * assumptions.BY_BATCH)
    numbers = Line.of("by number", checks.figure * (known(1) - by_card - assumptions.BY_BATCH))
    lines, sums = [checks, cards, batches, numbers], []
    for table in kept(costs):
        of_a_card = Line.of(f"{table}, a check by card", _of_a_card(costs, STORED + table), "B")
        parts = [
            cards.figure * of_a_card.figure,
            batches.figure * cost(costs, BATCH_ROW, STORED + table),
            numbers.figure * cost(costs, NUMBER, STORED + table),
        ]
        grown = Line.of(f"{table} in five years", total(one for one in parts if one.value) / _TERA, "TB")
        if grown.value:
            lines += [of_a_card, grown] if of_a_card.value else [grown]
            sums.append(grown.figure)
    together = Line.of("five years, each copy", total(sums), "TB")
    return RetainedData(meaning, together.value, [*lines, together])


def other_storage(busiest: Demand, costs: Costs, house: House) -> list[Line]:
    """What does not grow with the years: enrolments as of one day, spent challenges at the busiest, a Monday's log."""
    enrolments = assumptions.ENROLMENT_ROWS * number(house.enrolment_bytes, "B", 3)
    indexes = assumptions.ENROLMENT_ROWS * number(house.enrolment_index_bytes, "B", 3)
    spent = weighed(busiest, costs, f"{STORED}spent") * assumptions.SPENT_FOR
    of_a_card = Line.of("PostgreSQL's log of a check by card", _of_a_card(costs, WAL), "B")
    a_check = (
        assumptions.BY_CARD_TODAY * of_a_card.figure
        + assumptions.BY_BATCH * cost(costs, BATCH_ROW, WAL)
        + (known(1) - assumptions.BY_CARD_TODAY - assumptions.BY_BATCH) * cost(costs, NUMBER, WAL)
    )
    return [
        Line.of("enrolments, one version each", enrolments / _TERA, "TB"),
        Line.of("their indexes, which memory should hold", indexes / GIGA, "GB"),
        Line.of(f"spent challenges, were {busiest.name} to last", spent / GIGA, "GB"),
        of_a_card,
        Line.of("PostgreSQL's log of a busy Monday", assumptions.CHECKS_A_MONDAY * a_check / GIGA, "GB"),
    ]


def _of_a_card(costs: Costs, quantity: str) -> Figure:
    """A check by card: its own requests, and its part of look-ups, prescriptions and dispensings."""
    own = [cost(costs, kind, quantity) for kind in OF_A_CARD]
    looks = [known(share) * cost(costs, look_up.value, quantity) for look_up, share in SHARES.items()]
    told = [
        assumptions.TOLD_OF * (known(1) - assumptions.AT_PHARMACIES) * cost(costs, PRESCRIPTION, quantity),
        assumptions.TOLD_OF * assumptions.AT_PHARMACIES * cost(costs, DISPENSING, quantity),
    ]
    return total(figure for figure in [*own, *looks, *told] if figure.value)
