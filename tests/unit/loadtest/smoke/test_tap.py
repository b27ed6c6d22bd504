"""One tap, and the check of its answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eligibility_api.contract.codes import Validity
from jpki_mock.card.in_process import open_card
from loadtest.smoke.card_sessions import CardSession, open_card_sessions
from loadtest.smoke.tap import TapChecker, tap
from tests.builders.cards import AUTHENTICATION_PIN, card_file
from tests.unit.loadtest.builders import FakeFund


@pytest.fixture
def card(tmp_path: Path) -> Iterator[CardSession]:
    with open_card_sessions([card_file(tmp_path)], AUTHENTICATION_PIN, open_card) as (session,):
        yield session


@pytest.fixture
def checker() -> TapChecker:
    return TapChecker({"card": Validity.VALID})


def test_right_answers_are_counted_by_card(card: CardSession, checker: TapChecker) -> None:
    fund = FakeFund()
    with fund.client() as client:
        assert [tap(card, client, checker) for _ in range(3)] == [None] * 3
    assert (checker.right, checker.failures) == ({"card": 3}, {})
    assert len({body["challenge"] for body in fund.bodies}) == 3


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"validity": "2"}, "validity-wrong"),
        ({"unchanged": True}, "unchanged-unasked"),
        ({"record_id": "record-0"}, "record-id-repeated"),
        ({"record_id": None}, "fund-unreadable"),
        ("challenge-used", "challenge-used"),
        ("overloaded", "overloaded"),
    ],
)
def test_a_wrong_or_missing_answer_is_a_failure_by_code(
    card: CardSession, checker: TapChecker, answer: dict[str, Any] | str, code: str
) -> None:
    with FakeFund([{"record_id": "record-0"}, answer]).client() as client:
        assert [tap(card, client, checker) for _ in range(3)] == [None, code, None]
    assert (checker.right, checker.failures) == ({"card": 2}, {code: 1})


def test_a_record_id_is_unique_also_among_wrong_answers(card: CardSession, checker: TapChecker) -> None:
    wrong = {"record_id": "record-0", "validity": "4"}
    with FakeFund([wrong, {"record_id": "record-0"}]).client() as client:
        assert [tap(card, client, checker) for _ in range(2)] == ["validity-wrong", "record-id-repeated"]
