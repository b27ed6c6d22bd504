"""Rule version 2. The version of an answer changes with what the facility is shown about the person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from eligibility_api.contract.codes import FacilityKind, Validity
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.domain.eligibility import AnswerInputs
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.domain.version_2.eligibility import answer
from tests.unit.eligibility_api.domain.members import (
    ALL_CONSENTS,
    DAY,
    KEY,
    OTHER_CLINIC,
    OTHER_PERSON,
    TODAY,
    YEAR,
    aid,
    by_card,
    by_number,
    days,
    disease,
    histories,
    insured,
    limit,
    ticket,
)
from tests.unit.eligibility_api.domain.version_2.answers import full_answer

READING = by_card(insured(1))
VERSION = full_answer(READING).version
WHOLE = by_card(
    insured(
        1,
        insured_name="試験　世帯主",
        name_alias="別名　見本",
        burden_ratio=10,
        limit_certificate=limit(TODAY, TODAY),
        specific_diseases=[disease(TODAY, TODAY)],
    ),
    aid(2, tickets=[ticket()]),
    consents=ALL_CONSENTS,
)


@pytest.mark.parametrize(
    ("reading", "version"), [(READING, "2zQAbgqAp5I6_T_B61okESz3"), (WHOLE, "I2102flCXSLm9yU0KMUtVuVU")]
)
def test_the_version_of_an_answer_is_the_one_given_before(reading: AnswerInputs, version: str) -> None:
    """Rule S9. It is a digest of the answer's JSON: every item, its value and the order of the keys are the same."""
    assert full_answer(reading).version == version


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (READING, replace(READING, institution_code=OTHER_CLINIC)),
        (READING, replace(READING, person_key=OTHER_PERSON)),
        (READING, replace(READING, facility_kind=FacilityKind.PHARMACY)),
        (READING, replace(READING, consents=ALL_CONSENTS)),
        (READING, by_card()),
        (READING, by_card(insured(1, name_alias="別名　見本"))),
        (READING, by_card(insured(1), insured(2, TODAY))),
        (READING, by_card(insured(1, lost_on=TODAY))),
        (READING, by_card(insured(1, nondisclosure=True))),
        (by_card(insured(1, birth_date=date(2020, 4, 1))), by_card(insured(1, birth_date=date(2020, 4, 2)))),
        (by_number(insured(1, person_key=None)), by_number(insured(2, person_key=None), asked=2)),
        (by_number(insured(1, lost_on=TODAY)), by_number(insured(1, lost_on=TODAY), insured(2, TODAY))),
        (by_card(aid(1)), by_card(aid(1, tickets=[ticket()]))),
        (
            by_card(insured(1, limit_certificate=limit(TODAY, TODAY)), consents=ALL_CONSENTS),
            by_card(
                insured(1, limit_certificate=limit(TODAY, TODAY)), consents=ALL_CONSENTS, as_of=TODAY + DAY
            ),
        ),
    ],
)
def test_the_version_changes_with_the_shown_items_and_the_recipient(
    before: AnswerInputs, after: AnswerInputs
) -> None:
    """Rule S9."""
    assert full_answer(before).version != full_answer(after).version


@pytest.mark.parametrize(
    "after",
    [
        replace(READING, record_id="4712"),
        replace(READING, answered_at=READING.answered_at + YEAR),
        replace(READING, as_of=TODAY + DAY),
        by_card(insured(9, TODAY + YEAR), insured(1)),
        by_card(insured(2)),
        by_card(insured(1, limit_certificate=limit(TODAY, TODAY))),
        by_card(insured(1, insured_birth_date=TODAY - 50 * YEAR)),
        by_number(insured(1)),
    ],
)
def test_the_version_ignores_items_that_are_not_shown(after: AnswerInputs) -> None:
    """Rule S9."""
    assert full_answer(after).version == VERSION


def test_a_withheld_address_does_not_change_the_version() -> None:
    """Rules S2, S9."""
    before, after = (
        by_card(insured(1, nondisclosure=True, address=address)) for address in ("架空県", "試験県")
    )
    assert full_answer(before).version == full_answer(after).version


def test_the_version_depends_on_the_funds_key() -> None:
    """Rule S9."""
    other = answer(READING, version_key=bytes(32))
    assert isinstance(other, EligibilityAnswer)
    assert other.version != VERSION


def test_a_known_version_is_answered_with_unchanged() -> None:
    """Rule S9."""
    again = answer(replace(READING, known_version=VERSION, record_id="4712"), version_key=bytes(range(32)))
    assert isinstance(again, UnchangedAnswer)
    assert (again.validity, again.record_id, again.as_of) == (Validity.VALID, "4712", TODAY)


@pytest.mark.parametrize("known", ["", "x", "資格", f"{VERSION}="])
def test_another_known_version_is_answered_in_full(known: str) -> None:
    """Rule S9."""
    assert full_answer(replace(READING, known_version=known)) == full_answer(READING)


@given(histories(), days, days)
def test_versions_of_two_days_are_equal_exactly_if_the_content_is_equal(
    enrolments: list[EnrolmentVersion], one: date, other: date
) -> None:
    """Rule S9."""
    first, second = (full_answer(by_card(*enrolments, as_of=day)) for day in (one, other))
    ignored: set[str] = {"as_of", "version"}
    dumps: list[dict[str, Any]] = [
        given_answer.model_dump(exclude=ignored) for given_answer in (first, second)
    ]
    assert (first.version == second.version) == (dumps[0] == dumps[1])


def test_the_fields_of_an_answer_and_of_an_unchanged_one() -> None:
    """Rule S9: recorded answers are recomputed to the same bytes."""
    given = full_answer(READING)
    same = answer(replace(READING, known_version=given.version), version_key=KEY)
    assert isinstance(same, UnchangedAnswer)
    assert (given.unchanged, same.unchanged, given.reference_number) == (False, True, None)
    common = ["unchanged", "validity", "as_of", "answered_at", "record_id"]
    assert list(same.model_dump(exclude_unset=True)) == common
    assert list(given.model_dump(exclude_unset=True)) == [*common, "version", "reference_number", "results"]


def test_a_member_who_is_linked_to_nobody_has_a_version_of_her_own() -> None:
    """Rules R4, S9: the version that was given before."""
    assert full_answer(by_number(insured(1, person_key=None))).version == "lz8F9AYYFBZBzoBkvJdooZwd"
