"""Rule version 2. The days that an enrolment covers."""

from __future__ import annotations

from datetime import date

import pytest

from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.domain.version_2.cover import covers, ended, ends_on
from tests.unit.eligibility_api.domain.members import (
    DAY,
    DEPENDANT,
    LATE_ELDERLY,
    MUNICIPAL,
    TODAY,
    YEAR,
    aid,
    insured,
)

OLD = date(1951, 6, 10)
BIRTHDAY = date(2026, 6, 10)


@pytest.mark.parametrize("enrolment", [aid(), insured(birth_date=OLD, insurer_number=LATE_ELDERLY)])
def test_without_an_end_the_insurance_holds_from_its_first_day_on(enrolment: EnrolmentVersion) -> None:
    """Rules D1, D2."""
    first = enrolment.acquired_on
    assert [covers(enrolment, day) for day in (first - DAY, first, date(2100, 1, 1))] == [False, True, True]
    assert not ended(enrolment, date(2100, 1, 1))


@pytest.mark.parametrize(
    ("enrolment", "end"),
    [
        pytest.param(insured(), date(2055, 5, 17), id="her own 75th birthday"),
        pytest.param(insured(lost_on=TODAY), TODAY, id="the insurer's word"),
        pytest.param(insured(birth_date=OLD), BIRTHDAY, id="no end given"),
        pytest.param(insured(birth_date=OLD, lost_on=BIRTHDAY + DAY), BIRTHDAY, id="a later end said"),
        pytest.param(
            insured(birth_date=OLD, lost_on=BIRTHDAY - DAY), BIRTHDAY - DAY, id="an earlier end said"
        ),
        pytest.param(insured(birth_date=date(1952, 2, 29)), date(2027, 3, 1), id="born on 29 February"),
        pytest.param(insured(relationship=DEPENDANT, insured_birth_date=OLD), BIRTHDAY, id="a dependant"),
        pytest.param(
            insured(relationship=DEPENDANT), date(2055, 5, 17), id="a dependant of somebody unknown"
        ),
        pytest.param(insured(insured_birth_date=OLD), date(2055, 5, 17), id="not a dependant"),
        pytest.param(
            insured(relationship=DEPENDANT, insured_birth_date=OLD, birth_date=date(1951, 6, 1)),
            date(2026, 6, 1),
            id="a dependant who is 75 herself before",
        ),
        pytest.param(
            insured(relationship=DEPENDANT, insured_birth_date=OLD, insurer_number=MUNICIPAL),
            date(2055, 5, 17),
            id="national health insurance has no dependants",
        ),
        pytest.param(insured(birth_date=OLD, insurer_number=MUNICIPAL), BIRTHDAY, id="municipal, at 75"),
        pytest.param(
            insured(birth_date=OLD, insurer_number=LATE_ELDERLY), None, id="the late-elderly scheme"
        ),
        pytest.param(
            insured(birth_date=date(1960, 1, 1), insurer_number=LATE_ELDERLY, lost_on=TODAY),
            TODAY,
            id="the late-elderly scheme before 75, by disability",
        ),
        pytest.param(aid(birth_date=OLD), None, id="medical aid has no age"),
        pytest.param(
            insured(1, BIRTHDAY + YEAR, birth_date=OLD), BIRTHDAY + YEAR, id="acquired after 75: no day"
        ),
    ],
)
def test_cover_ends_on_lost_on_or_an_earlier_legal_end(enrolment: EnrolmentVersion, end: date | None) -> None:
    """Rules D2 to D4."""
    assert ends_on(enrolment) == end
    if end is not None:
        assert not covers(enrolment, end)
        assert ended(enrolment, end)
        assert not ended(enrolment, end - DAY)
        assert covers(enrolment, end - DAY) == (enrolment.acquired_on < end)


@pytest.mark.parametrize(
    ("day", "covered"), [(TODAY - DAY, False), (TODAY, True), (TODAY + DAY, True), (TODAY + 2 * DAY, False)]
)
def test_lost_on_is_the_first_uninsured_day(day: date, covered: bool) -> None:
    """Rule D1."""
    assert covers(insured(1, TODAY, TODAY + 2 * DAY), day) is covered
