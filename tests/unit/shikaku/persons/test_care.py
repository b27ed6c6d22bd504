"""What institutions recorded about test persons: valid requests and claims, on any day."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.duplicate_checks import DuplicateCheckRequest
from eligibility_api.contract.prescriptions import PrescriptionRequest
from eligibility_api.contract.treatment_kinds import TreatmentKind
from eligibility_api.domain.provisional import MAX_ENTRY_AGE
from payer_mock.claims.description import read_description
from shikaku.persons.care import CLINIC, claim_descriptions, prescriptions
from shikaku.persons.dataset import load_dataset
from shikaku.persons.person import INSTITUTIONS
from tests.builders.duplicate_checks import check_request
from tests.depth import max_examples

RUN_DAYS = st.dates(date(2025, 1, 1), date(2037, 12, 31))
RECORD = "01980c5e-0000-7000-8000-000000000000"
EXTERNAL_DAYS = 14
"""Days that an external medicine counts (rule M4)."""

DATA = load_dataset()


def test_the_claims_are_the_asking_clinics() -> None:
    here = INSTITUTIONS["here"]
    assert {"code": here["institution_code"], "name": here["institution_name"]} == CLINIC


@pytest.mark.slow
@max_examples(15)
@given(RUN_DAYS)
def test_claims_are_valid_and_of_the_month_before_the_last(today: date) -> None:
    data = load_dataset(today)
    described = claim_descriptions(data)
    last = today.replace(day=1) - timedelta(days=1)
    treated = last.replace(day=1) - timedelta(days=1)
    assert described.keys() == {"01130012"}
    for insurer, description in described.items():
        claims = read_description(json.dumps(description, ensure_ascii=False))
        assert claims.claim_month == last.replace(day=1)
        assert len(claims.medical) == sum(len(person.claims) for person in data.persons) > 3
        for claim in claims.medical:
            assert (claim.member.insurer_number, claim.treatment_month) == (insurer, treated.replace(day=1))
            assert [disease.main for disease in claim.diseases].count(True) == 1


@pytest.mark.slow
@max_examples(15)
@given(RUN_DAYS)
def test_prescriptions_and_checks_are_valid_requests(today: date) -> None:
    data = load_dataset(today)
    recorded = [body for person in data.persons for body in prescriptions(person, RECORD)]
    asked = [check_request(data, check, RECORD) for person in data.persons for check in person.checks]
    assert recorded
    assert asked
    for body in recorded:
        request = PrescriptionRequest.model_validate(body)
        assert today - MAX_ENTRY_AGE <= request.prescribed_on <= today
    for body in asked:
        assert DuplicateCheckRequest.model_validate(body).on == today


@pytest.mark.parametrize("duplicate", [True, False])
def test_the_check_has_persons_on_both_sides_of_an_external_medicines_days(duplicate: bool) -> None:
    """Rules M3, M4, as `docs/rules.md` counts: [first day, first day + 14)."""
    today = date(2026, 11, 30)
    days = [
        (today - date.fromisoformat(one.on)).days
        for person in load_dataset(today).persons
        for one in person.prescriptions
        if any(check.duplicate for check in person.checks) is duplicate
    ]
    assert days
    assert all((day < EXTERNAL_DAYS) is duplicate for day in days)


def test_what_a_history_shows_is_of_known_kinds_and_of_the_claim() -> None:
    for person in DATA.persons:
        drugs = {claim.drug for claim in person.claims}
        for history in person.histories:
            assert set(history.kinds) <= set(TreatmentKind)
            assert set(history.drugs) <= drugs
    resources = {history.resource for person in DATA.persons for history in person.histories}
    assert resources == {"medications", "treatments", "surgeries", "diagnoses"}
