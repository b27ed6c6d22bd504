"""Normalisation of names and addresses for a search."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.domain.text import folded_text


@pytest.mark.parametrize(
    "alike",
    [
        ("架空県１－２－３", "架空県1-2-3", "架空県 1\u20102\u22123", "架空県1\u30fc2\u30fc3"),
        ("ﾐﾎﾝ　ﾊﾅｺ", "ミホンハナコ", "ミホン ハナコ"),
        ("か\u3099", "が", "か \u3099"),
        ("試験　見本", "試験見本"),
    ],
)
def test_width_spaces_and_hyphens_do_not_matter(alike: tuple[str, ...]) -> None:
    """Rule W15."""
    assert len({folded_text(text) for text in alike}) == 1


@pytest.mark.parametrize(
    "pair",
    [("架空県1-23", "架空県12-3"), ("見本", "見夲"), ("ミホン", "みほん"), ("渡辺", "渡邊"), ("X", "-")],
)
def test_other_differences_matter(pair: tuple[str, str]) -> None:
    """Rule W15."""
    assert folded_text(pair[0]) != folded_text(pair[1])


@given(st.text())
def test_folding_is_idempotent(text: str) -> None:
    """Rule W15."""
    assert folded_text(folded_text(text)) == folded_text(text)
