"""Ages with a legal meaning: anniversaries, and the classes that begin and end on them.

Days only; the effect of an age on an enrolment is in `cover.py` and `burden.py`. The classes that member files are
checked by are in `contract.ages`.
"""

from __future__ import annotations

from datetime import date, timedelta

from eligibility_api.contract.ages import (
    LATE_ELDERLY_AGE,
    anniversary,
    in_seventies,
    late_elderly_from,
    seventies_from,
)

__all__ = ["LATE_ELDERLY_AGE", "anniversary", "in_seventies", "late_elderly_from", "seventies_from"]

_DAY = timedelta(days=1)


def preschool_until(birth_date: date) -> date:
    """The last pre-school day (未就学): the first 31 March on or after completing six years (rule D7).

    They are completed on the day before the sixth birthday: for a person born on 1 April, on 31 March.
    """
    completed = anniversary(birth_date, 6) - _DAY
    march = date(completed.year, 3, 31)
    return march if completed <= march else date(completed.year + 1, 3, 31)
