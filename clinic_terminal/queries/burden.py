"""The burden ratio (負担割合) of an entitlement: whether one is due and was not registered, so that the reception must ask."""

from __future__ import annotations

from eligibility_api.contract.codes import Validity
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.contract.member_items import Enrolment


def is_burden_missing(enrolment: Enrolment) -> bool:
    """Whether a burden ratio belongs to this member and none was registered."""
    elderly = enrolment.elderly_certificate
    known = enrolment.burden_ratio is not None or (elderly is not None and elderly.burden_ratio is not None)
    return enrolment.burden_expected and not known


def lacks_burden(answer: EligibilityAnswer | UnchangedAnswer | None) -> bool:
    """Whether the person is insured, and a ratio is missing. Of an unchanged answer that is not known."""
    return (
        isinstance(answer, EligibilityAnswer)
        and answer.validity is Validity.VALID
        and any(map(is_burden_missing, answer.results))
    )
