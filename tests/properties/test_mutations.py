"""The comparison with the reference model detects every seeded mutation of the rules."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.depth import DEEP
from tests.properties.machine import Insurance
from tests.properties.mutations import MORE, SEEDED, Mutation, mutated

SEARCH = settings(
    max_examples=1_000,
    stateful_step_count=8,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("mutation", [*SEEDED, *MORE] if DEEP else SEEDED, ids=lambda mutation: mutation.name)
def test_a_mutation_of_the_rules_is_detected(mutation: Mutation) -> None:
    with mutated(mutation), pytest.raises(AssertionError):
        run_state_machine_as_test(Insurance, settings=SEARCH)
