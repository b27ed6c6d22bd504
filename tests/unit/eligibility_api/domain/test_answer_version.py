"""The version of an answer changes with what this facility is shown about the person, and with nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from eligibility_api.contract.codes import Category, FacilityKind, Validity
from eligibility_api.contract.eligibility import CertificateRenewal, EligibilityAnswer, UnchangedAnswer
from eligibility_api.domain import eligibility
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
    days,
    disease,
    elderly,
    full_answer,
    histories,
    insured,
    limit,
    ticket,
)

READING = by_card(insured(1))
LIMITED = insured(1, limit_certificate=limit(TODAY, TODAY))
RENEWAL = CertificateRenewal(status="grace", expires_on=TODAY - DAY, renew_by=TODAY + DAY)
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
    ("reading", "version"),
    [
        (READING, "X-f7JGb_ueUPpqL01_z0xUgi"),
        (WHOLE, "rl6rXWL1liXgP0HEuChZGTLu"),
        (by_number(insured(1, person_key=None)), "GTKsIuAOHMufdgHxoVuwh43l"),
    ],
)
def test_the_version_of_an_answer_is_the_one_given_before(reading: AnswerInputs, version: str) -> None:
    """Rule S9. It is a digest of the answer's JSON: every item, its value and the order of the keys are the same."""
    assert full_answer(reading).version == version


def test_an_item_that_answers_carry_since_a_later_release_counts_where_it_is_present(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rule S9: otherwise a release with a new item would change the version of every answer."""
    absent, present = by_card(insured(1)), by_card(insured(1, name_alias="別名　見本"))
    with_key, with_value = full_answer(absent).version, full_answer(present).version
    monkeypatch.setattr(eligibility, "_LATER", (*eligibility._LATER, "name_alias"))
    assert full_answer(present).version == with_value
    assert full_answer(absent).version != with_key


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
        (by_number(LIMITED), by_number(LIMITED, consents={Category.LIMIT_CERTIFICATE})),
        (by_number(LIMITED), by_card(LIMITED)),
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
        by_number(insured(1, limit_certificate=limit(TODAY, TODAY))),
        by_number(insured(1), consents={Category.LIMIT_CERTIFICATE}),
        by_card(insured(1, burden_ratio=30, elderly_certificate=elderly(TODAY, TODAY))),
        replace(READING, certificate_renewal=RENEWAL),
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


def test_the_remark_about_the_card_is_in_both_forms_of_the_answer() -> None:
    """Rule S9: it is not part of the version."""
    reading = replace(READING, certificate_renewal=RENEWAL)
    assert full_answer(reading).certificate_renewal == RENEWAL
    again = answer(replace(reading, known_version=VERSION), version_key=bytes(range(32)))
    assert isinstance(again, UnchangedAnswer)
    assert again.certificate_renewal == RENEWAL


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
