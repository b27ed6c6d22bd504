"""Rule version 2. The presented items of an enrolment: consents, protection, and the days of certificates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from eligibility_api.contract.codes import Category, FacilityKind, ReasonOfLoss, Relationship, Sex
from eligibility_api.contract.member import ElderlyCertificate
from eligibility_api.contract.member_items import Enrolment
from tests.unit.eligibility_api.domain.members import (
    ALL_CONSENTS,
    DAY,
    DEPENDANT,
    LATE_ELDERLY,
    MEMBER,
    OTHER_CLINIC,
    TODAY,
    YEAR,
    aid,
    by_card,
    by_number,
    disease,
    insured,
    limit,
    ticket,
)
from tests.unit.eligibility_api.domain.version_2.answers import full_answer

LIMIT, DISEASES = Category.LIMIT_CERTIFICATE, Category.SPECIFIC_DISEASES
CERTIFIED = insured(1, limit_certificate=limit(TODAY, TODAY), specific_diseases=[disease(TODAY, TODAY)])
OLD = date(1951, 4, 1)


def shown(*enrolments: Any, **changes: Any) -> Enrolment:
    return full_answer(by_card(*enrolments, **changes)).results[0]


def test_every_item_is_shown_as_stored() -> None:
    """Rule S4."""
    items: dict[str, Any] = {
        "insured_name": "試験　世帯主",
        "relationship": Relationship.DEPENDANT,
        "name_alias": "別名　見本",
        "name_alias_kana": "ベツメイ　ミホン",
        "sex_on_certificate": Sex.UNSET,
        "issued_on": TODAY - 3 * DAY,
        "valid_from": TODAY - 2 * DAY,
        "valid_to": TODAY + YEAR,
        "burden_ratio": 10,
        "elderly_certificate": ElderlyCertificate(
            burden_ratio=20, valid_from=TODAY - YEAR, valid_to=TODAY - DAY
        ),
        "lost_on": TODAY + YEAR,
        "reason_of_loss": ReasonOfLoss.OTHER,
    }
    enrolment = insured(1, **items)
    result = shown(enrolment)
    names = Enrolment.model_fields.keys() & set(MEMBER.__slots__) - {"specific_diseases"}
    assert {name: getattr(result, name) for name in names} == {
        name: getattr(enrolment, name) for name in names
    }


def test_an_answer_matches_the_published_model() -> None:
    enrolment = insured(1, limit_certificate=limit(TODAY, TODAY), specific_diseases=[disease(TODAY, TODAY)])
    result = shown(enrolment, aid(2, tickets=[ticket()]), consents=ALL_CONSENTS)
    later = {"limit_certificate_consent_at"}
    assert Enrolment.model_validate(result.model_dump()).model_dump(exclude=later) == result.model_dump()


@pytest.mark.parametrize("kind", FacilityKind)
@pytest.mark.parametrize("flag", [None, "nondisclosure", "self_disclosure_blocked"])
def test_the_address_is_withheld_for_protection_and_from_eligibility_only_facilities(
    kind: FacilityKind, flag: str | None
) -> None:
    """Rule S2."""
    flags: dict[str, Any] = {flag: True} if flag else {}
    result = full_answer(by_number(insured(1, **flags), facility_kind=kind)).results[0]
    withheld = bool(flag) or kind is FacilityKind.ELIGIBILITY_ONLY
    assert (result.address is None, result.postal_code is None) == (withheld, withheld)


@pytest.mark.parametrize(
    "flagged", [insured(2, TODAY - 3 * YEAR, TODAY - 2 * YEAR), insured(2, TODAY + YEAR)]
)
def test_flags_of_past_and_future_enrolments_protect_too(flagged: Any) -> None:
    """Rule S2."""
    protected = replace(flagged, nondisclosure=True)
    assert shown(insured(1), protected).address is None
    assert full_answer(by_number(insured(1), protected)).results[0].address is None


@pytest.mark.parametrize(
    ("consents", "kind", "shows_limit", "shows_diseases"),
    [
        (set(), FacilityKind.CLINIC, False, False),
        ({LIMIT}, FacilityKind.CLINIC, True, False),
        ({DISEASES}, FacilityKind.CLINIC, False, True),
        ({LIMIT, DISEASES}, FacilityKind.PHARMACY, True, True),
        ({LIMIT, DISEASES}, FacilityKind.ELIGIBILITY_ONLY, True, False),
    ],
)
def test_certificates_are_shown_only_as_consented(
    consents: set[Category], kind: FacilityKind, shows_limit: bool, shows_diseases: bool
) -> None:
    """Rules S5, S6."""
    result = shown(CERTIFIED, consents=frozenset(consents), facility_kind=kind)
    assert (result.limit_certificate_consent, result.limit_certificate is not None) == (
        shows_limit,
        shows_limit,
    )
    assert (result.specific_disease_consent, bool(result.specific_diseases)) == (
        shows_diseases,
        shows_diseases,
    )


@pytest.mark.parametrize(
    ("first", "last", "holds"),
    [
        (TODAY, TODAY, True),
        (TODAY - YEAR, TODAY, True),
        (TODAY, TODAY + YEAR, True),
        (TODAY - YEAR, TODAY - DAY, False),
        (TODAY + DAY, TODAY + YEAR, False),
    ],
)
def test_a_certificate_is_shown_from_its_first_to_its_last_valid_day(
    first: date, last: date, holds: bool
) -> None:
    """Rules S5, S6."""
    enrolment = insured(1, limit_certificate=limit(first, last), specific_diseases=[disease(first, last)])
    result = shown(enrolment, consents=ALL_CONSENTS)
    assert (result.limit_certificate is not None, bool(result.specific_diseases)) == (holds, holds)


@pytest.mark.parametrize("make", [insured, aid])
def test_certificates_of_an_ended_enrolment_are_not_shown(make: Any) -> None:
    """Rules S5, S6."""
    enrolment = make(
        1,
        lost_on=TODAY,
        limit_certificate=limit(TODAY, TODAY),
        specific_diseases=[disease(TODAY, TODAY)],
        tickets=[ticket()],
    )
    result = shown(enrolment, consents=ALL_CONSENTS)
    assert (result.limit_certificate, result.specific_diseases, result.medical_tickets) == (None, [], [])


REASON = ReasonOfLoss.OTHER


@pytest.mark.parametrize(
    ("lost_on", "as_of", "expected"),
    [
        pytest.param(None, TODAY - DAY, (None, None), id="the legal end ahead is not told"),
        pytest.param(None, TODAY, (TODAY, None), id="the law's end, and nobody's reason"),
        pytest.param(TODAY + DAY, TODAY - DAY, (TODAY + DAY, REASON), id="the insurer's end ahead"),
        pytest.param(TODAY + DAY, TODAY, (TODAY, None), id="the law's end comes first"),
        pytest.param(TODAY, TODAY, (TODAY, REASON), id="the same day: the insurer's reason"),
        pytest.param(TODAY - DAY, TODAY, (TODAY - DAY, REASON), id="the insurer's end comes first"),
    ],
)
@pytest.mark.parametrize("mine", [True, False])
def test_the_shown_end_is_the_stored_or_an_earlier_legal_one(
    lost_on: date | None, as_of: date, expected: tuple[date | None, ReasonOfLoss | None], mine: bool
) -> None:
    """Rule S3."""
    ages: dict[str, Any] = (
        {"birth_date": OLD} if mine else {"relationship": DEPENDANT, "insured_birth_date": OLD}
    )
    enrolment = insured(1, lost_on=lost_on, reason_of_loss=REASON if lost_on else None, **ages)
    result = shown(enrolment, as_of=as_of)
    assert (result.lost_on, result.reason_of_loss) == expected


@pytest.mark.parametrize(("as_of", "preschool"), [(date(2026, 3, 31), True), (date(2026, 4, 1), False)])
def test_pre_school_refers_to_the_day(as_of: date, preschool: bool) -> None:
    """Rules D7, S8."""
    assert shown(insured(1, birth_date=date(2020, 4, 1)), as_of=as_of).preschool is preschool


def test_burden_expected_refers_to_the_day() -> None:
    """Rules D8, S8."""
    seventy = insured(1, birth_date=date(1956, 4, 1))
    assert [shown(seventy, as_of=day).burden_expected for day in (TODAY - DAY, TODAY)] == [False, True]
    assert shown(insured(1, insurer_number=LATE_ELDERLY)).burden_expected


MIDDLE = TODAY + 14 * DAY
"""The middle of the month that TODAY begins."""


@pytest.mark.parametrize(
    ("changes", "admits"),
    [
        ({}, True),
        ({"first": MIDDLE, "last": MIDDLE}, True),
        ({"last": MIDDLE - DAY}, False),
        ({"first": MIDDLE + DAY}, False),
        ({"institution_code": OTHER_CLINIC}, False),
        ({"first": TODAY - DAY, "last": MIDDLE + DAY}, False),
    ],
    ids=["of-the-month", "of-the-day", "until-yesterday", "from-tomorrow", "another-clinic", "another-month"],
)
def test_a_ticket_is_shown_to_its_institution_in_its_month_within_its_days(
    changes: dict[str, Any], admits: bool
) -> None:
    """Rule S7."""
    one = ticket(7, **changes)
    assert shown(aid(1, tickets=[one]), as_of=MIDDLE).medical_tickets == ([one.ticket] if admits else [])


def test_tickets_are_shown_in_the_order_of_their_versions() -> None:
    """Rule S7."""
    tickets = [ticket(9), ticket(7), ticket(8)]
    assert [one.issue_number for one in shown(aid(1, tickets=tickets)).medical_tickets] == ["7", "8", "9"]


def test_tickets_belong_to_medical_aid_that_covers_the_day() -> None:
    """Rule S7."""
    assert shown(insured(1, tickets=[ticket()])).medical_tickets == []
    ended = aid(1, TODAY - YEAR, TODAY, tickets=[ticket()])
    assert shown(ended).medical_tickets == []


def test_a_certificate_without_a_last_day_is_shown_from_its_first_day_on() -> None:
    """Rule S6: version 2 knew none, and a record may be recomputed after one was stored."""
    one = disease(TODAY, None)
    certified = insured(1, specific_diseases=[one])
    assert shown(certified, consents=ALL_CONSENTS).specific_diseases == [one]
    before = insured(1, specific_diseases=[disease(TODAY + DAY, None)])
    assert shown(before, consents=ALL_CONSENTS).specific_diseases == []
