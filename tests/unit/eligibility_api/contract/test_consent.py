"""The words of a consent, and the bytes that a card signs over them: each version is immutable."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from eligibility_api.contract.codes import Care, Purpose
from eligibility_api.contract.consent import ConsentStatement, to_be_signed, words
from eligibility_api.contract.consent_versions import UNTIL
from eligibility_api.contract.presence import TAGS

PRESENCE = UUID(int=4711)


def statement(**more: Any) -> ConsentStatement:
    parts: dict[str, Any] = {
        "institution_code": "1311111114",
        "institution_name": "架空診療所",
        "categories": ["limit-certificate", "medication"],
        "care": "1",
        "until": "24-hours",
    }
    return ConsentStatement.model_validate(parts | more)


def signed(of: ConsentStatement | None = None, **more: Any) -> bytes:
    parts: dict[str, Any] = {
        "visual_check": False,
        "audience": "urn:shikaku:test",
        "terminal_id": "5a1f0c6e-0000-4000-8000-000000000001",
        "challenge": "a challenge",
        "presence_record": PRESENCE,
    }
    return to_be_signed(of or statement(), **(parts | more))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {},
            "私は、架空診療所（1311111114）が私の情報を見ることに同意します。\n"
            "目的：この施設での診療、または調剤のため\n"
            "見てよい情報：\n・限度額適用認定証の情報\n・過去の薬の情報\n"
            "期間：登録から24時間\n"
            "同意はいつでも取り消すことができます。\n",
        ),
        (
            {"care": "2", "until": "withdrawal", "categories": ["surgery"]},
            "私は、架空診療所（1311111114）が私の情報を見ることに同意します。\n"
            "目的：訪問診療等のため\n"
            "見てよい情報：\n・手術の情報\n"
            "期間：取り消すまで\n"
            "同意はいつでも取り消すことができます。\n",
        ),
        (
            {"language": "en", "care": "3", "until": "consultation", "institution_name": "Sample Clinic"},
            "I consent that Sample Clinic (1311111114) looks at information about me.\n"
            "Purpose: an online consultation\n"
            "What it may see:\n- limit certificate\n- past medicines\n"
            "How long: until this consultation is over (24 hours from registration at most)\n"
            "I can withdraw this consent at any time.\n",
        ),
        (
            {"language": "en"},
            "I consent that 架空診療所 (1311111114) looks at information about me.\n"
            "Purpose: treatment or dispensing at this facility\n"
            "What it may see:\n- limit certificate\n- past medicines\n"
            "How long: 24 hours from registration\n"
            "I can withdraw this consent at any time.\n",
        ),
    ],
)
def test_the_words_of_version_1(more: dict[str, Any], expected: str) -> None:
    assert words(statement(**more)) == expected


_VERSION_1 = [
    ("limit-certificate", "限度額適用認定証の情報", "limit certificate"),
    ("specific-diseases", "特定疾病療養受療証の情報", "specific-disease certificate"),
    ("health-checkup", "健診の結果", "health check-ups"),
    ("medication", "過去の薬の情報", "past medicines"),
    ("prescription", "直近の処方と調剤の情報", "recent prescriptions and dispensings"),
    ("treatment", "過去の診療の情報（手術を除く）", "past treatments (without surgery)"),
    ("allergy", "アレルギーの情報", "allergies"),
    ("drug-allergy", "薬のアレルギーの情報", "drug allergies"),
    ("test", "検査の情報", "tests"),
    ("surgery", "手術の情報", "surgery"),
    ("diagnosis", "傷病名", "diagnoses"),
    ("infection", "感染症の情報", "infections"),
]
"""The names signed under version 1. A later category may be inserted between them; none of these may change."""


@pytest.mark.parametrize(("language", "column", "point"), [("ja", 1, "・"), ("en", 2, "- ")])
def test_the_names_of_version_1_and_their_order(language: str, column: int, point: str) -> None:
    all_categories = statement(language=language, categories=[row[0] for row in _VERSION_1])
    lines = words(all_categories).splitlines()
    names = [line.removeprefix(point) for line in lines if line.startswith(point)]
    assert names == [row[column] for row in _VERSION_1]


def test_the_bytes_signed_over_a_statement_of_version_1() -> None:
    digest = "b67ce0c396e75c8e5d5e1a2830262230748a2befd9430c83fba2350b2bd6c8fe"
    assert signed() == TAGS[Purpose.CONSENT] + bytes.fromhex(digest)


OTHERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("category", {"categories": ["limit-certificate"]}, {}),
    ("care", {"care": "3"}, {}),
    ("until", {"until": "withdrawal"}, {}),
    ("language", {"language": "en"}, {}),
    ("facility", {"institution_code": "0110113719"}, {}),
    ("name", {"institution_name": "架空診療所 "}, {}),
    ("visual check", {}, {"visual_check": True}),
    ("audience", {}, {"audience": "urn:shikaku:other"}),
    ("terminal", {}, {"terminal_id": "5a1f0c6e-0000-4000-8000-000000000002"}),
    ("challenge", {}, {"challenge": "another challenge"}),
    ("presence", {}, {"presence_record": UUID(int=4712)}),
]


@pytest.mark.parametrize(("changed", "other"), [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_every_difference_changes_the_signed_bytes(changed: dict[str, Any], other: dict[str, Any]) -> None:
    assert signed(statement(**changed), **other) != signed()


def test_adjacent_fields_are_delimited_in_the_signed_bytes() -> None:
    assert signed(audience="ab", challenge="c") != signed(audience="a", challenge="bc")


def test_categories_are_sorted_in_display_order() -> None:
    assert statement(categories=["medication", "limit-certificate"]) == statement()


@pytest.mark.parametrize("categories", [[], ["medication", "medication"], ["everything"]])
def test_a_consent_needs_one_category_at_least_and_none_twice(categories: list[str]) -> None:
    with pytest.raises(ValidationError):
        statement(categories=categories)


def test_there_is_no_consent_in_an_emergency() -> None:
    assert Care.EMERGENCY not in UNTIL
    with pytest.raises(ValidationError):
        statement(care="4")
