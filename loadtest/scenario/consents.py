"""After a tap: the patient consents with the card, and the facility views the permitted histories.

Shares are the ministry's figures of July 2024 (health check-ups 0.291, medicines 0.292, treatments 0.575 a
card check). With the tap's own two requests that makes 5.16 requests of this protocol.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from uuid import UUID

from pydantic_core import from_json, to_json

from eligibility_api.contract.codes import Category, Role
from eligibility_api.contract.consent import CONSENTS_PATH, ConsentStatement, to_be_signed
from eligibility_api.contract.history import HistoryResource
from eligibility_api.contract.history_query import Accessor
from loadtest.dataset.cards import Card
from loadtest.dataset.request_bodies import proof_members
from loadtest.dataset.terminals import Terminal
from loadtest.scenario.visits import Outcome, Request, TerminalClient

CATEGORIES = (
    Category.HEALTH_CHECKUP,
    Category.MEDICATION,
    Category.PRESCRIPTION,
    Category.TREATMENT,
)
"""The categories of every consent in a run."""

SHARES = {
    HistoryResource.HEALTH_CHECKUPS: 0.291,
    HistoryResource.MEDICATIONS: 0.292,
    HistoryResource.TREATMENTS: 0.575,
}
"""History requests per card check."""

OnHistory = Callable[[str, HistoryResource, bytes], None]
"""Called for each history with the patient, the resource and the response's body."""

_CHALLENGE, _CONSENT = "consent challenge", "consent"


def draw_histories(rng: Random) -> tuple[HistoryResource, ...]:
    """Draw the histories that a facility requests after one tap."""
    return tuple(resource for resource, share in SHARES.items() if rng.random() < share)


async def consent_and_view(
    client: TerminalClient,
    terminal: Terminal,
    card: Card,
    resources: Sequence[HistoryResource],
    tapped: Outcome,
    *,
    on_history: OnHistory | None = None,
) -> Outcome:
    """Register the consent after an answered tap, and request histories under it.

    Returns the eligibility that the consent completed, or the first failure.
    """
    given = await consent(client, terminal, card, str(from_json(tapped.body)["record_id"]))
    if given.failure is not None:
        return given
    answer = from_json(given.body)
    for resource in resources:
        history = await view_history(client, terminal, answer["consent_id"], resource)
        if history.failure is not None:
            return history
        if on_history is not None:
            on_history(card.resident_id, resource, history.body)
    return Outcome(given.status, to_json(answer["eligibility"]))


async def request_consent_challenge(client: TerminalClient, terminal: Terminal, record: str) -> Outcome:
    """Request the consent statement, with its challenge, for the patient whose presence a record proves."""
    body = json.dumps({"presence_record": record, "categories": CATEGORIES, "care": "1"}).encode()
    return await client.send(terminal, Request(_CHALLENGE, f"{CONSENTS_PATH}/challenges"), body)


async def consent(client: TerminalClient, terminal: Terminal, card: Card, record: str) -> Outcome:
    """Request a consent challenge and register the consent that the card signs.

    Returns the first failure, if any.
    """
    challenge = await request_consent_challenge(client, terminal, record)
    if challenge.failure is not None:
        return challenge
    body = _consent(terminal, card, record, from_json(challenge.body))
    return await client.send(terminal, Request(_CONSENT, CONSENTS_PATH), body)


async def view_history(
    client: TerminalClient, terminal: Terminal, consent_id: str, resource: HistoryResource
) -> Outcome:
    """Request one history under a consent, as a doctor."""
    accessor = Accessor(UUID(consent_id), Role.DOCTOR)
    path = f"{accessor.permits_path}/{accessor.permit_id}/{resource}"
    return await client.send(terminal, Request(resource, path, "GET", accessor.headers()))


def _consent(terminal: Terminal, card: Card, record: str, answer: dict[str, object]) -> bytes:
    challenge = str(answer["challenge"])
    message = to_be_signed(
        ConsentStatement.model_validate(answer["statement"], strict=False),
        visual_check=False,
        audience=terminal.credential.audience,
        terminal_id=terminal.credential.client_id,
        challenge=challenge,
        presence_record=UUID(record),
    )
    rest = json.dumps({"presence_record": record, "statement": answer["statement"]}).encode()
    return b"{" + proof_members(card.certificate, challenge, card.sign(message)) + b"," + rest[1:]
