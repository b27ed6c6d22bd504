"""The words of a consent, and the bytes that a card signs over them: each version is immutable."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Care, Category, Purpose
from eligibility_api.contract.consent import (
    ConsentChallengeRequest,
    ConsentStatement,
    to_be_signed,
    words,
)
from eligibility_api.contract.consent_versions import (
    FIRST_VERSION_WITH_DAY,
    STATEMENT_VERSION,
    STATEMENT_VERSIONS,
    Language,
    Until,
)
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
    assert words(statement(version=1, **more)) == expected


ALL = [category.value for category in Category]
MEDICAL = [category.value for category, entry in CATEGORIES.items() if entry.medical]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {},
            "私は、架空診療所（医療機関等コード 1311111114）が、次のとおり私の情報を閲覧することに同意します。\n"
            "目的：この施設での診療または調剤\n"
            "閲覧できる情報：\n・医療費の限度額の情報（限度額適用認定証）\n・これまでのお薬の情報\n"
            "期間：この同意の登録から24時間\n"
            "私は、この同意をいつでも取り消せます。取り消しは、この施設の窓口に申し出ます。\n",
        ),
        (
            {"care": "2", "until": "withdrawal", "categories": ["surgery"]},
            "私は、架空診療所（医療機関等コード 1311111114）が、次のとおり私の情報を閲覧することに同意します。\n"
            "目的：訪問診療など（自宅や入所先での診療・看護・服薬指導）\n"
            "閲覧できる情報：\n・手術の情報\n"
            "期間：私が同意を取り消すまで\n"
            "私は、この同意をいつでも取り消せます。取り消しは、この施設の窓口に申し出ます。\n",
        ),
        (
            {"care": "3", "until": "consultation", "categories": ["medication"]},
            "私は、架空診療所（医療機関等コード 1311111114）が、次のとおり私の情報を閲覧することに同意します。\n"
            "目的：オンライン診療など（オンライン服薬指導を含む）\n"
            "閲覧できる情報：\n・これまでのお薬の情報\n"
            "期間：今回の診療または服薬指導が終わるまで（最長で、この同意の登録から24時間）\n"
            "私は、この同意をいつでも取り消せます。取り消しは、この施設の窓口に申し出ます。\n",
        ),
        (
            {"care": "3", "until": "appointment", "day": "2026-12-03", "categories": ["medication"]},
            "私は、架空診療所（医療機関等コード 1311111114）が、次のとおり私の情報を閲覧することに同意します。\n"
            "目的：オンライン診療など（オンライン服薬指導を含む）\n"
            "閲覧できる情報：\n・これまでのお薬の情報\n"
            "期間：予約日の2026年12月3日に、その日の診療または服薬指導が終わるまで（それまでは閲覧できません）\n"
            "私は、この同意をいつでも取り消せます。取り消しは、この施設の窓口に申し出ます。\n",
        ),
        (
            {
                "language": "en",
                "care": "3",
                "until": "appointment",
                "day": "2026-12-03",
                "categories": ["drug-allergy"],
            },
            "I consent that 架空診療所 (institution code 1311111114) may view information about me as follows.\n"
            "Purpose: an online consultation (online advice on medicines included)\n"
            "What it may view:\n- allergies to medicines\n"
            "How long: on 2026-12-03, the day of my appointment, until the consultation is over"
            " (not before that day)\n"
            "I can withdraw this consent at any time, at the reception of this facility.\n",
        ),
    ],
    ids=["outpatient", "home", "online", "appointment", "english"],
)
def test_the_words_of_version_2(more: dict[str, Any], expected: str) -> None:
    assert words(statement(**more)) == expected


@pytest.mark.parametrize(
    ("categories", "heading"),
    [
        (MEDICAL, "閲覧できる情報（私の医療情報のすべて）："),
        (ALL, "閲覧できる情報（私の医療情報のすべて）："),
        (MEDICAL[1:], "閲覧できる情報："),
        (["limit-certificate", "specific-diseases"], "閲覧できる情報："),
    ],
    ids=["medical", "all", "but-one", "certificates"],
)
def test_the_words_say_that_all_medical_information_was_chosen(categories: list[str], heading: str) -> None:
    """包括同意; version 1 had no such words."""
    lines = words(statement(categories=categories)).splitlines()
    assert lines[2] == heading
    assert len(lines) == 5 + len(categories)
    former = words(statement(version=1, categories=categories)).splitlines()
    assert former[2] == "見てよい情報："


def test_new_statements_are_of_version_2() -> None:
    assert (statement().version, STATEMENT_VERSION) == (2, 2)


@pytest.mark.parametrize("version", [0, 3, "1", 1.0, None])
def test_an_unknown_version_is_refused(version: object) -> None:
    with pytest.raises(ValidationError):
        statement(version=version)


APPOINTMENT = {"care": "3", "until": "appointment", "day": "2026-12-03"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 1},
        {"care": "1"},
        {"care": "2"},
        {"until": "consultation"},
        {"day": None},
        {"day": "tomorrow"},
        {"day": "2026-12-32"},
    ],
    ids=str,
)
def test_a_day_is_for_an_online_consultation_by_appointment(wrong: dict[str, Any]) -> None:
    """Rule W12."""
    assert statement(**APPOINTMENT).day == date(2026, 12, 3)
    with pytest.raises(ValidationError):
        statement(**APPOINTMENT | wrong)


@pytest.mark.parametrize("care", ["1", "2"])
def test_a_challenge_for_another_form_of_care_has_no_day(care: str) -> None:
    asked: dict[str, Any] = {"presence_record": PRESENCE, "categories": ["medication"], "day": "2026-12-03"}
    assert ConsentChallengeRequest.model_validate(asked | {"care": "3"}).day == date(2026, 12, 3)
    with pytest.raises(ValidationError):
        ConsentChallengeRequest.model_validate(asked | {"care": care})


@pytest.mark.parametrize("version", list(STATEMENT_VERSIONS))
@pytest.mark.parametrize("language", list(Language))
def test_every_version_has_every_sentence_and_name(version: int, language: Language) -> None:
    terms = STATEMENT_VERSIONS[version]
    sentences = terms.sentences[language]
    assert list(sentences.names) == list(CATEGORIES)
    assert set(sentences.purpose) == set(terms.until) == set(Care) - {Care.EMERGENCY}
    assert set(terms.until.values()) <= set(sentences.until)
    assert (Until.APPOINTMENT in sentences.until) is (version >= FIRST_VERSION_WITH_DAY)


@pytest.mark.parametrize(
    ("version", "digest"),
    [
        (1, "6c2da4e8c50829a889b026e51a9455dcc5a40af9f7b7c7102ab41781498f084f"),
        (2, "9fafb3a51c45996eafbdf94a65684a024fc7cc5241c55da4b177f7fc8236a462"),
    ],
)
def test_no_word_of_a_version_changes(version: int, digest: str) -> None:
    """All words in both languages, for every form of care and duration."""
    every = [
        words(
            statement(
                version=version, language=language, care=care, until=until, categories=categories, day=day
            )
        )
        for language in Language
        for care in "123"
        for categories in (ALL, ALL[:1])
        for until in STATEMENT_VERSIONS[version].sentences[language].until
        if (until is not Until.APPOINTMENT or care == "3")
        for day in ["2026-12-03" if until is Until.APPOINTMENT else None]
    ]
    assert hashlib.sha256("".join(every).encode()).hexdigest() == digest


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
    all_categories = statement(version=1, language=language, categories=[row[0] for row in _VERSION_1])
    lines = words(all_categories).splitlines()
    names = [line.removeprefix(point) for line in lines if line.startswith(point)]
    assert names == [row[column] for row in _VERSION_1]


def test_the_bytes_signed_over_a_statement_of_version_1() -> None:
    digest = "b67ce0c396e75c8e5d5e1a2830262230748a2befd9430c83fba2350b2bd6c8fe"
    assert signed(statement(version=1)) == TAGS[Purpose.CONSENT] + bytes.fromhex(digest)


def test_the_bytes_signed_over_a_statement_of_version_2() -> None:
    digest = "299b636f294a13cc7b27f631be9c25e4b92422f0d9f116aaa0e2bef57c44a1de"
    assert signed() == TAGS[Purpose.CONSENT] + bytes.fromhex(digest)


OTHERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("category", {"categories": ["limit-certificate"]}, {}),
    ("care", {"care": "3"}, {}),
    ("version", {"version": 1}, {}),
    ("day", {"care": "3", "until": "appointment", "day": "2026-12-03"}, {}),
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
    assert all(Care.EMERGENCY not in terms.until for terms in STATEMENT_VERSIONS.values())
    with pytest.raises(ValidationError):
        statement(care="4")
