"""Who has a burden ratio: both sides of each age, each scheme and each kind."""

from __future__ import annotations

from datetime import date

import pytest

from eligibility_api.contract.codes import CertificateKind
from eligibility_api.domain.burden import burden_expected, elderly_certificate_expected
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from tests.unit.eligibility_api.domain.members import (
    ASSOCIATION,
    DAY,
    LATE_ELDERLY,
    MUNICIPAL,
    SOCIETY,
    TODAY,
    aid,
    insured,
)

IN_CLASS, TOO_YOUNG, TURNS_75 = date(1956, 4, 1), date(1956, 4, 2), date(1951, 4, 1)
REIMBURSED = CertificateKind.SPECIAL_REIMBURSEMENT


@pytest.mark.parametrize(
    ("enrolment", "expected"),
    [
        (insured(birth_date=IN_CLASS, insurer_number=SOCIETY), True),
        (insured(birth_date=IN_CLASS, insurer_number=MUNICIPAL), True),
        (insured(birth_date=TOO_YOUNG), False),
        (insured(birth_date=TURNS_75 + DAY), True),
        (insured(birth_date=TURNS_75), False),
        (insured(birth_date=TURNS_75, lost_on=TODAY + DAY), True),
        (insured(birth_date=TURNS_75, insurer_number=ASSOCIATION), False),
        (insured(birth_date=TURNS_75, insurer_number=MUNICIPAL), True),
        (insured(birth_date=TURNS_75, insurer_number=MUNICIPAL, lost_on=TODAY), False),
        (insured(birth_date=TURNS_75 - DAY, insurer_number=MUNICIPAL), False),
        (insured(birth_date=date(1940, 1, 1), insurer_number=LATE_ELDERLY), True),
        (insured(birth_date=date(1960, 1, 1), insurer_number=LATE_ELDERLY), True),
        (insured(birth_date=date(1960, 1, 1), insurer_number="390013"), False),
        (aid(birth_date=IN_CLASS), False),
        (insured(birth_date=IN_CLASS, certificate_kind=REIMBURSED), False),
        (insured(birth_date=IN_CLASS, certificate_kind=CertificateKind.SPECIAL_RETIRED), True),
    ],
)
def test_a_burden_ratio_is_expected_for_late_elderly_and_the_70_to_74_class(
    enrolment: EnrolmentVersion, expected: bool
) -> None:
    """Rule D8."""
    assert burden_expected(enrolment, TODAY) is expected
    late_elderly = enrolment.insurer_number == LATE_ELDERLY
    assert elderly_certificate_expected(enrolment, TODAY) is (expected and not late_elderly)
