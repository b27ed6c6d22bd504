"""Partitioning of visitors among generators; drawing of memberships."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any, cast

import pytest

from eligibility_api.contract.codes import FacilityKind
from loadtest.dataset.bulk_population import BulkPartition
from loadtest.dataset.cards import Card
from loadtest.dataset.visitors import Visitors
from loadtest.model.events import Membership
from tests.unit.loadtest.dataset.builders import terminal

ALL = Visitors(
    [
        terminal(weight=weight, institution_code=code)
        for code, weight in (("1", 0.2), ("1", 0.2), ("2", 0.3), ("3", 0.2), ("4", 0.1))
    ],
    [Card(f"R1-{number:08}", b"", cast(Any, None), 0) for number in range(5)],
    [Membership("06130017", None, str(number), None, date(1980, 1, 1)) for number in range(7)],
)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_partitions_are_complete_and_disjoint(count: int) -> None:
    parts = ALL.partition(count)
    assert len(parts) == count
    assert sorted(card.resident_id for part in parts for card in part.cards) == [
        card.resident_id for card in ALL.cards
    ]
    assert sorted(one.number for part in parts for one in part.memberships) == list("0123456")
    assert sum(part.weight for part in parts) == pytest.approx(ALL.weight)


def test_no_part_is_empty() -> None:
    parts = ALL.partition(4)
    assert len(parts) == 4
    for part in parts:
        assert part.terminals
        assert part.cards
        assert part.memberships


@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_facility_is_not_split(count: int) -> None:
    [of_first] = [
        part for part in ALL.partition(count) if "1" in {t.institution_code for t in part.terminals}
    ]
    assert [t.institution_code for t in of_first.terminals].count("1") == 2


def test_weights_are_summed_by_kind() -> None:
    mixed = Visitors([terminal(weight=0.4), terminal(FacilityKind.PHARMACY, 0.6)], [], [])
    assert mixed.weights == {FacilityKind.CLINIC: 0.4, FacilityKind.PHARMACY: 0.6}


def test_drawn_memberships_include_the_bulk_population() -> None:
    with_bulk = replace(ALL, bulk=BulkPartition(63))
    draw = with_bulk.membership_sampler()
    rng = Random(1)
    drawn = Counter(draw(rng).number for _ in range(20_000))
    assert len(drawn) == 63 + 1  # of the seven, six have the same number as a person of the bulk population
    assert sum(count for number, count in drawn.items() if int(number) > 6) == pytest.approx(16_300, rel=0.05)
