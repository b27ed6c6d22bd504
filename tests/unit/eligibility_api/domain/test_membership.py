"""Memberships are compared without regard to width, spaces and hyphens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.domain.membership import comparable

texts = st.text("ＡＢａｂ12１２見本ｱカｶ-‐−－ーｰ 　・/", max_size=20)
parts = st.none() | texts


@pytest.mark.parametrize(
    ("stated", "enrolled"),
    [
        (("見本", "123", "00"), ("見本", "１２３", "００")),
        (("見本", "12-3", "00"), ("見本", "12‐3", "00")),
        (("見本", "12ー3", "00"), ("見本", "12−3", "00")),
        (("見 本", " 123 ", "00"), ("見　本", "123", "00")),
        (("ｶﾅ", "123", None), ("カナ", "123", "")),
        ((None, "123", None), ("", "123", "")),
        (("見本", "1ー-ー2", "00"), ("見本", "12", "00")),
    ],
)
def test_two_spellings_of_one_membership_are_equal(
    stated: tuple[str | None, str, str | None], enrolled: tuple[str | None, str, str | None]
) -> None:
    """Rule R1."""
    assert comparable(*stated) == comparable(*enrolled)


@pytest.mark.parametrize(
    ("stated", "enrolled"),
    [
        (("見本", "123", "00"), ("見本", "123", "01")),
        (("見本", "123", "00"), ("見本", "124", "00")),
        (("見本", "123", "00"), (None, "123", "00")),
        (("見本", "0123", "00"), ("見本", "123", "00")),
        (("1", "23", None), ("12", "3", None)),
        (("a", "1", None), ("A", "1", None)),
        (("AB・C", "1/2", "00"), ("ABC", "12", "00")),
        (("サービス", "1", None), ("サビス", "1", None)),
    ],
)
def test_two_memberships_differ(
    stated: tuple[str | None, str, str | None], enrolled: tuple[str | None, str, str | None]
) -> None:
    """Rule R1."""
    assert comparable(*stated) != comparable(*enrolled)


@given(parts, texts, parts)
def test_normalising_is_idempotent(symbol: str | None, number: str, branch: str | None) -> None:
    """Rule R1."""
    once = comparable(symbol, number, branch)
    assert comparable(*once) == once
