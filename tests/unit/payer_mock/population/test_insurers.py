"""The insurers of a population."""

from __future__ import annotations

from collections import Counter

import pytest

from eligibility_api.contract.identifiers import insurer_number
from payer_mock.population.insurers import ASSOCIATION_OF_ALL, POPULATION_OF_JAPAN, Insurers, Scheme

NATIONAL = {
    Scheme.HEALTH_ASSOCIATION: 1,
    Scheme.SOCIETY: 1431,
    Scheme.MUTUAL_AID: 85,
    Scheme.MUNICIPAL: 1716,
    Scheme.TRADE_ASSOCIATION: 164,
    Scheme.LATE_ELDERLY: 47,
    Scheme.WELFARE_OFFICE: 1250,
}
FORMS = {
    Scheme.SOCIETY: ("06", 8),
    Scheme.LATE_ELDERLY: ("39", 8),
    Scheme.WELFARE_OFFICE: ("12", 8),
    Scheme.MUTUAL_AID: ("3", 8),
    Scheme.MUNICIPAL: ("", 6),
    Scheme.TRADE_ASSOCIATION: ("", 6),
}


def counts(people: int) -> Counter[Scheme]:
    return Counter(insurer.scheme for insurer in Insurers(people))


def test_the_population_of_japan_has_as_many_insurers_as_japan() -> None:
    assert counts(POPULATION_OF_JAPAN) == counts(2 * POPULATION_OF_JAPAN) == NATIONAL


@pytest.mark.parametrize("people", [1, 1000, 1_000_000])
def test_a_smaller_population_has_fewer_insurers_but_one_of_each_kind(people: int) -> None:
    insurers = list(Insurers(people))
    assert {insurer.scheme for insurer in insurers} == set(Scheme)
    assert {insurer.number[:2] for insurer in insurers} >= {"01", "06", "31", "32", "33", "34", "39"}
    assert counts(people)[Scheme.SOCIETY] == max(1, round(1431 * people / POPULATION_OF_JAPAN))


def test_numbers_are_unique_with_the_form_of_their_kind_and_a_check_digit() -> None:
    insurers = list(Insurers(POPULATION_OF_JAPAN))
    assert len({insurer.number for insurer in insurers}) == len(insurers)
    for insurer in insurers:
        start, length = FORMS.get(insurer.scheme, (ASSOCIATION_OF_ALL, 8))
        assert insurer_number(insurer.number) == insurer.number
        assert insurer.number.startswith(start)
        assert len(insurer.number) == length
        assert insurer.name.startswith("架空")
