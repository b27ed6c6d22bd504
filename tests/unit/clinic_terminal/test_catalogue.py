"""The terminal's own error catalogue: complete, used, and readable by a receptionist.

It is separate from the fund's.
"""

from __future__ import annotations

import re

import pytest

from clinic_terminal.errors import CATALOGUE, SHOWN_CATALOGUE, TerminalError
from eligibility_api.contract.errors import CATALOGUE as FUND_CATALOGUE
from eligibility_api.contract.errors import (
    PROBLEM_TYPE_PREFIX,
    ErrorKind,
    Problem,
    ShikakuError,
)
from tests.builders.error_codes import literals, raised_codes

PACKAGES = ("clinic_terminal",)
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def test_every_code_that_the_terminal_raises_is_its_own_or_the_funds() -> None:
    raised = raised_codes(PACKAGES)
    assert raised >= {"card-removed", "pin-locked", "fund-unreadable"}
    assert raised - set(SHOWN_CATALOGUE) == set()


def test_every_entry_is_used() -> None:
    assert len(CATALOGUE) >= 15
    assert set(CATALOGUE) - literals(PACKAGES) == set()


def test_the_fund_publishes_none_of_these_codes() -> None:
    assert set(CATALOGUE) & set(FUND_CATALOGUE) == set()
    with pytest.raises(KeyError):
        ShikakuError("card-removed")


def test_an_unknown_code_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        TerminalError("no-such-code")


def test_only_an_entry_of_the_web_face_is_sent_by_http() -> None:
    assert CATALOGUE
    for entry in CATALOGUE.values():
        assert (entry.status >= 400) is entry.code.startswith("web-"), entry.code
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", entry.code), entry.code


def test_an_entry_concerns_the_card_unless_it_is_one_of_the_exchange() -> None:
    assert CATALOGUE
    for entry in CATALOGUE.values():
        of_the_exchange = entry.code.split("-")[0] in {"exchange", "message", "store", "web"}
        assert (entry.kind is ErrorKind.CARD) is not of_the_exchange, entry.code


def test_every_sentence_is_in_one_language_and_complete() -> None:
    assert CATALOGUE
    for entry in CATALOGUE.values():
        assert JAPANESE.search(entry.ja), entry.code
        assert entry.ja.endswith("。"), entry.code
        assert "無効" not in entry.ja, entry.code
        assert "not insured" not in entry.en, entry.code
        assert entry.en.isascii(), entry.code
        for sentence in (entry.en, entry.engineer):
            assert sentence == sentence.strip(), entry.code
            assert sentence.endswith("."), entry.code
        assert not re.search(r"[{}%]", entry.ja + entry.en), entry.code


def test_an_error_becomes_a_problem_with_its_three_sentences() -> None:
    assert CATALOGUE
    for entry in CATALOGUE.values():
        problem = Problem.of(TerminalError(entry.code))
        assert problem.type == PROBLEM_TYPE_PREFIX + entry.code, entry.code
        assert (problem.title, problem.detail, problem.detail_ja) == (entry.engineer, entry.en, entry.ja), (
            entry.code
        )
