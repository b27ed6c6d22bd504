"""Registration after a tap: a prescription by an institution, or a dispensing by a pharmacy (電子処方箋)."""

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
from eligibility_api.contract.history_query import Staff
from eligibility_api.contract.numbers import check_digit
from loadtest.clock import today_in_japan
from loadtest.dataset.terminals import Terminal
from loadtest.scenario.history_check import Entry, HistoryChecker
from loadtest.scenario.visits import Outcome, Request, TerminalClient

MAX_ENTRIES_PER_PATIENT = 5
"""Per run: a card that stands for many patients would otherwise have an unrealistic history."""

DRUGS = ("990000101", "990000103", "990000105", "990000107", "990000109")
"""Codes of the drug master that the fund ships."""

_ROLES = {FacilityKind.DENTAL: Role.DENTIST, FacilityKind.PHARMACY: Role.PHARMACIST}
_PATHS = {Origin.PRESCRIPTION: "/v1/prescriptions", Origin.DISPENSING: "/v1/dispensings"}
_PAPER_PRESCRIBER = "131999999"
PAPER_PRESCRIBER = f"{_PAPER_PRESCRIBER}{check_digit(_PAPER_PRESCRIBER)}"
"""Institution of the paper prescriptions that a pharmacy dispenses for want of an electronic one."""


class PrescriptionWriter:
    """Registers prescriptions and dispensings for the patients of one generator."""

    def __init__(self, client: TerminalClient, history_checker: HistoryChecker, rng: Random) -> None:
        self._client = client
        self._history_checker = history_checker
        self._rng = rng

    async def register(self, terminal: Terminal, person: str, record: str) -> Outcome | None:
        """Register an entry for the patient whom a tap's record identified.

        Returns None if the patient has the maximum.
        """
        patient = self._history_checker.patient(person)
        if patient.started >= MAX_ENTRIES_PER_PATIENT:
            return None
        patient.started += 1
        origin = Origin.DISPENSING if terminal.kind is FacilityKind.PHARMACY else Origin.PRESCRIPTION
        body = self._draw(origin, person)
        body["identified_by"] = record
        headers = Staff(_ROLES.get(terminal.kind, Role.DOCTOR)).headers() | {IDEMPOTENCY_KEY: str(uuid4())}
        request = Request(origin.value, _PATHS[origin], headers=headers)
        outcome = await self._client.send(terminal, request, json.dumps(body).encode())
        if outcome.failure is None:
            known_from = json.loads(outcome.body)["known_from"]
            patient.entries.append(_entry(origin, terminal, body, datetime.fromisoformat(known_from)))
        else:
            patient.uncertain = True
        return outcome

    def _draw(self, origin: Origin, person: str) -> dict[str, Any]:
        today = today_in_japan().isoformat()
        medicine: dict[str, Any] = {
            "drug_code": self._rng.choice(DRUGS),
            "quantity": "1",
            "act": "21",
            "usage_code": "006",
        }
        medicine |= {"usage": "架空の用法", "times": self._rng.choice((5, 7, 14, 28))}
        body: dict[str, Any] = {"prescribed_on": today, "medicines": [medicine]}
        if origin is Origin.PRESCRIPTION:
            return body
        body |= {"dispensed_on": today, "prescriber": _prescriber(PAPER_PRESCRIBER)}
        prescribed = self._history_checker.patient(person).next_to_dispense()
        if prescribed is None:
            return body
        medicine |= {"drug_code": prescribed.drug_code, "times": prescribed.times}
        return body | {"prescriber": _prescriber(prescribed.institution_code)}


def _prescriber(institution_code: str) -> dict[str, str]:
    return {"institution_code": institution_code, "institution_name": "見本医療機関"}


def _entry(origin: Origin, terminal: Terminal, body: Mapping[str, Any], known_from: datetime) -> Entry:
    [medicine] = body["medicines"]
    code = terminal.institution_code
    return Entry(
        origin=origin,
        institution_code=code,
        prescriber=body["prescriber"]["institution_code"] if origin is Origin.DISPENSING else code,
        prescribed_on=body["prescribed_on"],
        drug_code=medicine["drug_code"],
        quantity=medicine["quantity"],
        times=medicine["times"],
        known_from=known_from,
    )
