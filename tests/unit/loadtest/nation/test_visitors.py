"""Visitors, dealt out to several generators."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

import pytest

from loadtest.model.events import Membership
from loadtest.nation.cards import Card
from loadtest.nation.visitors import Visitors
from tests.unit.loadtest.nation.builders import terminal

ALL = Visitors(
    [terminal(weight=weight) for weight in (0.4, 0.3, 0.2, 0.1)],
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
