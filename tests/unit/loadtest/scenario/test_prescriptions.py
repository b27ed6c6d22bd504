"""Prescriptions and dispensings registered after a tap."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest

from eligibility_api.contract.codes import FacilityKind
from eligibility_api.contract.history import Origin
from eligibility_api.contract.identifiers import institution_code
from eligibility_api.contract.prescriptions import DispensingRequest, PrescriptionRequest
from loadtest.scenario.history_check import HistoryChecker, PatientEntries
from loadtest.scenario.prescriptions import MAX_ENTRIES_PER_PATIENT, PAPER_PRESCRIBER, PrescriptionWriter
from loadtest.scenario.visits import Outcome
from tests.unit.loadtest.scenario.builders import RECORD, FakePool, client, signed_in

REGISTERED = {"entry_id": "e", "record_id": "r", "known_from": "2026-11-26T01:00:00+00:00"}
CLINIC = "1311111114"


def registered(
    *kinds: FacilityKind, status: int = 201, answer: dict[str, Any] | None = None
) -> tuple[FakePool, PatientEntries, list[Outcome | None]]:
    """One patient at one facility of each kind, one after the other."""
    response = (status, answer or REGISTERED)
    pool = FakePool({"/v1/prescriptions": response, "/v1/dispensings": response})
    history_checker = HistoryChecker()

    async def register() -> list[Outcome | None]:
        writer = PrescriptionWriter(client(pool), history_checker, Random(1))
        outcomes = []
        for kind in kinds:
            where = signed_in()
            where.kind = kind
            outcomes.append(await writer.register(where, "R1", str(RECORD)))
        return outcomes

    outcomes = asyncio.run(register())
    return pool, history_checker.patient("R1"), outcomes


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        (FacilityKind.CLINIC, "doctor"),
        (FacilityKind.HOSPITAL, "doctor"),
        (FacilityKind.DENTAL, "dentist"),
    ],
)
def test_an_institution_prescribes(kind: FacilityKind, role: str) -> None:
    pool, patient, [outcome] = registered(kind)
    [(path, headers, body)] = pool.requests
    assert outcome is not None
    assert outcome.failure is None
    assert (path, headers["Operator-Role"]) == ("/v1/prescriptions", role)
    assert headers["Idempotency-Key"]
    body_sent = PrescriptionRequest.model_validate_json(body)
    [entry] = patient.entries
    assert (entry.origin, entry.drug_code) == (Origin.PRESCRIPTION, body_sent.medicines[0].drug_code)
    assert body_sent.identified_by == RECORD


def test_a_pharmacy_dispenses_a_prescription_of_this_run_or_else_of_paper() -> None:
    pool, patient, _ = registered(FacilityKind.CLINIC, FacilityKind.PHARMACY, FacilityKind.PHARMACY)
    (_, _, _), (path, headers, first), (_, _, second) = pool.requests
    assert (path, headers["Operator-Role"]) == ("/v1/dispensings", "pharmacist")
    dispensings = [DispensingRequest.model_validate_json(body) for body in (first, second)]
    assert [one.prescriber.institution_code for one in dispensings] == [CLINIC, PAPER_PRESCRIBER]
    assert institution_code(PAPER_PRESCRIBER) == PAPER_PRESCRIBER
    prescribed, dispensed, _ = patient.entries
    assert (dispensed.drug_code, dispensed.prescriber) == (prescribed.drug_code, CLINIC)


def test_the_entries_of_a_patient_are_limited() -> None:
    pool, patient, outcomes = registered(*[FacilityKind.CLINIC] * (MAX_ENTRIES_PER_PATIENT + 2))
    assert len(pool.requests) == len(patient.entries) == MAX_ENTRIES_PER_PATIENT
    assert outcomes[-2:] == [None, None]


def test_after_a_failed_registration_the_patients_entries_are_uncertain() -> None:
    _, patient, [outcome] = registered(
        FacilityKind.CLINIC, status=503, answer={"code": "overloaded", "retry_after": 60}
    )
    assert outcome is not None
    assert (outcome.failure, patient.entries, patient.uncertain) == ("overloaded", [], True)
