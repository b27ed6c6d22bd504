"""Facilities in nationwide proportions; access tokens of every age, used until they expire."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random

import pytest

from eligibility_api.contract.codes import FacilityKind
from eligibility_api.contract.numbers import is_institution_code
from loadtest.clock import now
from loadtest.dataset.terminals import CHECKS_BY_KIND, RENEW_BEFORE, planned_facilities, spread_token_ages
from tests.unit.loadtest.dataset.builders import terminal


@pytest.mark.parametrize("count", [4, 60, 1000])
def test_every_kind_exists_and_has_its_share_of_the_checks(count: int) -> None:
    weights: Counter[FacilityKind] = Counter()
    for facility in planned_facilities(count):
        weights[facility.kind] += facility.weight  # type: ignore[assignment]
    total = sum(CHECKS_BY_KIND.values())
    assert weights == {kind: pytest.approx(share / total) for kind, share in CHECKS_BY_KIND.items()}


def test_codes_are_valid_and_unique() -> None:
    codes = [facility.institution_code for facility in planned_facilities(1000)]
    assert all(map(is_institution_code, codes))
    assert len(set(codes)) == len(codes) == pytest.approx(1000, abs=2)


def test_a_few_facilities_are_large_and_many_small() -> None:
    clinics = sorted(
        (p.weight for p in planned_facilities(1000) if p.kind is FacilityKind.CLINIC), reverse=True
    )
    assert sum(clinics[: len(clinics) // 10]) > 0.3 * sum(clinics)


@pytest.mark.parametrize(("count", "maximum"), [(4, 1), (60, 1.5), (1000, 1.4)])
def test_a_facility_has_one_terminal_and_large_ones_have_more(count: int, maximum: float) -> None:
    facilities = planned_facilities(count)
    assert 1 <= sum(facility.terminals for facility in facilities) / len(facilities) <= maximum
    for kind in CHECKS_BY_KIND:
        of_kind = sorted((p.weight, p.terminals) for p in facilities if p.kind is kind)
        assert [terminals for _, terminals in of_kind] == sorted(terminals for _, terminals in of_kind)


def test_token_ages_are_spread_evenly_and_none_is_due_at_once() -> None:
    at, terminals = now(), [terminal() for _ in range(300)]
    for each in terminals:
        each.token_expires_at = at + timedelta(seconds=300)
    spread_token_ages(terminals, Random(1))
    left = sorted((each.token_expires_at or at) - at for each in terminals)
    assert left[0] >= RENEW_BEFORE
    assert left[-1] <= timedelta(seconds=300)
    due_soon = sum(each < RENEW_BEFORE + timedelta(seconds=80) for each in left)
    assert 80 <= due_soon <= 120


def test_a_token_due_for_renewal_is_valid_until_it_expires() -> None:
    one = terminal()
    one.token_expires_at = now() + RENEW_BEFORE / 2
    assert (one.needs_token(), one.has_valid_token()) == (True, True)
    one.token_expires_at = now() - timedelta(seconds=1)
    assert (one.needs_token(), one.has_valid_token()) == (True, False)
    one.token_expires_at = None
    assert (one.needs_token(), one.has_valid_token()) == (True, False)
