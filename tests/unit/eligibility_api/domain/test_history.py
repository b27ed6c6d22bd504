"""The claims that count at an instant, and their lines day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.codes import Category
from eligibility_api.contract.treatment_kinds import TreatmentKind, kind_of
from eligibility_api.domain.claims import Act
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.domain.history import HistoryRecord, age_days, effective_claims, treatment_rows
from tests.builders.known import CLINIC, DAY, MONTH, OTHER_CLINIC, PLAIN_CONTENT, known, pharmacy

ELEVENTH = datetime(2026, 6, 11, tzinfo=JAPAN)

instants = st.integers(0, 6).map(lambda hour: ELEVENTH + timedelta(hours=hour))


@st.composite
def claims(draw: st.DrawFn) -> list[HistoryRecord]:
    """A few claims of a few identities, many of them beginning to show together."""
    count = draw(st.integers(0, 8))
    return [
        known(
            number=number,
            known_from=draw(instants),
            identity=draw(st.sampled_from([b"a", b"b", b"c"])),
        )
        for number in draw(st.permutations(range(count)))
    ]


def naive(all_of_them: list[HistoryRecord], instant: datetime) -> set[int]:
    """The rule as in `rules.md`: shown by then, and no later one of the same identity is."""
    shown = [one for one in all_of_them if not instant < one.known_from]
    return {
        one.number
        for one in shown
        if not any(
            other.identity == one.identity
            and (
                other.known_from > one.known_from
                or (other.known_from == one.known_from and other.number > one.number)
            )
            for other in shown
        )
    }


@given(claims(), instants)
def test_the_newest_claim_of_each_identity_counts_since_it_shows(
    some: list[HistoryRecord], instant: datetime
) -> None:
    """Rule H2."""
    assert {one.number for one in effective_claims(some, instant)} == naive(some, instant)


@given(claims(), instants, instants)
def test_an_earlier_instant_gives_the_earlier_result(
    some: list[HistoryRecord], then: datetime, later: datetime
) -> None:
    """Rule H2."""
    arrived_by_then = [one for one in some if one.known_from <= then]
    assert effective_claims(arrived_by_then, then) == effective_claims(some, min(then, max(then, later)))


@pytest.mark.parametrize(
    ("dispensed_on", "prescribed_on", "day"),
    [(DAY, MONTH, DAY), (None, MONTH, MONTH), (None, None, None)],
    ids=["dispensing", "prescription", "claim"],
)
def test_the_day_of_an_entry(dispensed_on: date | None, prescribed_on: date | None, day: date | None) -> None:
    """Rule H5."""
    assert known(dispensed_on=dispensed_on, prescribed_on=prescribed_on).entry_day == day


def test_a_claim_shows_from_its_instant_on() -> None:
    """Rules H1, H2."""
    one = known(known_from=ELEVENTH)
    assert effective_claims([one], ELEVENTH - timedelta(microseconds=1)) == []
    assert effective_claims([one], ELEVENTH) == [one]


def test_a_resubmission_replaces_from_its_instant_on() -> None:
    """Rule H2."""
    first = known(number=1, identity=b"a", known_from=ELEVENTH)
    second = known(number=2, identity=b"a", known_from=ELEVENTH + timedelta(days=30))
    assert effective_claims([first, second], ELEVENTH + timedelta(days=29)) == [first]
    assert effective_claims([second, first], ELEVENTH + timedelta(days=30)) == [second]


def acts(*of: Act) -> HistoryRecord:
    return known(PLAIN_CONTENT._replace(acts=of))


def done(code: str, act: str | None, *days: int) -> Act:
    """An act once on each of these days of the month."""
    return Act(code, None, act, 1, tuple((day, 1) for day in days))


FIRST_VISIT = done("111000110", "11", 12)
BLOOD_TEST = done("160000310", "60", 12)
DIALYSIS = done("199000141", "40", 12)
CT = done("170011810", "70", 12)


def rows(category: Category, *claims: HistoryRecord) -> list[tuple[str, str | None, int | None]]:
    """Kind, code and day of the month of the rows of a category."""
    return [
        (row.kind.value, row.act.code if row.act else None, row.on.day if row.on else None)
        for row in treatment_rows(claims, category)
    ]


def test_treatments_are_a_list_of_kinds_and_the_days_of_visit() -> None:
    """Rule H9: no first-visit fees, no tests."""
    claim = acts(FIRST_VISIT, BLOOD_TEST, DIALYSIS, CT)
    assert rows(Category.TREATMENT, claim) == [
        ("visit", None, 12),
        ("dialysis", "199000141", 12),
        ("imaging", "170011810", 12),
    ]


@pytest.mark.parametrize(
    ("act", "code", "kind"),
    [
        ("11", "111000110", None),
        ("12", "112007410", None),
        ("13", "113001810", "medical-management"),
        ("14", "114001110", None),
        ("14", "199000114", "home-care-guidance"),
        ("21", "120001210", None),
        ("33", "130003510", None),
        ("40", "140000610", None),
        ("40", "199000141", "dialysis"),
        ("40", "199000142", "haemofiltration"),
        ("40", "199000143", "peritoneal-dialysis"),
        ("60", "160000310", None),
        ("60", "199000161", "pathology"),
        ("70", "170011810", "imaging"),
        ("80", "180000210", None),
        ("80", "199000181", "radiotherapy"),
        ("80", "199000141", None),
        ("90", "190117710", None),
        ("54", "150247310", None),
        ("99", "170011810", None),
        (None, "170011810", None),
    ],
)
def test_each_act_is_of_a_listed_kind_or_not_shown(act: str | None, code: str, kind: str | None) -> None:
    """Rule H9."""
    assert kind_of(act, code) == kind
    claim = acts(done(code, act, 3))
    assert rows(Category.TREATMENT, claim) == [("visit", None, 3), *([(kind, code, 3)] if kind else [])]
    assert rows(Category.SURGERY, claim) == []


@pytest.mark.parametrize("code", ["150000110", "150224810", "150247110"])
def test_surgery_transplants_and_transfusions_have_a_consent_of_their_own(code: str) -> None:
    """Rule H9."""
    claim = acts(done(code, "50", 4), FIRST_VISIT)
    assert rows(Category.SURGERY, claim) == [("surgery", code, 4)]
    assert rows(Category.TREATMENT, claim) == [("visit", None, 12), ("visit", None, 4)]


@pytest.mark.parametrize(
    ("content", "days"),
    [
        ((done("111000110", "11", 2), done("112007410", "12", 9, 20)), [20, 9, 2]),
        ((done("112007410", "12", 9), BLOOD_TEST, done("170011810", "70", 9)), [12, 9]),
        ((Act("112007410", None, "12", 3), done("170011810", "70", 9)), [9]),
        ((Act("112007410", None, "12", 3),), [None]),
        ((), []),
    ],
    ids=["days", "together", "some-with-days", "none-with-days", "no-acts"],
)
def test_a_visit_is_a_day_with_any_act(content: tuple[Act, ...], days: list[int | None]) -> None:
    """Rules H5, H9."""
    found = rows(Category.TREATMENT, acts(*content))
    assert [day for kind, _, day in found if kind == TreatmentKind.VISIT] == days


def test_two_claims_of_one_day_are_two_visits() -> None:
    """Rule H9: of two institutions."""
    elsewhere = acts(FIRST_VISIT)._replace(institution_code=OTHER_CLINIC)
    found = treatment_rows([acts(FIRST_VISIT), elsewhere], Category.TREATMENT)
    assert {row.known.institution_code for row in found} == {CLINIC, OTHER_CLINIC}
    assert len(found) == 2


def test_a_pharmacys_claim_is_no_visit() -> None:
    """Rule H9."""
    assert rows(Category.TREATMENT, pharmacy(PLAIN_CONTENT._replace(acts=(FIRST_VISIT,)))) == []


def test_an_act_has_a_row_per_day_newest_first() -> None:
    """Rules H5, H8."""
    claim = acts(Act("170011810", None, "70", 3, ((2, 1), (20, 2))), Act("113001810", None, "13", 4))
    found = [
        (row.on, row.times)
        for row in treatment_rows([claim], Category.TREATMENT)
        if row.kind is not TreatmentKind.VISIT
    ]
    assert found == [(date(2026, 5, 20), 2), (date(2026, 5, 2), 1), (None, 4)]


def test_rows_of_one_day_have_a_fixed_order() -> None:
    """Rule H8."""

    def one(number: int, institution: str) -> HistoryRecord:
        return acts(done(f"{institution}-{number}", "70", 2))._replace(
            number=number, institution_code=institution
        )

    some = [one(1, CLINIC), one(2, OTHER_CLINIC), one(3, CLINIC)]
    assert rows(Category.TREATMENT, *some) == rows(Category.TREATMENT, *some[::-1])


def test_age_is_counted_in_days_of_japan() -> None:
    """Rule H10."""
    evening = datetime(2026, 6, 11, 14, 59, tzinfo=UTC)
    assert age_days(evening, day_in_japan(evening + timedelta(minutes=1))) == 1
    assert age_days(ELEVENTH, day_in_japan(ELEVENTH + timedelta(hours=23))) == 0
