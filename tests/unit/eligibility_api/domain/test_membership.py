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
def test_two_spellings_of_one_membership_are_the_same(
    stated: tuple[str | None, str, str | None], enrolled: tuple[str | None, str, str | None]
) -> None:
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
def test_two_memberships_are_told_apart(
    stated: tuple[str | None, str, str | None], enrolled: tuple[str | None, str, str | None]
) -> None:
    assert comparable(*stated) != comparable(*enrolled)


@given(parts, texts, parts)
def test_what_was_made_comparable_stays_as_it_is(symbol: str | None, number: str, branch: str | None) -> None:
    once = comparable(symbol, number, branch)
    assert comparable(*once) == once
