"""An answer's version: changes with what this facility is told about the person, and with nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from eligibility_api.contract.codes import FacilityKind, Validity
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.domain.eligibility import AnswerInputs, answer
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from tests.unit.eligibility_api.domain.members import (
    ALL_CONSENTS,
    DAY,
    OTHER_CLINIC,
    OTHER_PERSON,
    TODAY,
    YEAR,
    aid,
    by_card,
    by_number,
    held,
    limit,
    ticket,
    told,
)
from tests.unit.eligibility_api.domain.test_eligibility import days, histories

READING = by_card(held(1))
VERSION = told(READING).version


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (READING, replace(READING, institution_code=OTHER_CLINIC)),
        (READING, replace(READING, person_key=OTHER_PERSON)),
        (READING, replace(READING, facility_kind=FacilityKind.PHARMACY)),
        (READING, replace(READING, consents=ALL_CONSENTS)),
        (READING, by_card()),
        (READING, by_card(held(1, name_alias="別名　見本"))),
        (READING, by_card(held(1), held(2, TODAY))),
        (READING, by_card(held(1, lost_on=TODAY))),
        (READING, by_card(held(1, nondisclosure=True))),
        (by_card(held(1, birth_date=date(2020, 4, 1))), by_card(held(1, birth_date=date(2020, 4, 2)))),
        (by_number(held(1, person_key=None)), by_number(held(2, person_key=None), asked=2)),
        (by_number(held(1, lost_on=TODAY)), by_number(held(1, lost_on=TODAY), held(2, TODAY))),
        (by_card(aid(1)), by_card(aid(1, tickets=[ticket()]))),
        (
            by_card(held(1, limit_certificate=limit(TODAY, TODAY)), consents=ALL_CONSENTS),
            by_card(held(1, limit_certificate=limit(TODAY, TODAY)), consents=ALL_CONSENTS, as_of=TODAY + DAY),
        ),
    ],
)
def test_the_version_changes_with_what_is_told_and_to_whom(before: AnswerInputs, after: AnswerInputs) -> None:
    assert told(before).version != told(after).version


@pytest.mark.parametrize(
    "after",
    [
        replace(READING, record_id="4712"),
        replace(READING, answered_at=READING.answered_at + YEAR),
        replace(READING, as_of=TODAY + DAY),
        by_card(held(9, TODAY + YEAR), held(1)),
        by_card(held(2)),
        by_card(held(1, limit_certificate=limit(TODAY, TODAY))),
        by_card(held(1, insured_birth_date=TODAY - 50 * YEAR)),
        by_number(held(1)),
    ],
)
def test_the_version_does_not_change_with_what_is_not_shown(after: AnswerInputs) -> None:
    assert told(after).version == VERSION


def test_a_withheld_address_cannot_show_itself_by_a_new_version() -> None:
    before, after = (
        by_card(held(1, nondisclosure=True, address=address)) for address in ("架空県", "試験県")
    )
    assert told(before).version == told(after).version


def test_the_version_tells_nothing_without_the_funds_key() -> None:
    other = answer(READING, version_key=bytes(32))
    assert isinstance(other, EligibilityAnswer)
    assert other.version != VERSION


def test_a_client_that_knows_the_version_is_told_only_that_nothing_changed() -> None:
    again = answer(replace(READING, known_version=VERSION, record_id="4712"), version_key=bytes(range(32)))
    assert isinstance(again, UnchangedAnswer)
    assert (again.validity, again.record_id, again.as_of) == (Validity.VALID, "4712", TODAY)


@pytest.mark.parametrize("known", ["", "x", "資格", f"{VERSION}="])
def test_a_client_that_knows_another_version_is_told_everything(known: str) -> None:
    assert told(replace(READING, known_version=known)) == told(READING)


@given(histories(), days, days)
def test_the_version_is_the_same_on_two_days_exactly_when_the_same_is_told(
    enrolments: list[EnrolmentVersion], one: date, other: date
) -> None:
    first, second = (told(by_card(*enrolments, as_of=day)) for day in (one, other))
    ignored: set[str] = {"as_of", "version"}
    dumps: list[dict[str, Any]] = [
        given_answer.model_dump(exclude=ignored) for given_answer in (first, second)
    ]
    assert (first.version == second.version) == (dumps[0] == dumps[1])
