"""Periods of cover as rows: numbers, branches, relationships and days; certificates of members."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from eligibility_api.contract.codes import LimitCertificateKind, LimitClass, ReasonOfLoss
from eligibility_api.contract.numbers import check_digit
from payer_mock.population.benefits import add_benefits, add_limit_certificate, last_of_july
from payer_mock.population.coverage import CoveragePeriod, coverage_periods
from payer_mock.population.families import Family, families_of
from payer_mock.population.insurers import Insurer, Insurers, Scheme
from payer_mock.population.residents import Person, age_on
from payer_mock.population.rows import NumberAllocator, member_rows
from tests.depth import max_examples
from tests.unit.payer_mock.builders import CELLS

INSURERS = Insurers(1_000_000)
AS_OF = date(2026, 10, 1)
SCHEMES = list(Scheme)


def insurer(scheme: Scheme) -> Insurer:
    return INSURERS.by_place(scheme, 0)


def person(name: str = "架空　一郎", born: date = date(1980, 2, 3), sex: str = "1") -> Person:
    return Person(name, "カクウ　イチロウ", born, sex, "000-0000", "架空県見本市１")


HUSBAND, WIFE, CHILD = (
    person(),
    person("架空　花子", date(1982, 5, 6), "2"),
    person("架空　一", date(2024, 4, 2)),
)


def rows_of(
    scheme: Scheme, *members: Person, since: date = date(2020, 4, 1), **more: object
) -> list[dict[str, str]]:
    family = Family(insurer(scheme), "見本", list(members), members[0])
    return [row for _, row in member_rows(CoveragePeriod(family, since, **more), "0000012")]  # type: ignore[arg-type]


@pytest.mark.parametrize(("prefix", "first"), [("", "0000001"), ("2610", "26100000001")])
def test_numbers_are_unique_per_insurer(prefix: str, first: str) -> None:
    numbers = NumberAllocator(prefix)
    society, other = insurer(Scheme.SOCIETY), insurer(Scheme.MUNICIPAL)
    given = [numbers.next(society) for _ in range(50)]
    assert given[0] == first
    assert len(set(given)) == 50
    assert numbers.next(other) == first


def test_recipients_numbers_have_seven_digits_and_a_check_digit_whatever_the_prefix() -> None:
    numbers, office = NumberAllocator("2610"), insurer(Scheme.WELFARE_OFFICE)
    for number in (numbers.next(office) for _ in range(30)):
        assert len(number) == 7
        assert number[6] == str(check_digit(number[:6]))


@pytest.mark.parametrize(
    ("scheme", "present", "absent"),
    [
        (Scheme.SOCIETY, {"symbol", "branch"}, {"certificate_kind"}),
        (Scheme.MUNICIPAL, {"symbol", "branch"}, {"certificate_kind"}),
        (Scheme.LATE_ELDERLY, set(), {"symbol", "branch", "certificate_kind"}),
        (Scheme.WELFARE_OFFICE, {"certificate_kind"}, {"symbol", "branch"}),
    ],
)
def test_each_scheme_identifies_its_members_in_its_own_way(
    scheme: Scheme, present: set[str], absent: set[str]
) -> None:
    [row] = rows_of(scheme, HUSBAND)
    assert present <= row.keys()
    assert absent.isdisjoint(row)
    assert (row["insurer_number"], row["number"]) == (insurer(scheme).number, "0000012")


def test_the_holder_of_the_number_is_the_insured_and_the_others_depend_on_her() -> None:
    husband, wife, child = rows_of(Scheme.SOCIETY, HUSBAND, WIFE, CHILD)
    assert [row["branch"] for row in (husband, wife, child)] == ["00", "01", "02"]
    assert [row["relationship"] for row in (husband, wife, child)] == ["1", "2", "2"]
    assert "insured_name" not in husband
    assert (wife["insured_name"], wife["insured_birth_date"]) == ("架空　一郎", "1980-02-03")


def test_outside_employment_the_holder_s_birth_date_decides_nothing_and_is_left_out() -> None:
    _, wife = rows_of(Scheme.MUNICIPAL, HUSBAND, WIFE)
    assert wife["insured_name"] == "架空　一郎"
    assert "insured_birth_date" not in wife


def test_a_child_is_insured_from_its_birth_and_not_before() -> None:
    parent, child = rows_of(Scheme.SOCIETY, HUSBAND, CHILD)
    assert (parent["acquired_on"], child["acquired_on"]) == ("2020-04-01", "2024-04-02")


@pytest.mark.parametrize(
    ("until", "members"), [(date(2024, 4, 1), 1), (date(2024, 4, 2), 1), (date(2024, 4, 3), 2)]
)
def test_a_child_born_after_a_period_has_no_row_in_it(until: date, members: int) -> None:
    rows = rows_of(Scheme.SOCIETY, HUSBAND, CHILD, until=until, reason=ReasonOfLoss.OTHER_INSURANCE)
    assert len(rows) == members
    assert {(row["lost_on"], row["reason_of_loss"]) for row in rows} == {(until.isoformat(), "03")}


@max_examples(40)
@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_the_certificates_year_ends_on_the_next_last_day_of_july(day: date) -> None:
    last = last_of_july(day)
    assert (last.month, last.day) == (7, 31)
    assert timedelta(0) <= last - day < timedelta(days=366)


@max_examples(40)
@given(
    st.sampled_from([scheme for scheme in SCHEMES if scheme is not Scheme.WELFARE_OFFICE]),
    st.dates(date(1930, 1, 1), date(2020, 1, 1)),
    st.integers(0, 10**6),
)
def test_a_limit_certificate_begins_with_the_cover_and_fits_scheme_and_age(
    scheme: Scheme, born: date, seed: int
) -> None:
    row = {"birth_date": born.isoformat(), "acquired_on": "2026-10-15"}
    add_limit_certificate(row, scheme, AS_OF, Random(seed))
    assert row["limit_valid_from"] == row["limit_issued_on"] == "2026-10-15"
    assert row["limit_valid_to"] == "2027-07-31"
    late = {LimitClass.GENERAL_2, LimitClass.GENERAL_1}
    assert (LimitClass(row["limit_class"]) in late) <= (scheme is Scheme.LATE_ELDERLY)
    meals = LimitClass(row["limit_class"]) in {LimitClass.O, LimitClass.LOW_2, LimitClass.LOW_1}
    assert (row["limit_kind"] == LimitCertificateKind.LIMIT_AND_MEALS) is meals


@max_examples(40)
@given(st.sampled_from(SCHEMES), st.dates(date(1930, 1, 1), date(2026, 9, 30)), st.integers(0, 10**6))
def test_certificates_are_issued_no_earlier_than_the_cover_and_none_to_recipients(
    scheme: Scheme, born: date, seed: int
) -> None:
    assume(scheme in (Scheme.LATE_ELDERLY, Scheme.WELFARE_OFFICE) or age_on(born, AS_OF) < 75)
    row = {**CELLS, "birth_date": born.isoformat(), "acquired_on": "2020-04-01"}
    before = set(row)
    add_benefits(row, person(born=born), scheme, AS_OF, Random(seed))
    added = {column: cell for column, cell in row.items() if column not in before}
    days = [
        cell for column, cell in added.items() if column.endswith(("issued_on", "valid_from", "valid_to"))
    ]
    assert all(day >= "2020-04-01" for day in days)
    if scheme is Scheme.WELFARE_OFFICE:
        assert days == []
    elderly = "elderly_burden_ratio" in added
    assert not elderly or 70 <= age_on(born, AS_OF) < 75
    assert ("burden_ratio" in added) <= (scheme is Scheme.LATE_ELDERLY)


@max_examples(40)
@given(
    st.lists(
        st.tuples(st.dates(date(1935, 1, 1), date(2026, 9, 30)), st.sampled_from("12")),
        min_size=1,
        max_size=5,
    ),
    st.integers(0, 10**6),
)
def test_a_household_is_insured_once_each_by_families_whose_periods_follow_each_other(
    members: list[tuple[date, str]], seed: int
) -> None:
    rng = Random(seed)
    household = [person(f"架空　{place}", born, sex) for place, (born, sex) in enumerate(members)]
    families = list(families_of(household, INSURERS, AS_OF, rng))
    assert sorted(one.name for family in families for one in family.members) == [
        one.name for one in household
    ]
    for family in families:
        old = [one for one in family.members if age_on(one.birth_date, AS_OF) >= 75]
        assert not old or family.insurer.scheme is Scheme.LATE_ELDERLY
        periods = list(coverage_periods(family, INSURERS, AS_OF, rng))
        assert 1 <= len(periods) <= 2
        for period in periods:
            assert period.since <= AS_OF
            assert period.until is None or period.since < period.until <= AS_OF + timedelta(days=1)
            assert (period.until is None) is (period.reason is None)
        if len(periods) == 2:
            current, former = periods
            assert former.until is not None
            assert former.until <= current.since + timedelta(days=1)
            assert former.family.insurer is not current.family.insurer
