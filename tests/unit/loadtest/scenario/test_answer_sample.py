"""Which answers are kept for the comparison, and what is asked."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.codes import FacilityKind
from loadtest.model.events import Membership
from loadtest.scenario.answer_sample import (
    INITIAL_COUNT,
    MIN_PER_SECOND,
    SAMPLE_INTERVAL,
    AnswerSample,
    CheckQuery,
    SampledAnswer,
)
from loadtest.scenario.visits import Outcome
from tests.depth import max_examples
from tests.unit.loadtest.dataset.builders import terminal

QUERY = CheckQuery.at(terminal(), person="R1-00000001")
OUTCOME = Outcome(200, b"{}")


def at(second: float) -> SampledAnswer:
    return SampledAnswer(QUERY, OUTCOME, second, second)


@max_examples(40)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=30), st.integers(0, 3))
def test_draining_loses_and_repeats_nothing(bursts: list[int], every: int) -> None:
    sample, once = AnswerSample(), AnswerSample()
    drained: list[SampledAnswer] = []
    for second, burst in enumerate(bursts):
        for place in range(burst):
            for one in (sample, once):
                one.add(at(second + place / 100))
        if every and second % every == 0:
            drained += sample.drain()
    assert [*drained, *sample.drain()] == once.drain()
    assert (sample.drain(), sample.count) == ([], sum(bursts))


def test_after_the_first_thousand_each_second_keeps_its_first_ten_and_every_fiftieth() -> None:
    sample = AnswerSample()
    for _ in range(INITIAL_COUNT):
        sample.add(at(0))
    sample.drain()
    for place in range(500):
        sample.add(at(1 + place / 1000))
    kept = [round((one.ended - 1) * 1000) for one in sample.drain()]
    assert kept[:MIN_PER_SECOND] == list(range(MIN_PER_SECOND))
    assert kept[MIN_PER_SECOND:] == list(range(SAMPLE_INTERVAL - 1, 500, SAMPLE_INTERVAL))


def test_an_answer_that_arrives_late_does_not_begin_its_second_again() -> None:
    sample = AnswerSample()
    for _ in range(INITIAL_COUNT):
        sample.add(at(0))
    sample.drain()
    for _ in range(20):
        sample.add(at(5.0))
        sample.add(at(4.9))
    assert len(sample.drain()) == MIN_PER_SECOND


def test_a_query_names_the_facility_and_one_subject() -> None:
    pharmacy = terminal(FacilityKind.PHARMACY, institution_code="1341111111")
    membership = Membership("06130017", None, "12", None, date(1980, 1, 1))
    by_number = CheckQuery.at(pharmacy, membership=membership)
    assert (by_number.institution_code, by_number.facility_kind) == ("1341111111", FacilityKind.PHARMACY)
    assert (by_number.person, by_number.membership, by_number.consents) == (None, membership, frozenset())
    assert CheckQuery.at(pharmacy, person="R1-00000001").membership is None
