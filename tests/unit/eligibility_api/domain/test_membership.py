"""Memberships are compared without regard to width, case, spaces and hyphens; contents by their digest."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.domain import membership
from eligibility_api.domain.membership import CONTENT, IDENTITY, canonical, comparable, digest

texts = st.text("ＡＢａｂ12１２見本ｱカｶ-‐−－ーｰ 　・/", max_size=20)
parts = st.none() | texts


@pytest.mark.parametrize(
    ("stated", "enrolled"),
    [
        (("見本", "123", "00"), ("見本", "１２３", "00")),
        (("Ａb", "12c", None), ("aB", "１２Ｃ", None)),
        (("見\u200b本", "\ufeff123", None), ("見本", "123", None)),
        (("カ゛", "1", None), ("ｶﾞ", "1", None)),
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
        (("AB・C", "1/2", "00"), ("ABC", "12", "00")),
        (("サービス", "1", None), ("サビス", "1", None)),
    ],
)
def test_two_memberships_differ(
    stated: tuple[str | None, str, str | None], enrolled: tuple[str | None, str, str | None]
) -> None:
    """Rule R1."""
    assert comparable(*stated) != comparable(*enrolled)


def test_what_is_absent_is_empty() -> None:
    """Rule R1."""
    assert comparable(None, "1", None) == ("", "1", "")


@given(parts, texts, parts)
def test_normalising_is_idempotent(symbol: str | None, number: str, branch: str | None) -> None:
    """Rule R1."""
    once = comparable(symbol, number, branch)
    assert comparable(*once) == once


PLAIN: dict[str, Any] = {
    "certificate_kind": "01",
    "symbol": "見本",
    "number": "1234567",
    "branch": "00",
    "relationship": "1",
    "name": "試験　見本",
    "name_kana": "シケン ミホン",
    "sex": "2",
    "birth_date": date(1980, 5, 17),
    "address": "架空県見本市1-1",
    "acquired_on": date(2024, 4, 1),
    "nondisclosure": False,
    "self_disclosure_blocked": False,
}
PERIOD = {"valid_from": "2024-08-01", "valid_to": "2025-07-31"}
WHOLE = PLAIN | {
    "relationship": "2",
    "insured_name": "試験　本人",
    "insured_birth_date": date(1950, 1, 2),
    "name_alias": "通称　見本",
    "name_alias_kana": "ツウショウ ミホン",
    "sex_on_certificate": "1",
    "postal_code": "000-0000",
    "lost_on": date(2026, 3, 1),
    "reason_of_loss": "01",
    "issued_on": date(2024, 3, 1),
    "valid_from": date(2024, 4, 1),
    "valid_to": date(2026, 3, 31),
    "burden_ratio": 20,
    "elderly_certificate": PERIOD | {"burden_ratio": 20},
    "limit_certificate": PERIOD | {"kind": "01", "limit_class": "A03"},
    "specific_diseases": [PERIOD | {"disease": "1", "self_pay": 10_000}],
    "nondisclosure": True,
    "self_disclosure_blocked": True,
}
DIGESTS = [
    pytest.param(PLAIN, "8e215ea0243dba29f2c32a09a4cb2e0d", id="plain"),
    pytest.param(WHOLE, "8b3e05f178d343d6e5c19318f1f64d0c", id="whole"),
]
"""Contents, and the digests under which the fund has stored them from the beginning."""


@pytest.mark.parametrize(("content", "stored"), DIGESTS)
def test_a_contents_digest_is_the_stored_one(content: dict[str, Any], stored: str) -> None:
    """Rule T8."""
    assert digest(content).hex() == stored


@pytest.mark.parametrize(("content", "stored"), DIGESTS)
def test_an_item_added_later_changes_the_digest_only_where_it_is_present(
    monkeypatch: pytest.MonkeyPatch, content: dict[str, Any], stored: str
) -> None:
    """Rule T8: otherwise every row of every insurer's next file would be a change, and the files would be held."""
    monkeypatch.setattr(membership, "CONTENT", (*CONTENT, "care_home", "care_home_kana"))
    for absent in (None, "", False):
        assert digest(content | {"care_home": absent}).hex() == stored
    present = {
        digest(content | later).hex()
        for later in (
            {"care_home": "見本苑"},
            {"care_home": "架空苑"},
            {"care_home_kana": "見本苑"},
            {"care_home": "見本苑", "care_home_kana": "見本苑"},
        )
    }
    assert len(present - {stored}) == 4


def test_later_items_are_digested_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule T8: the stored bytes of a content with two later items."""
    monkeypatch.setattr(membership, "CONTENT", (*CONTENT, "care_home", "care_home_kana"))
    later = {"care_home": "見本苑", "care_home_kana": "ミホンエン"}
    assert digest(PLAIN | later).hex() == "d056f2d8e3bccb7fb8086ece81cbaf7a"


def test_a_group_of_items_is_one_text() -> None:
    """Rule T8."""
    assert canonical({"b": "架空", "a": 1}) == '{"a":1,"b":"架空"}'


def test_the_register_is_asked_with_items_of_the_content() -> None:
    """Rule R4."""
    assert set(IDENTITY) <= set(CONTENT)
