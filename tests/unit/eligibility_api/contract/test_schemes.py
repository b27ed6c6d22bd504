"""Validation of members by scheme: medical aid, late-elderly insurance, and others."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from eligibility_api.contract.enrolment import EnrolmentRequest

MEMBER: dict[str, Any] = {
    "insurer_number": "01130012",
    "symbol": "見本",
    "number": "1234",
    "branch": "00",
    "relationship": "1",
    "name": "試験　見本",
    "name_kana": "シケン　ミホン",
    "sex": "2",
    "birth_date": "1950-05-17",
    "address": "架空県見本市１番地",
    "acquired_on": "2024-04-01",
}
ALONE: dict[str, Any] = {"symbol": None, "branch": None}
RECIPIENT = MEMBER | ALONE | {"insurer_number": "12137014", "certificate_kind": "A1", "number": "0000018"}
ELDERLY = MEMBER | ALONE | {"insurer_number": "39131008", "birth_date": "1949-04-01"}


def faults(member: dict[str, Any]) -> list[str]:
    """The types of the faults of a member; none of a good one."""
    try:
        EnrolmentRequest.model_validate(member)
    except ValidationError as refusal:
        return [fault["type"] for fault in refusal.errors()]
    return []


@pytest.mark.parametrize("member", [MEMBER, RECIPIENT, RECIPIENT | {"number": "００００018"}, ELDERLY])
def test_a_member_of_each_scheme_is_accepted(member: dict[str, Any]) -> None:
    assert faults(member) == []


@pytest.mark.parametrize(
    "member",
    [
        MEMBER | {"certificate_kind": "A1"},
        ELDERLY | {"certificate_kind": "A1"},
        RECIPIENT | {"certificate_kind": "01"},
    ],
)
def test_medical_aid_is_the_only_kind_of_a_welfare_office(member: dict[str, Any]) -> None:
    assert faults(member) == ["medical_aid"]


@pytest.mark.parametrize(
    "more",
    [
        {"number": "0000017"},
        {"number": "000018"},
        {"symbol": "見本"},
        {"branch": "00"},
        {"relationship": "2"},
    ],
)
def test_a_recipient_has_only_a_number_with_check_digit(more: dict[str, Any]) -> None:
    assert faults(RECIPIENT | more) == ["recipient"]


@pytest.mark.parametrize("more", [{"branch": "01"}, {"relationship": "2"}, {"birth_date": "1970-01-01"}])
def test_the_late_elderly_are_insured_individually(more: dict[str, Any]) -> None:
    assert faults(ELDERLY | more) == ["late_elderly"]


@pytest.mark.parametrize(
    ("birth_date", "acquired_on", "accepted"),
    [
        ("1959-04-01", "2024-04-01", True),
        ("1959-04-02", "2024-04-01", False),
        # The 29th of February has its anniversary on the 1st of March in a common year.
        ("1960-02-29", "2025-02-28", False),
        ("1960-02-29", "2025-03-01", True),
    ],
)
def test_with_a_disability_the_late_elderly_scheme_begins_on_the_65th_birthday(
    birth_date: str, acquired_on: str, accepted: bool
) -> None:
    member = ELDERLY | {"birth_date": birth_date, "acquired_on": acquired_on}
    assert faults(member) == ([] if accepted else ["late_elderly"])


def test_a_municipalitys_number_of_six_digits_may_begin_with_39() -> None:
    assert faults(MEMBER | {"insurer_number": "390013"}) == []


def test_a_fault_contains_nothing_of_the_member() -> None:
    with pytest.raises(ValidationError) as refusal:
        EnrolmentRequest.model_validate(RECIPIENT | {"number": "ひみつ"})
    assert "ひみつ" not in str(refusal.value) + repr(refusal.value)
