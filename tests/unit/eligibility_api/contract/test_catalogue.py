"""The error catalogue: complete, used, and fit for display."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from eligibility_api.contract.errors import (
    CATALOGUE,
    PROBLEM_TYPE_PREFIX,
    CatalogueEntry,
    ErrorKind,
    Problem,
    ShikakuError,
)
from tests.builders.error_codes import error_classes, literals, raised_codes

PACKAGES = ("eligibility_api", "jpki_mock", "loadtest", "payer_mock", "shikaku")
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
CONTRARY = 'This does not mean "not insured"'
CONTRARY_JA = "資格が「無効」という意味ではありません"
ENTRIES = list(CATALOGUE.values())
STATUSES = {
    ErrorKind.REQUEST: {400, 404, 405, 408, 413, 414, 422, 431},
    ErrorKind.REFUSAL: {400, 401, 403, 404, 409, 429},
    ErrorKind.REGISTRATION: {409},
    ErrorKind.CARD: {0},
    ErrorKind.TECHNICAL: {0, 500, 503},
}
"""HTTP statuses that each kind may have; 0 is never sent, 400 by the token endpoint only (RFC 6749 section 5.2)."""


def test_the_scan_finds_the_family_and_its_codes() -> None:
    assert error_classes(PACKAGES) >= {"ShikakuError"}
    assert raised_codes(PACKAGES) >= {"challenge-altered", "signature-invalid", "internal"}


def test_every_code_that_is_raised_stands_in_the_catalogue() -> None:
    assert raised_codes(PACKAGES) - set(CATALOGUE) == set()


def test_every_entry_of_the_catalogue_is_used_somewhere() -> None:
    assert set(CATALOGUE) - literals(PACKAGES) == set()


def codes_of(entries: Iterable[CatalogueEntry]) -> list[str]:
    return [entry.code for entry in entries]


def test_a_code_is_lower_case_with_hyphens() -> None:
    form = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+|internal|overloaded")
    assert len(ENTRIES) > 100
    assert codes_of(entry for entry in ENTRIES if not form.fullmatch(entry.code)) == []


def is_english(sentence: str) -> bool:
    return sentence == sentence.strip() and sentence.endswith(".") and not JAPANESE.search(sentence)


def test_every_sentence_is_in_its_language() -> None:
    assert codes_of(e for e in ENTRIES if not (JAPANESE.search(e.ja) and e.ja.endswith("。"))) == []
    assert codes_of(e for e in ENTRIES if not (e.en.isascii() and is_english(e.en))) == []
    assert codes_of(e for e in ENTRIES if not is_english(e.engineer)) == []


def test_the_status_fits_the_kind() -> None:
    assert codes_of(entry for entry in ENTRIES if entry.status not in STATUSES[entry.kind]) == []


def test_only_technical_failures_have_a_status_of_500_and_above() -> None:
    severe = [entry for entry in ENTRIES if entry.status >= 500]
    assert severe
    assert codes_of(entry for entry in severe if entry.kind is not ErrorKind.TECHNICAL) == []


def test_a_technical_failure_states_that_it_does_not_mean_not_insured() -> None:
    technical = [entry for entry in ENTRIES if entry.kind is ErrorKind.TECHNICAL]
    assert technical
    assert codes_of(entry for entry in technical if CONTRARY_JA not in entry.ja) == []
    assert codes_of(entry for entry in technical if CONTRARY not in entry.en) == []


def test_no_error_states_that_somebody_is_not_insured() -> None:
    assert codes_of(entry for entry in ENTRIES if "無効" in entry.ja.replace(CONTRARY_JA, "")) == []
    assert codes_of(entry for entry in ENTRIES if "not insured" in entry.en.replace(CONTRARY, "")) == []


def test_no_sentence_has_a_placeholder() -> None:
    assert codes_of(entry for entry in ENTRIES if re.search(r"[{}%]", entry.ja + entry.en)) == []


def test_an_error_becomes_a_problem_with_its_three_sentences() -> None:
    for entry in ENTRIES:
        problem = Problem.of(ShikakuError(entry.code), request_id="r")
        assert problem.type == PROBLEM_TYPE_PREFIX + entry.code
        assert (problem.code, problem.kind, problem.status) == (entry.code, entry.kind, entry.status)
        assert (problem.title, problem.detail, problem.detail_ja) == (entry.engineer, entry.en, entry.ja)
        assert (problem.request_id, problem.retry_after, problem.errors) == ("r", None, None)


def test_an_unknown_code_raises_key_error() -> None:
    with pytest.raises(KeyError):
        ShikakuError("no-such-code")


def test_an_error_has_its_code_and_details() -> None:
    error = ShikakuError("overloaded", retry_after=5, tries_left=2)
    assert (error.code, str(error), error.retry_after) == ("overloaded", "overloaded", 5)
    assert error.details["tries_left"] == 2


def test_an_error_without_retry_after_has_none() -> None:
    assert ShikakuError("challenge-used").retry_after is None
