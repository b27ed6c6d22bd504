"""Visitors, dealt out to several generators."""

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


@pytest.mark.parametrize("hands", [1, 2, 3, 4])
def test_everybody_is_dealt_once(hands: int) -> None:
    dealt = ALL.deal(hands)
    assert len(dealt) == hands
    assert sorted(card.resident_id for one in dealt for card in one.cards) == [
        card.resident_id for card in ALL.cards
    ]
    assert sorted(one.number for part in dealt for one in part.memberships) == list("0123456")
    assert sum(part.weight for part in dealt) == pytest.approx(ALL.weight)


def test_nobody_is_left_without() -> None:
    for part in ALL.deal(4):
        assert part.terminals
        assert part.cards
        assert part.memberships


@pytest.mark.parametrize("hands", [2, 3, 4])
def test_a_facility_stays_together(hands: int) -> None:
    [of_first] = [part for part in ALL.deal(hands) if "1" in {t.institution_code for t in part.terminals}]
    assert [t.institution_code for t in of_first.terminals].count("1") == 2


def test_the_weights_are_told_by_kind() -> None:
    mixed = Visitors([terminal(weight=0.4), terminal(FacilityKind.PHARMACY, 0.6)], [], [])
    assert mixed.weights == {FacilityKind.CLINIC: 0.4, FacilityKind.PHARMACY: 0.6}


def test_whoever_is_asked_about_by_number_is_anybody_of_the_crowd_too() -> None:
    crowded = replace(ALL, bulk=BulkPartition(63))
    draw = crowded.membership_sampler()
    rng = Random(1)
    drawn = Counter(draw(rng).number for _ in range(20_000))
    assert len(drawn) == 63 + 1  # of the seven, six have a number that one of the crowd has too
    assert sum(count for number, count in drawn.items() if int(number) > 6) == pytest.approx(16_300, rel=0.05)
