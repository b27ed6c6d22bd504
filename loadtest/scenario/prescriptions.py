"""What is told at once after a tap: a prescription by an institution, a dispensing by a pharmacy (電子処方箋)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any
from uuid import uuid4

from eligibility_api.contract.codes import FacilityKind, Role
from eligibility_api.contract.enrolment import IDEMPOTENCY_KEY
from eligibility_api.contract.history import Origin
from eligibility_api.contract.looking import Staff
from eligibility_api.contract.numbers import check_digit
from loadtest.clock import today_in_japan
from loadtest.dataset.terminals import Terminal
from loadtest.scenario.history_check import Entry, Histories
from loadtest.scenario.visits import Outcome, Reception, Request

MOST_OF_A_PATIENT = 5
"""Entries of one patient in a run: a card that stands for many taps would else have a history as nobody has."""

DRUGS = ("990000101", "990000103", "990000105", "990000107", "990000109")
"""Of the drug master that the fund ships."""

_ROLES = {FacilityKind.DENTAL: Role.DENTIST, FacilityKind.PHARMACY: Role.PHARMACIST}
_PATHS = {Origin.PRESCRIPTION: "/v1/prescriptions", Origin.DISPENSING: "/v1/dispensings"}
_ELSEWHERE = "131999999"
ELSEWHERE = f"{_ELSEWHERE}{check_digit(_ELSEWHERE)}"
"""Who prescribed on paper what a pharmacy dispenses without a prescription that it finds here."""


class Prescribing:
    """The prescriptions and dispensings of one generator's patients."""

    def __init__(self, reception: Reception, histories: Histories, rng: Random) -> None:
        self._reception = reception
        self._histories = histories
        self._rng = rng

    async def tell(self, terminal: Terminal, person: str, record: str) -> Outcome | None:
        """Tell of one, about whom a tap's record identified; None where the patient has enough of them already."""
        history = self._histories.of(person)
        if history.begun >= MOST_OF_A_PATIENT:
            return None
        history.begun += 1
        origin = Origin.DISPENSING if terminal.kind is FacilityKind.PHARMACY else Origin.PRESCRIPTION
        told = self._drawn(origin, person)
        told["identified_by"] = record
        headers = Staff(_ROLES.get(terminal.kind, Role.DOCTOR)).headers() | {IDEMPOTENCY_KEY: str(uuid4())}
        request = Request(origin.value, _PATHS[origin], headers=headers)
        outcome = await self._reception.ask(terminal, request, json.dumps(told).encode())
        if outcome.failure is None:
            known_from = json.loads(outcome.body)["known_from"]
            history.entries.append(_entry(origin, terminal, told, datetime.fromisoformat(known_from)))
        else:
            history.doubtful = True
        return outcome

    def _drawn(self, origin: Origin, person: str) -> dict[str, Any]:
        today = today_in_japan().isoformat()
        medicine: dict[str, Any] = {
            "drug_code": self._rng.choice(DRUGS),
            "quantity": "1",
            "act": "21",
            "usage_code": "006",
        }
        medicine |= {"usage": "架空の用法", "times": self._rng.choice((5, 7, 14, 28))}
        told: dict[str, Any] = {"prescribed_on": today, "medicines": [medicine]}
        if origin is Origin.PRESCRIPTION:
            return told
        told |= {"dispensed_on": today, "prescriber": _prescriber(ELSEWHERE)}
        prescribed = self._histories.of(person).to_dispense()
        if prescribed is None:
            return told
        medicine |= {"drug_code": prescribed.drug_code, "times": prescribed.times}
        return told | {"prescriber": _prescriber(prescribed.institution_code)}


def _prescriber(institution_code: str) -> dict[str, str]:
    return {"institution_code": institution_code, "institution_name": "見本医療機関"}


def _entry(origin: Origin, terminal: Terminal, told: Mapping[str, Any], known_from: datetime) -> Entry:
    [medicine] = told["medicines"]
    code = terminal.institution_code
    return Entry(
        origin=origin,
        institution_code=code,
        prescriber=told["prescriber"]["institution_code"] if origin is Origin.DISPENSING else code,
        prescribed_on=told["prescribed_on"],
        drug_code=medicine["drug_code"],
        quantity=medicine["quantity"],
        times=medicine["times"],
        known_from=known_from,
    )
