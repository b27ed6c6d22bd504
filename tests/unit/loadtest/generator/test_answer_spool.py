"""The spool of sampled answers."""

from __future__ import annotations

from loadtest.generator.answer_spool import AnswerSpool
from loadtest.generator.messages import Answers
from loadtest.scenario.answer_sample import CheckQuery, SampledAnswer
from loadtest.scenario.visits import Outcome
from tests.unit.loadtest.dataset.builders import terminal


def answers(*ids: str) -> Answers:
    return Answers(
        sampled=[
            SampledAnswer(CheckQuery.at(terminal(), person=one), Outcome(200, "見本".encode()), 0.5, 0.6)
            for one in ids
        ]
    )


def test_a_spool_of_answers_is_read_in_order_and_again_after_more() -> None:
    spool = AnswerSpool()
    assert (len(spool), list(spool)) == (0, [])
    spool.add(answers("R1", "R2"))
    assert [one.query.person for one in spool] == ["R1", "R2"]
    spool.add(answers())
    spool.add(answers("R3"))
    assert [one.query.person for one in spool] == ["R1", "R2", "R3"]
    assert len(spool) == 3
    assert {one.outcome.body for one in spool} == {"見本".encode()}
