"""The check of duplicate medication as a service: who may ask, what is returned, and what needs consent (M7, M8)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from eligibility_api.clients.operator import Operator
from eligibility_api.contract.codes import FacilityKind, Right, Role
from eligibility_api.contract.duplicate_checks import DuplicateCheckAnswer, DuplicateCheckRequest
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.claims import Content, Drug, encode
from eligibility_api.domain.duplicates import MAX_ENTRIES
from eligibility_api.drug_master.cache import DrugEntry, DrugMaster, DrugMasterCache
from eligibility_api.duplicates import service
from eligibility_api.state import State
from tests.builders.scripted_database import CLINIC, NOW, asked_of, scripted_state, terminal

pytestmark = pytest.mark.anyio

TODAY = date(2026, 4, 1)
OTHER_CLINIC = "0110113719"
RECORD, CONSENT, PERSON = UUID(int=8), UUID(int=9), b"person"
CALLER = terminal(Right.PRESCRIPTION, Right.CONSENT)
DOCTOR, PHARMACIST = Operator(Role.DOCTOR, "見本　医師"), Operator(Role.PHARMACIST, "見本　薬剤師")
KINDS, REFUSAL = 5, 6
"""Places of the statement's parameters."""


class Master(DrugMasterCache):
    """A drug master with one ingredient of two makers, and one that must not be combined with it."""

    async def for_load(self, database: object, load: int | None) -> DrugMaster:
        return DrugMaster(
            {
                "990000101": DrugEntry("架空降圧錠", "錠", False, "9901001"),
                "990000102": DrugEntry(None, "錠", True, "9901001"),
                "990000114": DrugEntry("架空鎮痛錠", "錠", False, "9905001"),
            }
        )


def row(entry: int | None = None, code: str = "990000102", **changes: Any) -> dict[str, Any]:
    """A row of the statement: without an entry, or with a prescription of another clinic."""
    content = Content("別医院", None, None, (Drug(code, "1", "21", 14),), (), ())
    plain: dict[str, Any] = {
        "admitted": True,
        "entitled": True,
        "institution_code": CLINIC,
        "outcome": "done",
        "person_key": PERSON,
        "record_id": RECORD,
        "recorded_at": NOW,
        "drug_load": 1,
        "entry": entry,
        "origin": "prescription",
        "known_from": NOW,
        "institution": OTHER_CLINIC,
        "prescriber_name": "別医院",
        "content": encode(content),
        "prescribed_on": TODAY - timedelta(days=3),
        "dispensed_on": None,
    }
    return plain | changes


def asked(**more: Any) -> DuplicateCheckRequest:
    plain: dict[str, Any] = {
        "identified_by": str(RECORD),
        "on": TODAY.isoformat(),
        "same_institution": True,
        "medicines": [{"drug_code": "990000101", "act": "21", "times": 14}],
    }
    return DuplicateCheckRequest.model_validate(plain | more)


def state_of(*answers: list[dict[str, Any]]) -> State:
    return scripted_state(*answers, drugs=Master())


async def check(
    state: State, request: DuplicateCheckRequest | None = None, operator: Operator = DOCTOR
) -> DuplicateCheckAnswer:
    return await service.check(state, CALLER, operator, request or asked())


@pytest.mark.parametrize(
    ("rows", "facts"),
    [
        ([row()], (False, False)),
        ([row(1)], (True, False)),
        ([row(1, "990000114")], (False, True)),
        ([row(1), row(2, "990000114")], (True, True)),
        ([row(1, "990009999")], (False, False)),
        ([row(1, prescribed_on=TODAY - timedelta(days=14))], (False, False)),
    ],
    ids=["nothing", "duplicate", "contraindicated", "both", "unknown-drug", "over"],
)
async def test_without_consent_the_facts_alone_are_returned(
    rows: list[dict[str, Any]], facts: tuple[bool, bool]
) -> None:
    """Rule M7."""
    answer = await check(state_of(rows))
    assert (answer.duplicate, answer.contraindicated) == facts
    assert (answer.consented, answer.findings) == (False, [])
    assert (answer.record_id, answer.checked_at) == (str(RECORD), NOW)


