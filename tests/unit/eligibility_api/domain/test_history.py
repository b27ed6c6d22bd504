"""The claims that count at an instant, and their lines day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.domain.claims import Act, Disease
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.domain.history import HistoryRecord, act_rows, age_days, disease_rows, effective_claims
from tests.builders.known import CLINIC, OTHER_CLINIC, PLAIN_CONTENT, known

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


def test_surgery_is_separate_from_treatments() -> None:
    """Rule H9."""
    claim = acts(Act("150000110", None, "50", 1), Act("112007410", None, "12", 1), Act("1", None, None, 1))
    assert [row.act.code for row in act_rows([claim], surgery=True)] == ["150000110"]
    assert [row.act.code for row in act_rows([claim], surgery=False)] == ["112007410", "1"]


def test_an_act_has_a_row_per_day_newest_first() -> None:
    """Rules H5, H8."""
    claim = acts(Act("112007410", None, "12", 3, ((2, 1), (20, 2))), Act("x", None, "60", 4))
    rows = act_rows([claim], surgery=False)
    assert [(row.on, row.times) for row in rows] == [
        (date(2026, 5, 20), 2),
        (date(2026, 5, 2), 1),
        (None, 4),
    ]


def test_rows_of_one_day_have_a_fixed_order() -> None:
    """Rule H8."""

    def one(number: int, institution: str) -> HistoryRecord:
        return acts(Act(f"{institution}-{number}", None, "12", 1, ((2, 1),)))._replace(
            number=number, institution_code=institution
        )

    some = [one(1, CLINIC), one(2, OTHER_CLINIC), one(3, CLINIC)]
    assert act_rows(some, surgery=False) == act_rows(some[::-1], surgery=False)


def test_diagnoses_are_listed_per_claim_newest_month_first() -> None:
    """Rule H8."""

    def of(month: date, *codes: str) -> HistoryRecord:
        diseases = tuple(Disease(code, None, (), None, "1", False) for code in codes)
        return known(PLAIN_CONTENT._replace(diseases=diseases), month=month)

    rows = disease_rows([of(date(2026, 4, 1), "b", "a"), of(date(2026, 5, 1), "c")])
    assert [row.disease.code for row in rows] == ["c", "b", "a"]


def test_age_is_counted_in_days_of_japan() -> None:
    """Rule H10."""
    evening = datetime(2026, 6, 11, 14, 59, tzinfo=UTC)
    assert age_days(evening, day_in_japan(evening + timedelta(minutes=1))) == 1
    assert age_days(ELEVENTH, day_in_japan(ELEVENTH + timedelta(hours=23))) == 0
