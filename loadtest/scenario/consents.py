"""What follows a tap: the patient consents with her card, and the facility looks at what she allowed.

How often at what: the ministry's figures of July 2024 (health check-ups 0.291, medicines 0.292, treatments 0.575 a card
check). With the tap's own two requests that makes 5.16 of this protocol.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from uuid import UUID

from eligibility_api.contract.codes import Category, Role
from eligibility_api.contract.consent import CONSENTS_PATH, ConsentStatement, to_be_signed
from eligibility_api.contract.history import LookUp
from eligibility_api.contract.looking import Looker
from loadtest.dataset.cards import Card
from loadtest.dataset.request_bodies import proof
from loadtest.dataset.terminals import Terminal
from loadtest.scenario.visits import Outcome, Reception, Request

CATEGORIES = (
    Category.LIMIT_CERTIFICATE,
    Category.HEALTH_CHECKUP,
    Category.MEDICATION,
    Category.PRESCRIPTION,
    Category.TREATMENT,
)
"""What everybody consents to here."""

SHARES = {LookUp.HEALTH_CHECKUPS: 0.291, LookUp.MEDICATIONS: 0.292, LookUp.TREATMENTS: 0.575}
"""Detail look-ups per card check."""

Saw = Callable[[str, LookUp, bytes], None]
"""Is told of whom what was looked at, and what came."""

_CHALLENGE, _CONSENT = "consent challenge", "consent"


def drawn_look_ups(rng: Random) -> tuple[LookUp, ...]:
    """What a facility looks at after one tap."""
    return tuple(look_up for look_up, share in SHARES.items() if rng.random() < share)


async def consent_and_look(
    reception: Reception,
    terminal: Terminal,
    card: Card,
    look_ups: Sequence[LookUp],
    tapped: Outcome,
    *,
    saw: Saw | None = None,
) -> Outcome:
    """The consent after a tap that was answered, and the look-ups under it; `saw` is told what each showed.

    Gives the eligibility that the consent completed, or the first failure.
    """
    given = await consent(reception, terminal, card, str(json.loads(tapped.body)["record_id"]))
    if given.failure is not None:
        return given
    answer = json.loads(given.body)
    for look_up in look_ups:
        seen = await look(reception, terminal, answer["consent_id"], look_up)
        if seen.failure is not None:
            return seen
        if saw is not None:
            saw(card.resident_id, look_up, seen.body)
    return Outcome(given.status, json.dumps(answer["eligibility"]).encode())


async def wish(reception: Reception, terminal: Terminal, record: str) -> Outcome:
    """The statement that a patient may sign who was present by a record, and the challenge for it."""
    asked = json.dumps({"presence_record": record, "categories": CATEGORIES, "care": "1"}).encode()
    return await reception.ask(terminal, Request(_CHALLENGE, f"{CONSENTS_PATH}/challenges"), asked)


async def consent(reception: Reception, terminal: Terminal, card: Card, record: str) -> Outcome:
    """A wish, and the consent that the card signs; the first failure of the two."""
    challenge = await wish(reception, terminal, record)
    if challenge.failure is not None:
        return challenge
    body = _consent(terminal, card, record, json.loads(challenge.body))
    return await reception.ask(terminal, Request(_CONSENT, CONSENTS_PATH), body)


async def look(reception: Reception, terminal: Terminal, consent_id: str, look_up: LookUp) -> Outcome:
    """One look under a consent, as a doctor."""
    looker = Looker(UUID(consent_id), Role.DOCTOR)
    path = f"{looker.permits_path}/{looker.permit_id}/{look_up}"
    return await reception.ask(terminal, Request(look_up, path, "GET", looker.headers()))


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
    more = json.dumps({"presence_record": record, "statement": answer["statement"]}).encode()
    return b"{" + proof(card.certificate, challenge, card.sign(message)) + b"," + more[1:]