@pytest.mark.parametrize(("entries", "complete"), [(MAX_ENTRIES, True), (MAX_ENTRIES + 1, False)])
async def test_no_more_than_the_newest_entries_are_compared(entries: int, complete: bool) -> None:
    """Rule M9: the oldest one, the only duplicate, is beyond the limit; the answer says that there is more."""
    rows = [row(1)] + [
        row(number, "990000114", known_from=NOW + timedelta(minutes=number))
        for number in range(2, entries + 1)
    ]
    state = state_of(rows)
    answer = await check(state)
    assert (answer.duplicate, answer.contraindicated, answer.complete) == (complete, True, complete)
    [(_, parameters)] = asked_of(state).asked
    assert parameters[9] == MAX_ENTRIES + 1


async def test_with_consent_the_other_medicine_is_named() -> None:
    """Rule M7."""
    state = state_of([row(1)], [{"outcome": "answered", "person_key": PERSON}])
    answer = await check(state, asked(consent_id=str(CONSENT)))
    [finding] = answer.findings
    assert answer.consented
    assert (finding.kind, finding.medicine) == ("duplicate", 1)
    other = finding.other
    assert (other.drug_code, other.name, other.institution_code) == ("990000102", None, OTHER_CLINIC)
    assert (other.first_day, other.last_day) == (TODAY - timedelta(days=3), TODAY + timedelta(days=10))
    [_, (_, parameters)] = asked_of(state).asked
    assert parameters[1] == CONSENT


@pytest.mark.parametrize(
    ("outcome", "person", "code"),
    [
        ("consent-expired", PERSON, "consent-expired"),
        ("consent-not-yet", PERSON, "consent-not-yet"),
        ("consent-category", PERSON, "consent-category"),
        ("answered", b"another", "consent-missing"),
    ],
)
async def test_a_consent_that_does_not_hold_is_refused(outcome: str, person: bytes, code: str) -> None:
    """Rule M7: another person's consent is none."""
    state = state_of([row(1)], [{"outcome": outcome, "person_key": person}])
    with pytest.raises(ShikakuError) as refused:
        await check(state, asked(consent_id=str(CONSENT)))
    assert refused.value.code == code


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("dispenses", [False, True])
async def test_those_may_ask_who_may_record(role: Role, dispenses: bool) -> None:
    """Rule M8."""
    named = {"institution_code": OTHER_CLINIC, "prescribed_on": TODAY.isoformat()}
    request = asked(prescription=named) if dispenses else asked()
    state = state_of([row()])
    await check(state, request, Operator(role))
    [(_, parameters)] = asked_of(state).asked
    permitted = {Role.PHARMACIST} if dispenses else {Role.DOCTOR, Role.DENTIST}
    assert (parameters[REFUSAL] is None) is (role in permitted | {Role.AUTHORISED_STAFF})
    kinds = (
        {FacilityKind.PHARMACY}
        if dispenses
        else {FacilityKind.CLINIC, FacilityKind.HOSPITAL, FacilityKind.DENTAL}
    )
    assert set(parameters[KINDS]) == kinds


@pytest.mark.parametrize(
    ("on", "prescribed_on", "refusal"),
    [
        (TODAY, None, None),
        (TODAY + timedelta(days=1), None, "prescription-day"),
        (TODAY - timedelta(days=101), None, "prescription-day"),
        (TODAY, TODAY - timedelta(days=4), None),
        (TODAY - timedelta(days=1), TODAY, "prescription-day"),
    ],
)
async def test_the_days_are_those_of_an_entry(
    on: date, prescribed_on: date | None, refusal: str | None
) -> None:
    """Rules M8, W11."""
    more: dict[str, Any] = {"on": on.isoformat()}
    if prescribed_on is not None:
        more["prescription"] = {
            "institution_code": OTHER_CLINIC,
            "prescribed_on": prescribed_on.isoformat(),
        }
    state = state_of([row()])
    await check(state, asked(**more), DOCTOR if prescribed_on is None else PHARMACIST)
    assert asked_of(state).asked[0][1][REFUSAL] == refusal


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"admitted": False}, "client-closed"),
        ({"entitled": False}, "right-missing"),
        ({"outcome": "not-identified"}, "not-identified"),
        ({"outcome": "card-not-usable"}, "card-not-usable"),
    ],
)
async def test_a_refusal_of_the_statement_returns_nothing(changes: dict[str, Any], code: str) -> None:
    """Rule M8."""
    with pytest.raises(ShikakuError) as refused:
        await check(state_of([row(1, **changes)]))
    assert refused.value.code == code


async def test_the_right_is_needed_before_anything_is_asked() -> None:
    """Rule M8."""
    state = state_of()
    with pytest.raises(ShikakuError, match="right-missing"):
        await service.check(state, terminal(Right.CONSENT), DOCTOR, asked())
    assert asked_of(state).asked == []
