"""The taps of updated readers: what each spoils, and what is left as it should be."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any, cast

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.errors import CATALOGUE
from loadtest.dataset.cards import Card
from loadtest.dataset.terminals import Terminal
from loadtest.faults.case_client import SERVED, Case
from loadtest.faults.reader_update import reader_cases
from loadtest.http_client.connection import Reply
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.faults.builders import FakePool, known_dataset

READER = terminal()
CASES = {case.what: case for case in reader_cases(known_dataset(), READER)}
CARD: Card = known_dataset().cards[0]


def sent_by(case: Case, *, challenge: int = 200, check: int = 200) -> list[bytes]:
    """All requests of a case, to a fund that answers with these statuses."""

    def answer(data: bytes) -> Reply:
        return Reply(challenge if b"/challenges" in data else check, b'{"challenge": "C"}')

    pool = FakePool(answer)
    asyncio.run(case.send(cast(Any, pool), READER))  # type: ignore[arg-type]
    return pool.sent


def proof(data: bytes) -> tuple[bytes, bytes]:
    """Certificate and signature of a check."""
    members = json.loads(data.partition(b"\r\n\r\n")[2])
    return base64.b64decode(members["certificate"]), base64.b64decode(members["signature"])


def is_signed(reader: Terminal, signature: bytes) -> bool:
    message = reader.credential.to_be_signed(Purpose.ELIGIBILITY, "C")
    try:
        CARD.key.public_key().verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def test_every_refusal_is_of_the_catalogue_and_what_is_served_is_compared() -> None:
    assert {case.expected for case in CASES.values()} - {SERVED} <= set(CATALOGUE)
    assert {what for what, case in CASES.items() if case.expected == SERVED} == {
        "the same patient at another reader", "the same desk by number",
    }  # fmt: skip
    assert all((case.query is not None) == (case.expected == SERVED) for case in CASES.values())


@pytest.mark.parametrize(
    "what", sorted(what for what, case in CASES.items() if case.expected == "signature-invalid")
)
def test_a_spoilt_signature_is_not_the_cards(what: str) -> None:
    certificate, signature = proof(sent_by(CASES[what])[-1])
    assert certificate == CARD.certificate
    assert not is_signed(READER, signature)


@pytest.mark.parametrize(
    ("what", "certificate"),
    [
        ("a certificate without its last byte", CARD.certificate[:-1]),
        ("a certificate with the status word", CARD.certificate + b"\x90\x00"),
    ],
)
def test_a_spoilt_certificate_comes_with_a_right_signature(what: str, certificate: bytes) -> None:
    sent, signature = proof(sent_by(CASES[what])[-1])
    assert sent == certificate
    assert is_signed(READER, signature)


def test_another_reader_sends_what_the_card_signed() -> None:
    certificate, signature = proof(sent_by(CASES["the same patient at another reader"])[-1])
    assert (certificate, is_signed(READER, signature)) == (CARD.certificate, True)


def test_the_last_tap_is_repeated_as_it_was() -> None:
    challenge, first, again = sent_by(CASES["the last tap, repeated"])
    assert b"/v1/presence/challenges" in challenge
    assert first == again


def test_a_tap_that_was_refused_is_not_repeated() -> None:
    assert len(sent_by(CASES["the last tap, repeated"], check=503)) == 2


@pytest.mark.parametrize("what", sorted(what for what in CASES if what != "the same desk by number"))
def test_without_a_challenge_nothing_is_signed(what: str) -> None:
    assert len(sent_by(CASES[what], challenge=503)) == 1


def test_the_desk_goes_on_by_number() -> None:
    [data] = sent_by(CASES["the same desk by number"])
    assert data.startswith(b"POST /v1/eligibility/number")
