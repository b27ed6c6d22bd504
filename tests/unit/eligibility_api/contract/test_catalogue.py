"""The error catalogue: complete, used, and fit for display."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from eligibility_api.contract.errors import (
    CATALOGUE,
    PROBLEM_TYPE_PREFIX,
    CatalogueEntry,
    ErrorKind,
    Problem,
    ShikakuError,
)

ROOT = Path(__file__).parents[4]
PACKAGES = ("clinic_terminal", "demo", "eligibility_api", "jpki_mock", "loadtest", "payer_mock")
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
ENTRIES = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.code)
STATUSES = {
    ErrorKind.REQUEST: {404, 405, 413, 422},
    ErrorKind.REFUSAL: {401, 403, 404, 409, 429},
    ErrorKind.REGISTRATION: {409},
    ErrorKind.CARD: {0},
    ErrorKind.TECHNICAL: {0, 500, 503},
}
"""HTTP statuses that each kind may have; 0 is never sent."""


@cache
def trees() -> list[ast.Module]:
    """Every module of every package, parsed."""
    return [ast.parse(path.read_bytes()) for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def nodes() -> Iterator[ast.AST]:
    for tree in trees():
        yield from ast.walk(tree)


def error_classes() -> set[str]:
    """The names of the error error_classes's classes, each derived from one before it."""
    names = {"ShikakuError"}
    classes = [node for node in nodes() if isinstance(node, ast.ClassDef)]
    for _ in classes:
        names |= {c.name for c in classes if any(isinstance(b, ast.Name) and b.id in names for b in c.bases)}
    return names


def raised() -> set[str]:
    """Every code with which an error of the error_classes is made by a literal."""
    names = error_classes()
    calls = [node for node in nodes() if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    made = [
        call.args[0]
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in names and call.args
    ]
    return {arg.value for arg in made if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}


def literals() -> set[str]:
    """Every literal text of the source."""
    return {node.value for node in nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_the_scan_finds_the_error_classes_and_codes() -> None:
    assert error_classes() >= {"ShikakuError", "CardError"}
    assert raised() >= {"challenge-altered", "signature-invalid", "internal", "card-removed"}


def test_every_raised_code_is_in_the_catalogue() -> None:
    assert raised() - set(CATALOGUE) == set()


def test_every_entry_of_the_catalogue_is_used() -> None:
    assert set(CATALOGUE) - literals() == set()


@ENTRIES
def test_a_code_is_lower_case_with_hyphens(entry: CatalogueEntry) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+|internal|overloaded", entry.code)


@ENTRIES
def test_every_sentence_is_in_its_language(entry: CatalogueEntry) -> None:
    assert JAPANESE.search(entry.ja)
    assert entry.ja.endswith("。")
    assert entry.en.isascii()
    for sentence in (entry.en, entry.engineer):
        assert sentence == sentence.strip()
        assert sentence.endswith(".")
        assert not JAPANESE.search(sentence)


@ENTRIES
def test_the_status_fits_the_kind(entry: CatalogueEntry) -> None:
    assert entry.status in STATUSES[entry.kind]


@ENTRIES
def test_only_technical_failures_have_a_status_of_500_and_above(entry: CatalogueEntry) -> None:
    if entry.status >= 500:
        assert entry.kind is ErrorKind.TECHNICAL


@ENTRIES
def test_a_technical_failure_states_that_it_does_not_mean_not_insured(entry: CatalogueEntry) -> None:
    if entry.kind is ErrorKind.TECHNICAL:
        assert "資格が「無効」という意味ではありません" in entry.ja
        assert 'This does not mean "not insured"' in entry.en


@ENTRIES
def test_no_error_states_that_somebody_is_not_insured(entry: CatalogueEntry) -> None:
    assert "無効" not in entry.ja.replace("資格が「無効」という意味ではありません", "")
    assert "not insured" not in entry.en.replace('This does not mean "not insured"', "")


@ENTRIES
def test_no_sentence_has_a_placeholder(entry: CatalogueEntry) -> None:
    assert not re.search(r"[{}%]", entry.ja + entry.en)


@ENTRIES
def test_an_error_becomes_a_problem_with_its_three_sentences(entry: CatalogueEntry) -> None:
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
