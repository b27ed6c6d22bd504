"""What coordinator and generators say to each other, as the other one reads it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from loadtest.generator.client_faults import ClientFault
from loadtest.generator.messages import (
    Answers,
    Done,
    GeneratorUsage,
    Failed,
    Assignment,
    Progress,
    Ready,
    GeneratorMessage,
    parse_message,
)
from loadtest.scenario.answer_sample import CheckQuery, SampledAnswer
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import RunStats
from loadtest.scenario.visits import Outcome
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.generator.builders import FUND, MEMBERSHIPS, order, visitors

EFFORT = GeneratorUsage(seconds=10.0, cpu_seconds=5.0, memory_mib=60.0, connections=9)
KEPT = SampledAnswer(
    CheckQuery.at(terminal(), membership=MEMBERSHIPS[0]), Outcome(200, '{"name":"見本"}'.encode()), 0.5, 0.6
)


@pytest.mark.parametrize("level", LEVELS.values(), ids=lambda level: level.name)
def test_an_order_arrives_whole(level: object) -> None:
    plan = Plan(level, 60.0, 0.25, 3)  # type: ignore[arg-type]
    cut = ClientFault(10.0, 20.0, cut="/v1/token")
    target = Assignment.model_validate_json(order(cut, plan=plan).line())
    assert (target.plan, target.client_faults) == (plan, [cut])
    came, sent = target.visitors(), visitors()
    assert [one.credential for one in came.terminals] == [one.credential for one in sent.terminals]
    assert [one.weight for one in came.terminals] == [one.weight for one in sent.terminals]
    assert [card.certificate for card in came.cards] == [card.certificate for card in sent.cards]
    assert came.cards[1].sign(b"message") == sent.cards[1].sign(b"message")
    assert came.memberships == sent.memberships


def test_an_order_holds_each_key_once() -> None:
    assert len(order().keys) == 2


def test_load_goes_to_loopback_addresses_only() -> None:
    elsewhere = order().line().replace(FUND.encode(), b"http://192.0.2.1:8400")
    with pytest.raises(ValidationError, match="loopback addresses only"):
        Assignment.model_validate_json(elsewhere)


def test_what_is_wrong_with_an_order_shows_no_key() -> None:
    broken = order().line().replace(b'"resident_id"', b'"resident"')
    with pytest.raises(ValidationError) as raised:
        Assignment.model_validate_json(broken)
    assert "input_value" not in str(raised.value)


@pytest.mark.parametrize(
    "word",
    [
        Ready(),
        Progress(seconds=1.0, offered=3, answered=2, errors=1, p99_ms=9.5, cpu_seconds=0.5, memory_mib=60.0),
        Answers(sampled=[KEPT]),
        Done(stats=RunStats().to_message(), usage=EFFORT),
        Failed(why="the fund is gone"),
    ],
    ids=lambda word: str(word.said),
)
def test_a_word_arrives_whole(word: GeneratorMessage) -> None:
    line = word.line()
    assert line.count(b"\n") == 1
    assert parse_message(line) == word


def test_how_many_cores_a_generator_kept_busy() -> None:
    assert EFFORT.cores == 0.5
