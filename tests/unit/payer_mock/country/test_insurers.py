"""The insurers of a population."""

from __future__ import annotations

from collections import Counter

import pytest

from eligibility_api.contract.numbers import is_insurer_number
from payer_mock.country.insurers import ASSOCIATION_OF_ALL, NATION, Insurers, Scheme

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


def test_the_nation_has_as_many_insurers_as_japan() -> None:
    assert counts(NATION) == counts(2 * NATION) == NATIONAL


@pytest.mark.parametrize("people", [1, 1000, 1_000_000])
def test_a_part_of_it_has_a_part_of_them_and_one_of_each_kind_at_least(people: int) -> None:
    insurers = list(Insurers(people))
    assert {insurer.scheme for insurer in insurers} == set(Scheme)
    assert {insurer.number[:2] for insurer in insurers} >= {"01", "06", "31", "32", "33", "34", "39"}
    assert counts(people)[Scheme.SOCIETY] == max(1, round(1431 * people / NATION))


def test_every_number_has_its_kind_s_form_and_a_check_digit_and_is_another() -> None:
    insurers = list(Insurers(NATION))
    assert len({insurer.number for insurer in insurers}) == len(insurers)
    for insurer in insurers:
        start, length = FORMS.get(insurer.scheme, (ASSOCIATION_OF_ALL, 8))
        assert is_insurer_number(insurer.number)
        assert insurer.number.startswith(start)
        assert len(insurer.number) == length
        assert insurer.name.startswith("架空")
