"""A history must show exactly the entries registered for the patient, from their time on."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eligibility_api.contract.history import HistoryResource, Origin
from loadtest.scenario.history_check import INITIAL_COUNT, SAMPLE_INTERVAL, Entry, HistoryChecker

BEGAN = datetime(2026, 11, 26, 1, tzinfo=UTC)
CLINIC, OTHER, PHARMACY = "1311111114", "0110113719", "1341111118"
PRESCRIBED = Entry(
    Origin.PRESCRIPTION, CLINIC, CLINIC, "2026-11-26", "990000101", "1", 7, BEGAN + timedelta(seconds=10)
)
DISPENSED = replace(
    PRESCRIBED,
    origin=Origin.DISPENSING,
    institution_code=PHARMACY,
    known_from=BEGAN + timedelta(seconds=20),
)
ON_PAPER = replace(DISPENSED, prescriber=OTHER)


def row(entry: Entry, **changes: Any) -> dict[str, Any]:
    return {
        "origin": entry.origin.value,
        "institution": {"institution_code": entry.institution_code},
        "prescriber": {"institution_code": entry.prescriber} if entry.origin is Origin.DISPENSING else None,
        "prescribed_on": entry.prescribed_on,
        "drug_code": entry.drug_code,
        "quantity": entry.quantity,
        "times": entry.times,
        "known_from": entry.known_from.isoformat(),
    } | changes


def history(at: float, *rows: dict[str, Any], following: str | None = None) -> bytes:
    members = {
        "answered_at": (BEGAN + timedelta(seconds=at)).isoformat(),
        "total": len(rows),
        "next": following,
    }
    return json.dumps(members | {"medicines": rows, "groups": []}).encode()


def compared(
    *entries: Entry,
    shown: bytes,
    resource: HistoryResource = HistoryResource.MEDICATIONS,
    uncertain: bool = False,
) -> tuple[int, Counter[str]]:
    checker = HistoryChecker()
    checker.record_tap(json.dumps({"answered_at": BEGAN.isoformat()}).encode())
    patient = checker.patient("R1")
    patient.entries.extend(entries)
    patient.uncertain = uncertain
    checker.record_history("R1", resource, shown)
    return checker.results()


RIGHT: dict[str, Any] = {}
MISSING, UNREGISTERED = (
    {"medications: an entry is missing": 1},
    {"medications: an entry that was not registered": 1},
)


@pytest.mark.parametrize(
    ("entries", "shown", "faults"),
    [
        ([], history(30), RIGHT),
        ([PRESCRIBED], history(9.9), RIGHT),
        ([PRESCRIBED], history(10, row(PRESCRIBED)), RIGHT),
        ([PRESCRIBED], history(9.9, row(PRESCRIBED)), UNREGISTERED),
        ([PRESCRIBED], history(10), MISSING),
        ([PRESCRIBED], history(10, row(PRESCRIBED, drug_code="990000102")), MISSING | UNREGISTERED),
        ([PRESCRIBED], history(10, row(PRESCRIBED), row(PRESCRIBED)), UNREGISTERED),
        ([PRESCRIBED, DISPENSED], history(15, row(PRESCRIBED)), RIGHT),
        ([PRESCRIBED, DISPENSED], history(20, row(DISPENSED)), RIGHT),
        ([PRESCRIBED, DISPENSED], history(20, row(DISPENSED), row(PRESCRIBED)), UNREGISTERED),
        ([PRESCRIBED, ON_PAPER], history(20, row(ON_PAPER), row(PRESCRIBED)), RIGHT),
        ([PRESCRIBED], history(30, row(PRESCRIBED), following="cursor"), RIGHT),
        ([], history(30, row(PRESCRIBED), following="cursor"), UNREGISTERED),
    ],
)
def test_a_history_shows_the_entries_known_at_its_instant(
    entries: list[Entry], shown: bytes, faults: dict[str, int]
) -> None:
    assert compared(*entries, shown=shown) == (1, Counter(faults))


def test_entries_of_an_earlier_run_are_ignored_but_replace_prescriptions() -> None:
    former = replace(DISPENSED, known_from=BEGAN - timedelta(hours=1))
    assert compared(PRESCRIBED, shown=history(15, row(former))) == (1, Counter())
    assert compared(PRESCRIBED, shown=history(15, row(former), row(PRESCRIBED))) == (1, Counter(UNREGISTERED))


@pytest.mark.parametrize("resource", [HistoryResource.TREATMENTS, HistoryResource.HEALTH_CHECKUPS])
def test_any_other_history_must_be_empty(resource: HistoryResource) -> None:
    nothing = json.dumps({"total": 0, "treatments": [], "checkups": []}).encode()
    something = json.dumps({"total": 1, "treatments": [{}], "checkups": []}).encode()
    assert compared(shown=nothing, resource=resource) == (1, Counter())
    assert compared(shown=something, resource=resource)[1].total() == 1


def test_a_patient_with_uncertain_entries_is_not_compared() -> None:
    assert compared(PRESCRIBED, shown=history(30), uncertain=True) == (0, Counter())


def test_a_sample_of_histories_is_compared() -> None:
    checker = HistoryChecker()
    for _ in range(INITIAL_COUNT + 10 * SAMPLE_INTERVAL):
        checker.record_history("R1", HistoryResource.MEDICATIONS, history(1))
    assert checker.results() == (INITIAL_COUNT + 10, Counter())


def test_the_latest_prescription_without_a_dispensing_is_dispensed_next() -> None:
    patient = HistoryChecker().patient("R1")
    assert patient.next_to_dispense() is None
    other = replace(PRESCRIBED, institution_code=OTHER, prescriber=OTHER)
    patient.entries += [PRESCRIBED, other]
    assert patient.next_to_dispense() is other
    patient.entries.append(ON_PAPER)
    assert patient.next_to_dispense() is PRESCRIBED
