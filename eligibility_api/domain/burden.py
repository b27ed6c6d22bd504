"""Who has a burden ratio (負担割合) on a day, and where it is written."""

from __future__ import annotations

from datetime import date

from eligibility_api.contract.codes import CertificateKind
from eligibility_api.contract.identifiers import is_late_elderly
from eligibility_api.domain.ages import in_seventies, late_elderly_from
from eligibility_api.domain.cover import covers
from eligibility_api.domain.enrolment_version import EnrolmentVersion

_WITHOUT_RATIO = frozenset({CertificateKind.MEDICAL_AID, CertificateKind.SPECIAL_REIMBURSEMENT})


def burden_expected(enrolment: EnrolmentVersion, day: date) -> bool:
    """Whether this member has a burden ratio on `day` (rule D8).

    Members of the late-elderly scheme have one, and those of the 70–74 class of other insurance, which lasts one day
    longer where the insurance still holds on the 75th birthday. Elsewhere its absence is normal: the ratio follows
    from the age and is not transmitted. Who pays in full and is reimbursed (特別療養費) has none.
    """
    if enrolment.certificate_kind in _WITHOUT_RATIO:
        return False
    if is_late_elderly(enrolment.insurer_number) or in_seventies(enrolment.birth_date, day):
        return True
    return day == late_elderly_from(enrolment.birth_date) and covers(enrolment, day)


def elderly_certificate_expected(enrolment: EnrolmentVersion, day: date) -> bool:
    """Whether this member may have an elderly certificate (高齢受給者証) on `day` (rule S10).

    In the late-elderly scheme the ratio is on the certificate of insurance itself.
    """
    return burden_expected(enrolment, day) and not is_late_elderly(enrolment.insurer_number)
