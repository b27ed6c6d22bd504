"""Ages with a legal meaning (rule version 2): anniversaries, and the classes that begin and end on them.

Days only; the effect of an age on an enrolment's cover is in `cover.py`.
"""

from __future__ import annotations

from datetime import MAXYEAR, date, timedelta

from eligibility_api.contract.codes import CertificateKind
from eligibility_api.contract.identifiers import is_late_elderly
from eligibility_api.domain.enrolment_version import EnrolmentVersion

LATE_ELDERLY_AGE = 75
"""From this birthday on a person is insured in the late-elderly scheme (高齢者の医療の確保に関する法律 art. 50)."""

_DAY = timedelta(days=1)


def anniversary(birth_date: date, years: int) -> date:
    """The birthday after `years`; for a person born on 29 February, 1 March in a common year (rule D5).

    Years beyond the calendar are clamped to 1 January of its last year.
    """
    year = birth_date.year + years
    if year >= MAXYEAR:
        return date(MAXYEAR, 1, 1)
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def late_elderly_from(birth_date: date) -> date:
    """The first day in the late-elderly scheme (後期高齢者医療): the 75th birthday itself (rule D3)."""
    return anniversary(birth_date, LATE_ELDERLY_AGE)


def seventies_from(birth_date: date) -> date:
    """The first day of the 70–74 class: the first 1st of a month on or after the 70th birthday (rule D6).

    Age is completed on the day before the birthday (年齢計算ニ関する法律), and the class begins with the next month
    (健康保険法 art. 74).
    """
    completed = anniversary(birth_date, 70) - _DAY
    return (completed.replace(day=28) + 4 * _DAY).replace(day=1)


def in_seventies(birth_date: date, day: date) -> bool:
    """Whether `day` is in the 70–74 class, which ends on the day before the 75th birthday (rule D6)."""
    return seventies_from(birth_date) <= day < late_elderly_from(birth_date)


def preschool_until(birth_date: date) -> date:
    """The last pre-school day (未就学): the first 31 March on or after completing six years (rule D7).

    They are completed on the day before the sixth birthday: for a person born on 1 April, on 31 March.
    """
    completed = anniversary(birth_date, 6) - _DAY
    march = date(completed.year, 3, 31)
    return march if completed <= march else date(completed.year + 1, 3, 31)


def burden_expected(enrolment: EnrolmentVersion, day: date) -> bool:
    """Whether this member has a burden ratio on `day` (rule D8).

    Members of the late-elderly scheme, and of the 70–74 class of other insurance, have one. Elsewhere its
    absence is normal: the ratio follows from the age and is not transmitted.
    """
    if enrolment.certificate_kind is CertificateKind.MEDICAL_AID:
        return False
    return is_late_elderly(enrolment.insurer_number) or in_seventies(enrolment.birth_date, day)
