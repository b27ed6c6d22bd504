"""Rights: what a client of which kind can be admitted for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.domain.admission import INSURER_RIGHTS, excess_rights, rights_for

FACILITY = {
    Right.ELIGIBILITY,
    Right.REGISTRATION,
    Right.VISUAL_CHECK,
    Right.CONSENT,
    Right.PRESCRIPTION,
    Right.EMERGENCY,
}


@pytest.mark.parametrize("kind", FacilityKind)
def test_a_facility_may_do_all_at_its_desk_unless_it_may_only_check_eligibility(kind: FacilityKind) -> None:
    reduced = kind is FacilityKind.ELIGIBILITY_ONLY
    assert rights_for(kind) == ({Right.ELIGIBILITY} if reduced else FACILITY)


@pytest.mark.parametrize("kind", FacilityKind)
def test_no_facility_enrols_and_no_insurer_asks(kind: FacilityKind) -> None:
    assert excess_rights(kind, INSURER_RIGHTS) == INSURER_RIGHTS
    assert not rights_for(kind) & INSURER_RIGHTS


@pytest.mark.parametrize(
    ("kind", "wanted", "too_much"),
    [
        (FacilityKind.CLINIC, [Right.ELIGIBILITY, Right.VISUAL_CHECK], set()),
        (FacilityKind.CLINIC, [], set()),
        (FacilityKind.PHARMACY, [Right.ELIGIBILITY, Right.ENROLMENT], {Right.ENROLMENT}),
        (FacilityKind.ELIGIBILITY_ONLY, [Right.ELIGIBILITY], set()),
        (FacilityKind.ELIGIBILITY_ONLY, [Right.VISUAL_CHECK], {Right.VISUAL_CHECK}),
        (FacilityKind.ELIGIBILITY_ONLY, [Right.REGISTRATION], {Right.REGISTRATION}),
        (FacilityKind.ELIGIBILITY_ONLY, [Right.CONSENT], {Right.CONSENT}),
    ],
)
def test_the_rights_that_go_too_far_are_named(
    kind: FacilityKind, wanted: list[Right], too_much: set[Right]
) -> None:
    assert excess_rights(kind, wanted) == too_much


@given(st.sampled_from(FacilityKind), st.sets(st.sampled_from(Right)))
def test_what_is_open_and_what_goes_too_far_make_up_what_was_wanted(
    kind: FacilityKind, wanted: set[Right]
) -> None:
    assert excess_rights(kind, wanted) | (wanted & rights_for(kind)) == wanted
