"""The access check as the services use it: its parameters, the decision in a row, status and end of a consent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from eligibility_api.clients.operator import Operator
from eligibility_api.consent import service
from eligibility_api.consent.access_check import (
    CONSENT_BASES,
    DEFAULT_OPERATOR,
    access_check,
    access_parameters,
    recorded_cte,
)
from eligibility_api.consent.access_decision import AccessDecision, check_granted
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Care, Category, EndReason, FacilityKind, Right, Role
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.errors import ShikakuError
from tests.builders.scripted_database import CLIENT, NOW, asked_of, scripted_state, terminal

pytestmark = pytest.mark.anyio

PERMIT, RECORD = UUID(int=5), UUID(int=6)
CALLER = terminal(Right.CONSENT)
EMERGENCY, DISASTER = frozenset({Basis.EMERGENCY}), frozenset({Basis.DISASTER})
NEEDED = {CONSENT_BASES: Right.CONSENT, EMERGENCY: Right.EMERGENCY, DISASTER: Right.ELIGIBILITY}


def row(**changes: Any) -> dict[str, Any]:
    """The row of an access check over a consent for outpatient care, with its record."""
    values: dict[str, Any] = {
        "outcome": "answered",
        "permit_id": PERMIT,
        "basis": "pin",
        "care": "1",
        "categories": ["medication", "limit-certificate"],
        "given_at": NOW,
        "available_from": None,
        "until": NOW + timedelta(hours=24),
        "ended_at": None,
        "end_reason": None,
        "person_key": bytes(16),
        "facility_kind": "clinic",
        "record_id": RECORD,
        "recorded_at": NOW,
    }
    return values | changes


NOTHING = dict.fromkeys(
    (
        "basis",
        "care",
        "categories",
        "given_at",
        "available_from",
        "until",
        "ended_at",
        "end_reason",
        "person_key",
        "facility_kind",
    )
)
"""The columns of a check without such a permit."""


@pytest.mark.parametrize("bases", NEEDED, ids=lambda bases: "-".join(sorted(bases)))
def test_each_address_needs_its_own_right_and_a_missing_one_is_passed_on_to_be_recorded(
    bases: frozenset[Basis],
) -> None:
    right = NEEDED[bases]
    for rights, passed in ({right}, right.value), (set(Right) - {right}, None):
        parameters = access_parameters(terminal(*rights), PERMIT, Operator(Role.DENTIST, "見本"), bases)
        assert parameters == [CLIENT, PERMIT, passed, "dentist", "見本"]


def test_a_request_that_names_no_operator_is_the_receptions() -> None:
    assert access_parameters(CALLER, PERMIT)[3:] == ["reception", None]
    assert Operator(Role.RECEPTION, None) == DEFAULT_OPERATOR


@pytest.mark.parametrize(
    "bases",
    [frozenset(), CONSENT_BASES | EMERGENCY, EMERGENCY | DISASTER, frozenset({Basis.PIN, Basis.DISASTER})],
)
def test_there_is_no_check_for_bases_of_different_addresses(bases: frozenset[Basis]) -> None:
    with pytest.raises(AssertionError):
        access_check(bases)
    with pytest.raises(KeyError):
        access_parameters(CALLER, PERMIT, DEFAULT_OPERATOR, bases)


ORDER = (
    "client-closed",
    "right-missing",
    "consent-missing",
    "consent-other-facility",
    "consent-withdrawn",
    "consent-expired",
    "consent-not-yet",
    "consent-category",
    "role-not-permitted",
    "staff-not-authorised",
    "card-not-usable",
)
"""The order of refusals (rule W5)."""


@pytest.mark.parametrize("bases", NEEDED, ids=lambda bases: "-".join(sorted(bases)))
@pytest.mark.parametrize("category", [None, *Category])
def test_refusals_are_decided_in_the_order_of_rule_w5(
    bases: frozenset[Basis], category: Category | None
) -> None:
    statement = access_check(bases, category)
    asked = [code for code in ORDER if f"'{code}'" in statement]
    assert [statement.index(f"'{code}'") for code in asked] == sorted(
        statement.index(f"'{code}'") for code in asked
    )
    medical = category is not None and CATEGORIES[category].medical
    left_out = set(ORDER) - set(asked)
    expected = set() if category is not None else {"consent-category"}
    expected |= set() if medical else {"role-not-permitted"}
    expected |= set() if medical or bases == EMERGENCY else {"staff-not-authorised"}
    expected |= set() if bases == CONSENT_BASES else {"consent-not-yet"}
    assert left_out == expected


def test_a_record_names_the_category_only_of_a_request_for_one() -> None:
    assert "'category', 'surgery'" in recorded_cte("history.surgeries", category=Category.SURGERY)
    assert "'category'" not in recorded_cte("consent.status")


def test_the_decision_has_the_permits_values() -> None:
    decision = AccessDecision.of(row(end_reason="2", ended_at=NOW))
    assert (decision.basis, decision.care, decision.end_reason) == (
        Basis.PIN,
        Care.OUTPATIENT,
        EndReason.BY_PATIENT,
    )
    assert decision.categories == {Category.MEDICATION, Category.LIMIT_CERTIFICATE}
    assert decision.facility_kind is FacilityKind.CLINIC


def test_without_a_permit_a_decision_has_its_outcome_and_record_alone() -> None:
    decision = AccessDecision.of(row(outcome="consent-missing", **NOTHING))
    assert (decision.outcome, decision.permit_id, decision.record_id) == ("consent-missing", PERMIT, RECORD)
    assert (decision.basis, decision.care, decision.categories, decision.facility_kind) == (
        None,
        None,
        frozenset(),
        None,
    )


@pytest.mark.parametrize("code", ORDER)
def test_a_recorded_refusal_is_raised(code: str) -> None:
    check_granted("answered")
    with pytest.raises(ShikakuError) as refused:
        check_granted(code)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("outcome", "changes"),
    [
        ("answered", {}),
        ("consent-withdrawn", {"ended_at": NOW, "end_reason": "2"}),
        ("consent-expired", {"until": NOW}),
    ],
)
async def test_the_status_is_shown_also_after_the_end(outcome: str, changes: dict[str, Any]) -> None:
    state = scripted_state([row(outcome=outcome, **changes)])
    status = await service.status(state, CALLER, PERMIT)
    assert (status.consent_id, status.basis, status.given_at) == (PERMIT, Basis.PIN, NOW)
    assert (status.ended_at, status.end_reason) == (changes.get("ended_at"), changes.get("end_reason"))


async def test_the_categories_of_a_status_are_in_the_order_of_the_screen() -> None:
    stored = [category.value for category in reversed(Category)]
    status = await service.status(scripted_state([row(categories=stored)]), CALLER, PERMIT)
    assert status.categories == list(CATEGORIES)


@pytest.mark.parametrize("code", sorted(set(ORDER) - service._READABLE))
async def test_every_other_outcome_refuses_the_status(code: str) -> None:
    with pytest.raises(ShikakuError) as refused:
        await service.status(scripted_state([row(outcome=code, **NOTHING)]), CALLER, PERMIT)
    assert refused.value.code == code


@pytest.mark.parametrize("reason", EndReason)
async def test_a_consent_ends_at_the_databases_instant_for_the_given_reason(reason: EndReason) -> None:
    ended_at = NOW + timedelta(minutes=3)
    state = scripted_state([row(ending="ended", now_ended_at=ended_at)])
    status = await service.end(state, CALLER, PERMIT, reason)
    assert (status.ended_at, status.end_reason) == (ended_at, reason)
    assert asked_of(state).asked[0][1] == [CLIENT, PERMIT, "consent", "reception", None, reason.value]


@pytest.mark.parametrize(
    "code", ["consent-withdrawn", "consent-expired", "consent-missing", "consent-other-facility"]
)
async def test_a_consent_that_cannot_be_ended_is_refused_by_the_recorded_outcome(code: str) -> None:
    state = scripted_state([row(outcome="answered", ending=code, now_ended_at=None)])
    with pytest.raises(ShikakuError) as refused:
        await service.end(state, CALLER, PERMIT, EndReason.BY_PATIENT)
    assert refused.value.code == code


@pytest.mark.parametrize("code", ["consent-category", "consent-missing", "right-missing", "card-not-usable"])
async def test_without_access_there_is_no_eligibility_without_the_card(code: str) -> None:
    state = scripted_state([row(judged=code, reference_number=None, version=None)])
    with pytest.raises(ShikakuError) as refused:
        await service.eligibility(state, CALLER, PERMIT, Operator(Role.DOCTOR))
    assert refused.value.code == code


async def test_eligibility_without_the_card_is_of_today_and_may_find_nothing() -> None:
    state = scripted_state([row(judged="answered", reference_number="P-1", version=None)])
    answer = await service.eligibility(state, CALLER, PERMIT, Operator(Role.DOCTOR))
    assert asked_of(state).asked[0][1][-1] == answer.as_of
    assert (answer.validity, answer.results, answer.reference_number) == ("4", [], "P-1")
    assert answer.record_id == str(RECORD)
