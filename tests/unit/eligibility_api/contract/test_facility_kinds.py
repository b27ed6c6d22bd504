"""Every kind of facility has an entry, and the entries decide what the kinds differ in."""

from __future__ import annotations

import pytest

from eligibility_api.contract.codes import FacilityKind
from eligibility_api.contract.facility_kinds import FACILITY_KINDS, MEDICAL_KINDS, kinds_recording
from eligibility_api.contract.history import CareSetting, Origin

ELIGIBILITY_ONLY = {FacilityKind.ELIGIBILITY_ONLY}


def test_every_kind_has_an_entry() -> None:
    assert list(FACILITY_KINDS) == list(FacilityKind)


def test_only_eligibility_only_facilities_are_shown_no_address_and_nothing_medical() -> None:
    """Rules S2, S6, W5, W15."""
    assert {kind for kind, entry in FACILITY_KINDS.items() if not entry.address} == ELIGIBILITY_ONLY
    assert set(FacilityKind) - MEDICAL_KINDS == ELIGIBILITY_ONLY


@pytest.mark.parametrize(
    ("origin", "kinds"),
    [
        (Origin.PRESCRIPTION, {FacilityKind.CLINIC, FacilityKind.HOSPITAL, FacilityKind.DENTAL}),
        (Origin.ON_SITE, {FacilityKind.CLINIC, FacilityKind.HOSPITAL, FacilityKind.DENTAL}),
        (Origin.DISPENSING, {FacilityKind.PHARMACY}),
        (Origin.CLAIM, set()),
    ],
)
def test_institutions_record_prescriptions_and_pharmacies_dispensings(
    origin: Origin, kinds: set[FacilityKind]
) -> None:
    assert kinds_recording(origin) == kinds


def test_a_dispensing_is_of_the_pharmacys_setting() -> None:
    """Rule H6: a claim of the same setting replaces it."""
    pharmacies = {kind for kind, entry in FACILITY_KINDS.items() if entry.setting is CareSetting.PHARMACY}
    assert pharmacies == kinds_recording(Origin.DISPENSING)
