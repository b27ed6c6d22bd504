"""Each kind of request on its own, repeatable, by patients who tapped and consented in advance."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle
from random import Random

from eligibility_api.contract.codes import FacilityKind, Purpose
from eligibility_api.contract.history import HistoryResource
from loadtest.dataset.cards import Card
from loadtest.dataset.terminals import Terminal
from loadtest.dataset.visitors import Visitors
from loadtest.errors import LoadError
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

Visit = Callable[[TerminalClient], Awaitable[Outcome]]
"""One request of a kind, with those that must precede it."""

MAX_PATIENTS = 64
"""The maximum of patients prepared at a time."""

_CHALLENGE_BODY = json.dumps({"purpose": Purpose.ELIGIBILITY}).encode()


@dataclass(frozen=True, slots=True)
class Patient:
    """A cardholder who tapped at a terminal (the audit record `record`) and consented there."""

    terminal: Terminal
    card: Card
    record: str
    consent_id: str


class RequestKinds:
    """Makes requests of each kind with drawn patients and terminals.

    `prepare` must be called before the first visit, and again within ten minutes: a tap permits a consent for
    that long.

    Prescriptions are registered for every second cardholder, and nothing else is measured with these:
    otherwise the measured patients would have unrealistically many medicines.
    """

    def __init__(self, visitors: Visitors, rng: Random) -> None:
        self.visitors = replace(visitors, cards=visitors.cards[::2])
        """Without the cardholders for whom prescriptions are registered."""

        self._prescribed_cards = visitors.cards[1::2]
        self._rng = rng
        self._draw_membership = visitors.membership_sampler()
        self._patients: list[Patient] = []
        self._prescribed: dict[bool, list[Patient]] = {}
        """Patients for whom prescriptions are registered, by whether they are at a pharmacy."""

    async def prepare(self, client: TerminalClient) -> None:
        """Have patients tap and consent. Raises LoadError if too few could."""
        self._patients = await self._arrive_all(client, self.visitors.cards)
        prescribed = await self._arrive_all(client, self._prescribed_cards)
        self._prescribed = {
            at_pharmacy: [patient for patient in prescribed if _is_at_pharmacy(patient) is at_pharmacy]
            for at_pharmacy in (False, True)
        }
        if not self._patients or not all(self._prescribed.values()):
            raise LoadError("too few patients could consent: the requests after a consent cannot be measured")

    def by_kind(self) -> dict[str, Visit]:
        """The visits by kind; each kind follows those that its visit requests too."""
        return {
            TOKEN: self._sign_in,
            CHALLENGE: self._challenge,
            NUMBER: self._number,
            CARD: self._tap,
            CONSENT_CHALLENGE: self._consent_challenge,
            CONSENT: self._consent,
            **{resource.value: partial(self._history, resource) for resource in SHARES},
            PRESCRIPTION: partial(self._prescribe, False),
            DISPENSING: partial(self._prescribe, True),
        }

    def terminal(self) -> Terminal:
        """A random terminal."""
        return self._rng.choice(self.visitors.terminals)

    async def _sign_in(self, client: TerminalClient) -> Outcome:
        return await client.sign_in(self.terminal())

    async def _challenge(self, client: TerminalClient) -> Outcome:
        return await client.send(self.terminal(), visits.CHALLENGE, _CHALLENGE_BODY)

    async def _number(self, client: TerminalClient) -> Outcome:
        return await client.by_number(self.terminal(), self._draw_membership(self._rng))

    async def _tap(self, client: TerminalClient) -> Outcome:
        return await client.by_card(self.terminal(), self._patient().card)

    async def _consent_challenge(self, client: TerminalClient) -> Outcome:
        patient = self._patient()
        return await request_consent_challenge(client, patient.terminal, patient.record)

    async def _consent(self, client: TerminalClient) -> Outcome:
        patient = self._patient()
        return await consent(client, patient.terminal, patient.card, patient.record)

    async def _history(self, resource: HistoryResource, client: TerminalClient) -> Outcome:
        patient = self._patient()
        return await view_history(client, patient.terminal, patient.consent_id, resource)

    async def _prescribe(self, at_pharmacy: bool, client: TerminalClient) -> Outcome:
        """Register a prescription or a dispensing, each without knowledge of earlier ones."""
        patient = self._rng.choice(self._prescribed[at_pharmacy])
        writer = PrescriptionWriter(client, HistoryChecker(), self._rng)
        outcome = await writer.register(patient.terminal, patient.card.resident_id, patient.record)
        assert outcome is not None
        return outcome

    def _patient(self) -> Patient:
        return self._rng.choice(self._patients)

    async def _arrive_all(self, client: TerminalClient, cards: Sequence[Card]) -> list[Patient]:
        """Some cardholders, spread over all terminals, without those who were refused."""
        coming = self._rng.sample(cards, min(MAX_PATIENTS, len(cards)))
        terminals = cycle(self._rng.sample(self.visitors.terminals, len(self.visitors.terminals)))
        patients = await asyncio.gather(*map(partial(self._arrive, client), terminals, coming))
        return [patient for patient in patients if patient is not None]

    async def _arrive(self, client: TerminalClient, terminal: Terminal, card: Card) -> Patient | None:
        tap = await client.by_card(terminal, card)
        if tap.failure is not None:
            return None
        record = str(json.loads(tap.body)["record_id"])
        given = await consent(client, terminal, card, record)
        if given.failure is not None:
            return None
        return Patient(terminal, card, record, json.loads(given.body)["consent_id"])


def _is_at_pharmacy(patient: Patient) -> bool:
    return patient.terminal.kind is FacilityKind.PHARMACY
