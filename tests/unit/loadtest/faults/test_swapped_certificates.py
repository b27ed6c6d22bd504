"""Swapped certificates and keys: what each case presents."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any, cast

import pytest

from eligibility_api.contract.errors import CATALOGUE
from loadtest.dataset.cards import Card
from loadtest.faults.case_client import SERVED, Case
from loadtest.faults.swapped_certificates import swapped_cases, with_key_of
from loadtest.http_client.connection import Reply
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.faults.builders import FakePool, known_dataset

READER = terminal()
DATASET = known_dataset()
CASES = {case.what: case for case in swapped_cases(DATASET, READER)}
ONE: Card = DATASET.cards[0]
ANOTHER: Card = DATASET.cards[1]


def sent_by(case: Case, *, challenge: int = 200) -> list[bytes]:
    def answer(data: bytes) -> Reply:
        return Reply(challenge if b"/challenges" in data else 400, b'{"challenge": "C"}')

    pool = FakePool(answer)
    asyncio.run(case.send(cast(Any, pool), READER))  # type: ignore[arg-type]
    return pool.sent


def test_whatever_is_swapped_is_refused_and_whatever_is_right_is_compared() -> None:
    assert len(CASES) == 8
    assert {case.expected for case in CASES.values()} == {"signature-invalid", "assertion-invalid", SERVED}
    assert {"signature-invalid", "assertion-invalid"} <= set(CATALOGUE)
    assert [case.query.person for case in CASES.values() if case.query is not None] == [
        ONE.resident_id, ANOTHER.resident_id,
    ]  # fmt: skip


def test_the_two_cards_have_different_keys() -> None:
    """Cards of a dataset share keys: with the same one a swapped certificate would be a right proof."""
    assert ONE.key_number != ANOTHER.key_number


@pytest.mark.parametrize(
    ("what", "path"),
    [
        ("a card with another one's certificate", b"/v1/eligibility/card"),
        ("a first registration with another one's certificate", b"/v1/registrations"),
    ],
)
def test_the_other_cards_certificate_is_sent(what: str, path: bytes) -> None:
    challenge, check = sent_by(CASES[what])
    assert b"/v1/presence/challenges" in challenge
    assert check.startswith(b"POST " + path)
    sent = json.loads(check.partition(b"\r\n\r\n")[2])["certificate"]
    assert base64.b64decode(sent) == ANOTHER.certificate


@pytest.mark.parametrize(
    "what", [what for what, case in CASES.items() if case.expected != "assertion-invalid"]
)
def test_without_a_challenge_nothing_is_signed(what: str) -> None:
    assert len(sent_by(CASES[what], challenge=503)) == 1


@pytest.mark.parametrize(
    "what", [what for what, case in CASES.items() if case.expected == "assertion-invalid"]
)
def test_a_terminal_signs_in_with_the_other_ones_key(what: str) -> None:
    [data] = sent_by(CASES[what])
    assert data.startswith(b"POST /v1/token")


def test_a_terminal_keeps_its_name_when_it_gets_another_key() -> None:
    one, other = DATASET.terminals[:2]
    swapped = with_key_of(one, other)
    assert swapped.credential.client_id == one.credential.client_id
    assert swapped.credential.private_key == other.credential.private_key
    assert not swapped.has_valid_token()
