"""What was told of a patient is what is seen of her: no more, no less, from its instant on."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eligibility_api.contract.history import LookUp, Origin
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


def looked(at: float, *rows: dict[str, Any], following: str | None = None) -> bytes:
    told = {"answered_at": (BEGAN + timedelta(seconds=at)).isoformat(), "total": len(rows), "next": following}
    return json.dumps(told | {"medicines": rows, "groups": []}).encode()


def judged(
    *entries: Entry, look: bytes, look_up: LookUp = LookUp.MEDICATIONS, doubtful: bool = False
) -> tuple[int, Counter[str]]:
    histories = HistoryChecker()
    histories.tapped(json.dumps({"answered_at": BEGAN.isoformat()}).encode())
    history = histories.of("R1")
    history.entries.extend(entries)
    history.doubtful = doubtful
    histories.looked("R1", look_up, look)
    return histories.judged()


RIGHT: dict[str, Any] = {}
MISSING, UNTOLD = {"medications: an entry is missing": 1}, {"medications: an entry that was not told": 1}


@pytest.mark.parametrize(
    ("entries", "look", "faults"),
    [
        ([], looked(30), RIGHT),
        ([PRESCRIBED], looked(9.9), RIGHT),
        ([PRESCRIBED], looked(10, row(PRESCRIBED)), RIGHT),
        ([PRESCRIBED], looked(9.9, row(PRESCRIBED)), UNTOLD),
        ([PRESCRIBED], looked(10), MISSING),
        ([PRESCRIBED], looked(10, row(PRESCRIBED, drug_code="990000102")), MISSING | UNTOLD),
        ([PRESCRIBED], looked(10, row(PRESCRIBED), row(PRESCRIBED)), UNTOLD),
        ([PRESCRIBED, DISPENSED], looked(15, row(PRESCRIBED)), RIGHT),
        ([PRESCRIBED, DISPENSED], looked(20, row(DISPENSED)), RIGHT),
        ([PRESCRIBED, DISPENSED], looked(20, row(DISPENSED), row(PRESCRIBED)), UNTOLD),
        ([PRESCRIBED, ON_PAPER], looked(20, row(ON_PAPER), row(PRESCRIBED)), RIGHT),
        ([PRESCRIBED], looked(30, row(PRESCRIBED), following="cursor"), RIGHT),
        ([], looked(30, row(PRESCRIBED), following="cursor"), UNTOLD),
    ],
)
def test_a_look_shows_what_was_known_at_its_instant(
    entries: list[Entry], look: bytes, faults: dict[str, int]
) -> None:
    assert judged(*entries, look=look) == (1, Counter(faults))


def test_entries_of_a_former_run_are_passed_over_and_take_a_prescriptions_place_all_the_same() -> None:
    former = replace(DISPENSED, known_from=BEGAN - timedelta(hours=1))
    assert judged(PRESCRIBED, look=looked(15, row(former))) == (1, Counter())
    assert judged(PRESCRIBED, look=looked(15, row(former), row(PRESCRIBED))) == (1, Counter(UNTOLD))


@pytest.mark.parametrize("look_up", [LookUp.TREATMENTS, LookUp.HEALTH_CHECKUPS])
def test_of_anything_else_there_is_nothing(look_up: LookUp) -> None:
    nothing = json.dumps({"total": 0, "treatments": [], "checkups": []}).encode()
    something = json.dumps({"total": 1, "treatments": [{}], "checkups": []}).encode()
    assert judged(look=nothing, look_up=look_up) == (1, Counter())
    assert judged(look=something, look_up=look_up)[1].total() == 1


def test_of_whom_it_is_not_known_what_was_kept_nothing_is_compared() -> None:
    assert judged(PRESCRIBED, look=looked(30), doubtful=True) == (0, Counter())


def test_some_looks_are_compared() -> None:
    histories = HistoryChecker()
    for _ in range(INITIAL_COUNT + 10 * SAMPLE_INTERVAL):
        histories.looked("R1", LookUp.MEDICATIONS, looked(1))
    assert histories.judged() == (INITIAL_COUNT + 10, Counter())


def test_the_last_prescription_without_its_medicine_is_the_next_to_be_dispensed() -> None:
    history = HistoryChecker().of("R1")
    assert history.to_dispense() is None
    other = replace(PRESCRIBED, institution_code=OTHER, prescriber=OTHER)
    history.entries += [PRESCRIBED, other]
    assert history.to_dispense() is other
    history.entries.append(ON_PAPER)
    assert history.to_dispense() is PRESCRIBED
