"""Whether a burden ratio is due and was not registered."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from clinic_terminal.queries.burden import is_burden_missing, lacks_burden
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.contract.member import ElderlyCertificate
from tests.builders.clinic.samples import NOW, answer, enrolment

MISSING = enrolment(burden_expected=True)


def elderly(ratio: int | None) -> ElderlyCertificate:
    fields: dict[str, Any] = {"valid_from": date(2026, 8, 1), "valid_to": date(2027, 7, 31)}
    return ElderlyCertificate.model_validate(fields | {"burden_ratio": ratio})


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"burden_expected": True}, True),
        ({"burden_expected": True, "elderly_certificate": elderly(None)}, True),
        ({"burden_expected": True, "burden_ratio": 30}, False),
        ({"burden_expected": True, "elderly_certificate": elderly(30)}, False),
        ({"burden_expected": False}, False),
    ],
)
def test_a_ratio_is_missing_only_where_one_belongs(changes: dict[str, Any], missing: bool) -> None:
    assert is_burden_missing(enrolment(**changes)) is missing


@pytest.mark.parametrize(
    ("given", "lacks"),
    [
        (answer(results=[MISSING]), True),
        (answer(results=[enrolment(), MISSING]), True),
        (answer(), False),
        (answer(Validity.INVALID, [MISSING]), False),
        (
            UnchangedAnswer(validity=Validity.VALID, as_of=NOW.date(), answered_at=NOW, record_id="record-1"),
            False,
        ),
        (None, False),
    ],
    ids=["missing", "of one of two", "none due", "not insured", "unchanged", "no answer"],
)
def test_an_answer_lacks_it_only_while_the_person_is_insured(
    given: EligibilityAnswer | UnchangedAnswer | None, lacks: bool
) -> None:
    assert lacks_burden(given) is lacks
