"""Consents and histories after a tap: how many are requested, and what the card signs."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from eligibility_api.contract.codes import Category
from eligibility_api.contract.consent import ConsentStatement, to_be_signed
from eligibility_api.contract.history import HistoryResource
from loadtest.dataset.cards import Card
from loadtest.scenario.consents import (
    CATEGORIES,
    SHARES,
    consent,
    consent_and_view,
    draw_histories,
    request_consent_challenge,
    view_history,
)
from loadtest.scenario.visits import Outcome
from tests.builders.cards import rsa_key
from tests.unit.loadtest.scenario.builders import CONSENT, RECORD, STATEMENT, FakePool, client, signed_in

CARD = Card("R1-00000001", b"\x30\x82", rsa_key(1), 0)
TAPPED = Outcome(200, json.dumps({"record_id": str(RECORD)}).encode())
REFUSED = (409, {"code": "consent-not-possible"})


def test_histories_are_requested_as_often_as_nationwide() -> None:
    rng = Random(1)
    drawn = Counter(resource for _ in range(20_000) for resource in draw_histories(rng))
    for resource, share in SHARES.items():
        assert drawn[resource] / 20_000 == pytest.approx(share, abs=0.012)
    assert drawn.total() / 20_000 + 4 == pytest.approx(5.16, abs=0.03)


def test_no_history_is_requested_twice_after_one_tap() -> None:
    rng = Random(2)
    assert all(len(set(one)) == len(one) for one in (draw_histories(rng) for _ in range(500)))


def test_a_consent_is_asked_for_by_the_tap_s_record() -> None:
    pool = FakePool()
    outcome = asyncio.run(request_consent_challenge(client(pool), signed_in(), str(RECORD)))
    [(path, headers, body)] = pool.requests
    assert path == "/v1/consents/challenges"
    assert headers["Authorization"] == "Bearer token-0"
    assert json.loads(body) == {"presence_record": str(RECORD), "categories": list(CATEGORIES), "care": "1"}
    assert json.loads(outcome.body)["statement"] == STATEMENT


def test_the_card_signs_the_statement_for_this_terminal_and_record() -> None:
    pool, terminal = FakePool(), signed_in()
    asyncio.run(consent(client(pool), terminal, CARD, str(RECORD)))
    sent = json.loads(pool.requests[-1][2])
    assert (sent["challenge"], sent["presence_record"], sent["statement"]) == (
        "challenge-2",
        str(RECORD),
        STATEMENT,
    )
    message = to_be_signed(
        ConsentStatement.model_validate(STATEMENT, strict=False),
        visual_check=False,
        audience=terminal.credential.audience,
        terminal_id=terminal.credential.client_id,
        challenge="challenge-2",
        presence_record=UUID(str(RECORD)),
    )
    signature = base64.b64decode(sent["signature"])
    rsa_key(1).public_key().verify(signature, message, padding.PKCS1v15(), hashes.SHA256())


def test_each_history_is_shown_under_the_consent_and_recorded() -> None:
    bodies = {resource: {"total": number} for number, resource in enumerate(SHARES)}
    paths = {f"/v1/consents/{CONSENT}/{resource}": (200, body) for resource, body in bodies.items()}
    pool, recorded = FakePool(paths), []

    def on_history(person: str, resource: HistoryResource, body: bytes) -> None:
        recorded.append((person, resource, json.loads(body)))

    wanted = tuple(SHARES)
    outcome = asyncio.run(
        consent_and_view(client(pool), signed_in(), CARD, wanted, TAPPED, on_history=on_history)
    )
    assert recorded == [("R1-00000001", resource, bodies[resource]) for resource in wanted]
    assert pool.paths[2:] == [f"/v1/consents/{CONSENT}/{resource}" for resource in wanted]
    assert json.loads(outcome.body) == {"validity": "1"}
    assert outcome.failure is None


@pytest.mark.parametrize(
    ("refused", "requests"),
    [
        ("/v1/consents/challenges", 1),
        ("/v1/consents", 2),
        (f"/v1/consents/{CONSENT}/{HistoryResource.MEDICATIONS}", 4),
    ],
)
def test_the_first_refusal_ends_what_follows_the_tap(refused: str, requests: int) -> None:
    pool = FakePool({refused: REFUSED})
    wanted = (HistoryResource.HEALTH_CHECKUPS, HistoryResource.MEDICATIONS, HistoryResource.TREATMENTS)
    outcome = asyncio.run(consent_and_view(client(pool), signed_in(), CARD, wanted, TAPPED))
    assert (outcome.failure, len(pool.requests)) == ("consent-not-possible", requests)


def test_a_history_is_viewed_as_a_doctor_without_a_body() -> None:
    pool, names, given = FakePool(), list[str](), uuid4()
    asyncio.run(view_history(client(pool, names), signed_in(), str(given), HistoryResource.TREATMENTS))
    [(path, headers, body)] = pool.requests
    assert (path, body) == (f"/v1/consents/{given}/treatments", b"")
    assert any("doctor" in value for value in headers.values())
    assert names == ["treatments"]


def test_every_consent_of_a_run_covers_the_requested_histories() -> None:
    covering: dict[HistoryResource, Any] = {
        HistoryResource.HEALTH_CHECKUPS: Category.HEALTH_CHECKUP,
        HistoryResource.MEDICATIONS: Category.MEDICATION,
        HistoryResource.TREATMENTS: Category.TREATMENT,
    }
    assert covering.keys() == SHARES.keys()
    assert set(covering.values()) <= set(CATEGORIES)
    assert [*CATEGORIES] == [category for category in Category if category in CATEGORIES]
