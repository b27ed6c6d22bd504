"""Facilities in the nation's proportions."""

from __future__ import annotations

from collections import Counter

import pytest

from eligibility_api.contract.codes import FacilityKind
from eligibility_api.contract.numbers import is_institution_code
from loadtest.dataset.terminals import SHARES, places


@pytest.mark.parametrize("count", [4, 60, 1000])
def test_every_kind_is_there_and_has_its_share_of_the_checks(count: int) -> None:
    weights: Counter[FacilityKind] = Counter()
    for place in places(count):
        weights[place.kind] += place.weight  # type: ignore[assignment]
    total = sum(SHARES.values())
    assert weights == {kind: pytest.approx(share / total) for kind, share in SHARES.items()}


def test_codes_are_real_and_each_facility_has_its_own() -> None:
    codes = [place.institution_code for place in places(1000)]
    assert all(map(is_institution_code, codes))
    assert len(set(codes)) == len(codes) == pytest.approx(1000, abs=2)


def test_a_few_are_large_and_many_small() -> None:
    clinics = sorted((p.weight for p in places(1000) if p.kind is FacilityKind.CLINIC), reverse=True)
    assert sum(clinics[: len(clinics) // 10]) > 0.3 * sum(clinics)


@pytest.mark.parametrize(("count", "most"), [(4, 1), (60, 1.5), (1000, 1.4)])
def test_a_facility_has_one_terminal_and_the_large_ones_more(count: int, most: float) -> None:
    made = places(count)
    assert 1 <= sum(place.terminals for place in made) / len(made) <= most
    for kind in SHARES:
        of_kind = sorted((p.weight, p.terminals) for p in made if p.kind is kind)
        assert [terminals for _, terminals in of_kind] == sorted(terminals for _, terminals in of_kind)
