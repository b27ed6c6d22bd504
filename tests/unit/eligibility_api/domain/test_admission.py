"""The rights for which a client of each kind can be admitted, and its operators registered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.domain.admission import (
    INSURER_RIGHTS,
    Admission,
    Authority,
    authority_for,
    excess_rights,
    rights_for,
)

FACILITY = {
    Right.ELIGIBILITY,
    Right.REGISTRATION,
    Right.VISUAL_CHECK,
    Right.CONSENT,
    Right.PRESCRIPTION,
}


@pytest.mark.parametrize("kind", FacilityKind)
def test_only_an_eligibility_only_facility_has_reduced_rights(kind: FacilityKind) -> None:
    """Rule G1."""
    reduced = kind is FacilityKind.ELIGIBILITY_ONLY
    assert rights_for(kind) - {Right.EMERGENCY, Right.OWN_ACCESS} == (
        {Right.ELIGIBILITY} if reduced else FACILITY
    )


def test_hospitals_alone_may_have_access_in_an_emergency() -> None:
    """Rules G1, W8."""
    assert [kind for kind in FacilityKind if Right.EMERGENCY in rights_for(kind)] == [FacilityKind.HOSPITAL]


@pytest.mark.parametrize("kind", FacilityKind)
def test_facility_and_insurer_rights_are_disjoint(kind: FacilityKind) -> None:
    """Rules G1, G2."""
    assert excess_rights(kind, INSURER_RIGHTS) == INSURER_RIGHTS
    assert not rights_for(kind) & INSURER_RIGHTS


@pytest.mark.parametrize(
    ("kind", "wanted", "too_much"),
    [
        (FacilityKind.CLINIC, [Right.ELIGIBILITY, Right.VISUAL_CHECK], set()),
        (FacilityKind.CLINIC, [], set()),
        (FacilityKind.PHARMACY, [Right.ELIGIBILITY, Right.ENROLMENT], {Right.ENROLMENT}),
        (FacilityKind.HOSPITAL, [Right.EMERGENCY], set()),
        (FacilityKind.CLINIC, [Right.ELIGIBILITY, Right.EMERGENCY], {Right.EMERGENCY}),
        (FacilityKind.DENTAL, [Right.EMERGENCY], {Right.EMERGENCY}),
        (FacilityKind.PHARMACY, [Right.CONSENT, Right.EMERGENCY], {Right.EMERGENCY}),
        (FacilityKind.VISITING_NURSING, [Right.EMERGENCY], {Right.EMERGENCY}),
        (FacilityKind.ELIGIBILITY_ONLY, [Right.ELIGIBILITY], set()),
        (FacilityKind.ELIGIBILITY_ONLY, [Right.VISUAL_CHECK], {Right.VISUAL_CHECK}),
        (FacilityKind.ELIGIBILITY_ONLY, [Right.REGISTRATION], {Right.REGISTRATION}),
        (FacilityKind.ELIGIBILITY_ONLY, [Right.CONSENT], {Right.CONSENT}),
    ],
)
def test_excess_rights_are_returned(kind: FacilityKind, wanted: list[Right], too_much: set[Right]) -> None:
    """Rule G1."""
    assert excess_rights(kind, wanted) == too_much


@given(st.sampled_from(FacilityKind), st.sets(st.sampled_from(Right)))
def test_excess_and_permitted_rights_make_up_the_request(kind: FacilityKind, wanted: set[Right]) -> None:
    """Rule G1."""
    assert excess_rights(kind, wanted) | (wanted & rights_for(kind)) == wanted


@pytest.mark.parametrize(
    ("kind", "medical", "emergency"),
    [
        (FacilityKind.CLINIC, True, False),
        (FacilityKind.HOSPITAL, True, True),
        (FacilityKind.DENTAL, True, False),
        (FacilityKind.PHARMACY, True, False),
        (FacilityKind.VISITING_NURSING, True, False),
        (FacilityKind.ELIGIBILITY_ONLY, False, False),
    ],
)
def test_an_operators_authority_depends_on_the_kind_of_facility(
    kind: FacilityKind, medical: bool, emergency: bool
) -> None:
    """Rule G4."""
    assert authority_for(kind) == Authority(medical, emergency)


def test_one_terminal_is_admitted_unless_more_are_asked_for() -> None:
    assert Admission("1311111114", "見本医院", FacilityKind.CLINIC, frozenset()).terminals == 1


@pytest.mark.parametrize("kind", FacilityKind)
@pytest.mark.parametrize("code", ["1391234500", "1381234500"])
def test_a_registration_number_is_an_eligibility_only_facility_s_alone(kind: FacilityKind, code: str) -> None:
    """Rule G6."""
    rights = frozenset({Right.ELIGIBILITY})
    if kind is FacilityKind.ELIGIBILITY_ONLY:
        assert Admission(code, "架空接骨院", kind, rights).institution_code == code
        return
    with pytest.raises(ValueError, match=r"^a registration number .* is for the kind eligibility-only$"):
        Admission(code, "架空接骨院", kind, rights)


@pytest.mark.parametrize("kind", FacilityKind)
def test_an_institution_code_is_any_facility_s(kind: FacilityKind) -> None:
    assert Admission("1311111114", "架空", kind, frozenset()).terminals == 1
