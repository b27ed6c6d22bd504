"""The lines between `loadtest run` and its conductor, as the recipient parses them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from loadtest.conductor.run_lines import Failed, Line, Listening, Order, Progress, Ready, parse_line
from loadtest.generator.messages import Answers, Done
from loadtest.scenario.run_stats import RunStats
from tests.unit.loadtest.generator.builders import PLAN, SAMPLED, USAGE

PROGRESS = Progress(seconds=4.2, offered=1500, answered=1497, errors=3, p99_ms=1234.0)


@pytest.mark.parametrize(
    "message",
    [
        Listening(port=5557),
        Ready(),
        PROGRESS,
        Answers(sampled=[SAMPLED]),
        Done(stats=RunStats().to_message(), usage=USAGE),
        Failed(reason="the fund is unreachable"),
    ],
    ids=lambda message: str(message.type),
)
def test_a_line_of_the_conductor_is_parsed_completely(message: Line) -> None:
    line = message.to_line()
    assert line.count(b"\n") == 1
    assert parse_line(line) == message


@pytest.mark.parametrize("is_alone", [True, False])
def test_an_order_is_parsed_completely(is_alone: bool) -> None:
    order = Order(plan=PLAN, workers=3, is_alone=is_alone)
    assert Order.model_validate_json(order.to_line()) == order


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"ready\n",
        b'{"type": "unknown"}',
        b'{"type": "ready", "more": 1}',
        b'{"type": "failed"}',
        b'{"type": "listening", "port": "here"}',
        b'{"type": "progress", "seconds": 1}',
        b'{"type": "answers", "sampled": {}}',
        b"\xff",
    ],
)
def test_what_is_no_line_of_the_conductor_is_rejected(line: bytes) -> None:
    with pytest.raises(ValidationError):
        parse_line(line)


def test_progress_is_one_sentence() -> None:
    assert PROGRESS.sentence == "4 s: 1,500 checks offered, 1,497 answered, p99 1,234 ms, 3 errors"
