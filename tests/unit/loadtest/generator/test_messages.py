"""An assignment as its generator parses it, and what a generator used."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from loadtest.generator.client_faults import ClientFault
from loadtest.generator.messages import Assignment, GeneratorUsage
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from tests.unit.loadtest.generator.builders import FUND, USAGE, assignment, visitors


@pytest.mark.parametrize("level", LEVELS.values(), ids=lambda level: level.name)
def test_an_assignment_is_parsed_completely(level: object) -> None:
    plan = Plan(level, 60.0, 0.25, 3)  # type: ignore[arg-type]
    block = ClientFault(10.0, 20.0, blocked_prefix="/v1/token")
    parsed = Assignment.model_validate_json(assignment(block, plan=plan).to_line())
    assert (parsed.plan, parsed.client_faults) == (plan, [block])
    received, sent = parsed.visitors(), visitors()
    assert [one.credential for one in received.terminals] == [one.credential for one in sent.terminals]
    assert [one.weight for one in received.terminals] == [one.weight for one in sent.terminals]
    assert [card.certificate for card in received.cards] == [card.certificate for card in sent.cards]
    assert received.cards[1].sign(b"message") == sent.cards[1].sign(b"message")
    assert received.memberships == sent.memberships


def test_an_assignment_contains_each_key_once() -> None:
    assert len(assignment().keys) == 2


def test_load_goes_to_loopback_addresses_only() -> None:
    elsewhere = assignment().to_line().replace(FUND.encode(), b"http://192.0.2.1:8400")
    with pytest.raises(ValidationError, match="loopback addresses only"):
        Assignment.model_validate_json(elsewhere)


def test_a_validation_error_shows_no_key() -> None:
    malformed = assignment().to_line().replace(b'"resident_id"', b'"resident"')
    with pytest.raises(ValidationError) as raised:
        Assignment.model_validate_json(malformed)
    assert "input_value" not in str(raised.value)


def test_cores_are_processor_seconds_per_second() -> None:
    assert USAGE.cores == 0.5


@pytest.mark.parametrize(("seconds", "cores"), [(10.0, 0.5), (0.0, 0.0)])
def test_a_generator_that_ended_at_once_kept_no_core_busy(seconds: float, cores: float) -> None:
    made = GeneratorUsage(seconds=seconds, cpu_seconds=5.0, memory_mib=60.04, connections=9)
    assert made.as_json() == {"cores": cores, "memory_mib": 60.0, "connections": 9}


def test_an_assignment_shows_no_key_and_no_certificate() -> None:
    text = repr(assignment())
    assert "PRIVATE KEY" not in text
    assert "certificate=" not in text.replace("visual_check_certificate=None", "")
    assert "private_key" not in text


def test_a_terminal_starts_without_a_token_whatever_the_coordinator_had() -> None:
    population = visitors()
    population.terminals[0].token = "of the coordinator"
    sent = Assignment.of(FUND, assignment().plan, population, ())
    assert b"of the coordinator" not in sent.to_line()
    received = Assignment.model_validate_json(sent.to_line()).visitors()
    assert [one.needs_token() for one in received.terminals] == [True] * 4
