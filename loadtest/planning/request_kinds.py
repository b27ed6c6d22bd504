"""Each kind of request by itself, again and again, of patients who are present and have consented beforehand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle
from random import Random

from eligibility_api.contract.codes import FacilityKind, Purpose
from eligibility_api.contract.history import LookUp
from loadtest.dataset.cards import Card
from loadtest.dataset.terminals import Terminal
from loadtest.dataset.visitors import Visitors
from loadtest.planning.demand import (
    CARD,
    CHALLENGE,
    CONSENT,
    CONSENT_CHALLENGE,
    DISPENSING,
    NUMBER,
    PRESCRIPTION,
    TOKEN,
)
from loadtest.scenario import visits
from loadtest.scenario.consents import SHARES, consent, request_consent_challenge, view_history
from loadtest.scenario.history_check import HistoryChecker
from loadtest.scenario.prescriptions import PrescriptionWriter
from loadtest.scenario.visits import Outcome, TerminalClient
from loadtest.target import LoadError

Visit = Callable[[TerminalClient], Awaitable[Outcome]]
"""One request of a kind, with those that have to go before it."""

PATIENTS = 64
"""Who are present at a time, at most."""

_CHALLENGE_BODY = json.dumps({"purpose": Purpose.ELIGIBILITY}).encode()


@dataclass(frozen=True, slots=True)
class Present:
    """A patient who was present at a terminal, by a record, and consented there."""

    terminal: Terminal
    card: Card
    record: str
    consent_id: str


class Asking:
    """Draws who asks what. `prepare` before the first visit, and again before ten minutes are over: so long a presence
    lets consent.

    Prescriptions are told of every second cardholder, and nothing else is measured of these: a patient of whom much is
    told has medicines as nobody has.
    """

    def __init__(self, visitors: Visitors, rng: Random) -> None:
        self.visitors = replace(visitors, cards=visitors.cards[::2])
        """Everybody but those of whom prescriptions are told."""

        self._told_of = visitors.cards[1::2]
        self._rng = rng
        self._draw_membership = visitors.membership_sampler()
        self._present: list[Present] = []
        self._at: dict[bool, list[Present]] = {}
        """Of whom is told, by whether it is at a pharmacy."""

    async def prepare(self, client: TerminalClient) -> None:
        """Have patients come whose cards may be used. Raises LoadError where there are too few."""
        self._present = await self._arrived(client, self.visitors.cards)
        told_of = await self._arrived(client, self._told_of)
        self._at = {
            at_pharmacy: [one for one in told_of if _is_at_pharmacy(one) is at_pharmacy]
            for at_pharmacy in (False, True)
        }
        if not self._present or not all(self._at.values()):
            raise LoadError("too few could consent: what follows from that cannot be measured")

    def visits(self) -> dict[str, Visit]:
        """By kind, in an order in which each comes after those that its visit asks besides."""
        return {
            TOKEN: self._sign_in,
            CHALLENGE: self._challenge,
            NUMBER: self._number,
            CARD: self._tap,
            CONSENT_CHALLENGE: self._wish,
            CONSENT: self._consent,
            **{look_up.value: partial(self._look, look_up) for look_up in SHARES},
            PRESCRIPTION: partial(self._tell, False),
            DISPENSING: partial(self._tell, True),
        }

    def terminal(self) -> Terminal:
        """Any of them."""
        return self._rng.choice(self.visitors.terminals)

    async def _sign_in(self, client: TerminalClient) -> Outcome:
        return await client.sign_in(self.terminal())

    async def _challenge(self, client: TerminalClient) -> Outcome:
        return await client.send(self.terminal(), visits.CHALLENGE, _CHALLENGE_BODY)

    async def _number(self, client: TerminalClient) -> Outcome:
        return await client.by_number(self.terminal(), self._draw_membership(self._rng))

    async def _tap(self, client: TerminalClient) -> Outcome:
        return await client.by_card(self.terminal(), self._patient().card)

    async def _wish(self, client: TerminalClient) -> Outcome:
        patient = self._patient()
        return await request_consent_challenge(client, patient.terminal, patient.record)

    async def _consent(self, client: TerminalClient) -> Outcome:
        patient = self._patient()
        return await consent(client, patient.terminal, patient.card, patient.record)

    async def _look(self, look_up: LookUp, client: TerminalClient) -> Outcome:
        patient = self._patient()
        return await view_history(client, patient.terminal, patient.consent_id, look_up)

    async def _tell(self, at_pharmacy: bool, client: TerminalClient) -> Outcome:
        """A prescription or a dispensing, each of a patient of whom nothing else is known here."""
        patient = self._rng.choice(self._at[at_pharmacy])
        prescribing = PrescriptionWriter(client, HistoryChecker(), self._rng)
        told = await prescribing.tell(patient.terminal, patient.card.resident_id, patient.record)
        assert told is not None
        return told

    def _patient(self) -> Present:
        return self._rng.choice(self._present)

    async def _arrived(self, client: TerminalClient, cards: Sequence[Card]) -> list[Present]:
        """Some cardholders, spread over all terminals."""
        coming = self._rng.sample(cards, min(PATIENTS, len(cards)))
        terminals = cycle(self._rng.sample(self.visitors.terminals, len(self.visitors.terminals)))
        arrived = await asyncio.gather(*map(partial(self._arrive, client), terminals, coming))
        return [one for one in arrived if one is not None]

    async def _arrive(self, client: TerminalClient, terminal: Terminal, card: Card) -> Present | None:
        tapped = await client.by_card(terminal, card)
        if tapped.failure is not None:
            return None
        record = str(json.loads(tapped.body)["record_id"])
        given = await consent(client, terminal, card, record)
        if given.failure is not None:
            return None
        return Present(terminal, card, record, json.loads(given.body)["consent_id"])


def _is_at_pharmacy(patient: Present) -> bool:
    return patient.terminal.kind is FacilityKind.PHARMACY
