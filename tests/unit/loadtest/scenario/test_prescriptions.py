"""What is told after a tap, by whom, in the fund's own words."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest

from eligibility_api.contract.codes import FacilityKind
from eligibility_api.contract.history import Origin
from eligibility_api.contract.numbers import is_institution_code
from eligibility_api.contract.prescriptions import DispensingRequest, PrescriptionRequest
from loadtest.scenario.history_check import HistoryChecker, History
from loadtest.scenario.prescriptions import PAPER_PRESCRIBER, MAX_ENTRIES_PER_PATIENT, PrescriptionWriter
from loadtest.scenario.visits import Outcome
from tests.unit.loadtest.scenario.test_visits import RECORD, LaidOut, client, signed_in

TOLD = {"entry_id": "e", "record_id": "r", "known_from": "2026-11-26T01:00:00+00:00"}
CLINIC = "1311111114"


def telling(
    *kinds: FacilityKind, status: int = 201, answer: dict[str, Any] | None = None
) -> tuple[LaidOut, History, list[Outcome | None]]:
    """One patient at one facility of each kind, one after the other."""
    said = (status, answer or TOLD)
    pool = LaidOut({"/v1/prescriptions": said, "/v1/dispensings": said})
    histories = HistoryChecker()

    async def tell() -> list[Outcome | None]:
        prescribing = PrescriptionWriter(client(pool), histories, Random(1))
        outcomes = []
        for kind in kinds:
            where = signed_in()
            where.kind = kind
            outcomes.append(await prescribing.tell(where, "R1", str(RECORD)))
        return outcomes

    outcomes = asyncio.run(tell())
    return pool, histories.of("R1"), outcomes


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        (FacilityKind.CLINIC, "doctor"),
        (FacilityKind.HOSPITAL, "doctor"),
        (FacilityKind.DENTAL, "dentist"),
    ],
)
def test_an_institution_prescribes(kind: FacilityKind, role: str) -> None:
    pool, history, [outcome] = telling(kind)
    [(path, headers, body)] = pool.asked
    assert outcome is not None
    assert outcome.failure is None
    assert (path, headers["Operator-Role"]) == ("/v1/prescriptions", role)
    assert headers["Idempotency-Key"]
    told = PrescriptionRequest.model_validate_json(body)
    [entry] = history.entries
    assert (entry.origin, entry.drug_code) == (Origin.PRESCRIPTION, told.medicines[0].drug_code)
    assert told.identified_by == RECORD


def test_a_pharmacy_dispenses_what_was_prescribed_here_else_what_came_on_paper() -> None:
    pool, history, _ = telling(FacilityKind.CLINIC, FacilityKind.PHARMACY, FacilityKind.PHARMACY)
    (_, _, _), (path, headers, first), (_, _, second) = pool.asked
    assert (path, headers["Operator-Role"]) == ("/v1/dispensings", "pharmacist")
    dispensings = [DispensingRequest.model_validate_json(body) for body in (first, second)]
    assert [one.prescriber.institution_code for one in dispensings] == [CLINIC, PAPER_PRESCRIBER]
    assert is_institution_code(PAPER_PRESCRIBER)
    prescribed, dispensed, _ = history.entries
    assert (dispensed.drug_code, dispensed.prescriber) == (prescribed.drug_code, CLINIC)


def test_a_patient_has_no_more_than_a_few() -> None:
    pool, history, outcomes = telling(*[FacilityKind.CLINIC] * (MAX_ENTRIES_PER_PATIENT + 2))
    assert len(pool.asked) == len(history.entries) == MAX_ENTRIES_PER_PATIENT
    assert outcomes[-2:] == [None, None]


def test_what_was_not_answered_leaves_a_doubt() -> None:
    _, history, [outcome] = telling(
        FacilityKind.CLINIC, status=503, answer={"code": "overloaded", "retry_after": 60}
    )
    assert outcome is not None
    assert (outcome.failure, history.entries, history.doubtful) == ("overloaded", [], True)
