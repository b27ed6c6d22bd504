"""Locust's tags choose how checks are made."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from loadtest.conductor.levels import tagged
from loadtest.scenario.levels import LEVELS


@pytest.mark.parametrize(
    ("tags", "excluded", "by_card"),
    [
        (None, None, 0.37), ([], [], 0.37), (["card", "number"], None, 0.37), (["card"], None, 1.0),
        (["number"], None, 0.0), (None, ["card"], 0.0), (None, ["number"], 1.0), (["card"], ["card"], 0.37),
    ],
)  # fmt: skip
def test_a_tag_leaves_one_kind_of_checks(
    tags: Collection[str] | None, excluded: Collection[str] | None, by_card: float
) -> None:
    assert tagged(LEVELS["L1"], tags, excluded).by_card == by_card
