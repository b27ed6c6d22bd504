"""The ten digits of a facility: its institution code, or digits made from its registration number (rule G6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.facility_codes import facility_code, is_of_registration_number
from eligibility_api.contract.identifiers import IdentifierFault, UnreadableIdentifier, institution_code

SIGNS = {"協": "9", "契": "8"}
PREFECTURES = [f"{number:02d}" for number in range(1, 48)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("協1312345-0-0", "1391234500"),
        ("契2804440-0-0", "2880444000"),
        ("協1312345-1-2", "1391234512"),
        ("協131234500", "1391234500"),
        ("協 １３１２３４５－０－０", "1391234500"),
        ("契　2804440‐0−0", "2880444000"),
        ("1391234500", "1391234500"),
        ("1311111114", "1311111114"),
        ("１３１１１１１１１４", "1311111114"),
        ("0110113719", "0110113719"),
    ],
)
def test_either_number_is_read_however_it_is_written(text: str, code: str) -> None:
    """Rules I4, G6."""
    assert facility_code(text) == code


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", IdentifierFault.FORM),
        ("協", IdentifierFault.FORM),
        ("協1312345-0", IdentifierFault.FORM),
        ("協1312345-0-00", IdentifierFault.FORM),
        ("1312345-0-0", IdentifierFault.FORM),
        ("協契1312345-0-0", IdentifierFault.FORM),
        ("認1312345-0-0", IdentifierFault.FORM),
        ("協13x2345-0-0", IdentifierFault.FORM),
        ("協4812345-0-0", IdentifierFault.PREFECTURE),
        ("協0012345-0-0", IdentifierFault.PREFECTURE),
        ("4891234500", IdentifierFault.PREFECTURE),
        ("1311111115", IdentifierFault.CHECK_DIGIT),
        ("123456789018", IdentifierFault.MY_NUMBER),
        ("協" * 1000, IdentifierFault.TOO_LONG),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, fault: IdentifierFault) -> None:
    with pytest.raises(UnreadableIdentifier) as caught:
        facility_code(text)
    assert caught.value.fault is fault


def test_a_lost_zero_is_that_of_an_institution_code_alone() -> None:
    assert facility_code("110113719", lost_zeros=True) == "0110113719"
    with pytest.raises(UnreadableIdentifier):
        facility_code("110113719")
    with pytest.raises(UnreadableIdentifier):
        facility_code("協112345-0-0", lost_zeros=True)


@given(
    sign=st.sampled_from(sorted(SIGNS)),
    prefecture=st.sampled_from(PREFECTURES),
    rest=st.text("0123456789", min_size=7, max_size=7),
)
def test_each_registration_number_has_ten_digits_of_its_own_which_are_no_institution_code(
    sign: str, prefecture: str, rest: str
) -> None:
    code = facility_code(f"{sign}{prefecture}{rest[:5]}-{rest[5]}-{rest[6]}")
    assert (code[:2], code[2], code[3:]) == (prefecture, SIGNS[sign], rest)
    assert is_of_registration_number(code)
    assert facility_code(code) == code
    with pytest.raises(UnreadableIdentifier):
        institution_code(code)


@pytest.mark.parametrize(
    "code", ["1311111114", "0110113719", "139123450", "13912345000", "１３９１２３４５００", ""]
)
def test_other_digits_are_of_no_registration_number(code: str) -> None:
    assert not is_of_registration_number(code)
