"""The error catalogue: complete, used, and fit to be shown to people."""

from __future__ import annotations

import re

import pytest

from eligibility_api.contract.errors import (
    CATALOGUE,
    PROBLEM_TYPE_PREFIX,
    Entry,
    Kind,
    Problem,
    ShikakuError,
)
from tests.builders.error_codes import error_classes, literals, raised_codes

PACKAGES = ("demo", "eligibility_api", "jpki_mock", "loadtest", "payer_mock")
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
ENTRIES = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.code)
STATUSES = {
    Kind.REQUEST: {404, 405, 413, 422},
    Kind.REFUSAL: {401, 403, 404, 409, 429},
    Kind.REGISTRATION: {409},
    Kind.CARD: {0},
    Kind.TECHNICAL: {0, 500, 503},
}
"""HTTP statuses that each kind may have; 0 is never sent."""


def test_the_scan_finds_the_family_and_its_codes() -> None:
    assert error_classes(PACKAGES) >= {"ShikakuError"}
    assert raised_codes(PACKAGES) >= {"challenge-altered", "signature-invalid", "internal"}


def test_every_code_that_is_raised_stands_in_the_catalogue() -> None:
    assert raised_codes(PACKAGES) - set(CATALOGUE) == set()


def test_every_entry_of_the_catalogue_is_used_somewhere() -> None:
    assert set(CATALOGUE) - literals(PACKAGES) == set()


@ENTRIES
def test_a_code_is_lower_case_words_with_hyphens(entry: Entry) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+|internal|overloaded", entry.code)


@ENTRIES
def test_every_sentence_is_one_in_its_language(entry: Entry) -> None:
    assert JAPANESE.search(entry.ja)
    assert entry.ja.endswith("。")
    assert entry.en.isascii()
    for sentence in (entry.en, entry.engineer):
        assert sentence == sentence.strip()
        assert sentence.endswith(".")
        assert not JAPANESE.search(sentence)


@ENTRIES
def test_the_status_fits_the_kind(entry: Entry) -> None:
    assert entry.status in STATUSES[entry.kind]


@ENTRIES
def test_nothing_but_a_technical_failure_has_a_status_of_500_and_above(entry: Entry) -> None:
    if entry.status >= 500:
        assert entry.kind is Kind.TECHNICAL


@ENTRIES
def test_a_technical_failure_says_that_it_is_not_the_answer_not_insured(entry: Entry) -> None:
    if entry.kind is Kind.TECHNICAL:
        assert "「無効」ではありません" in entry.ja
        assert 'This does not mean "not insured"' in entry.en


@ENTRIES
def test_no_error_claims_that_somebody_is_not_insured(entry: Entry) -> None:
    assert "無効" not in entry.ja.replace("「無効」ではありません", "")
    assert "not insured" not in entry.en.replace('This does not mean "not insured"', "")


@ENTRIES
def test_no_sentence_has_a_place_for_a_personal_value(entry: Entry) -> None:
    assert not re.search(r"[{}%]", entry.ja + entry.en)


@ENTRIES
def test_an_error_becomes_a_problem_with_its_three_sentences(entry: Entry) -> None:
    problem = Problem.of(ShikakuError(entry.code), request_id="r")
    assert problem.type == PROBLEM_TYPE_PREFIX + entry.code
    assert (problem.code, problem.kind, problem.status) == (entry.code, entry.kind, entry.status)
    assert (problem.title, problem.detail, problem.detail_ja) == (entry.engineer, entry.en, entry.ja)
    assert (problem.request_id, problem.retry_after, problem.errors) == ("r", None, None)


def test_an_unknown_code_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        ShikakuError("no-such-code")


def test_an_error_tells_its_code_and_keeps_its_details() -> None:
    error = ShikakuError("overloaded", retry_after=5, tries_left=2)
    assert (error.code, str(error), error.retry_after) == ("overloaded", "overloaded", 5)
    assert error.details["tries_left"] == 2


def test_an_error_without_a_time_to_wait_has_none() -> None:
    assert ShikakuError("challenge-used").retry_after is None
