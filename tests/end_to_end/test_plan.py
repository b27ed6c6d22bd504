"""`loadtest plan` against a running stack: every kind of request is measured, and the answers are right meanwhile.

The accuracy of the prediction is reported but not asserted, since the machine runs other tests at the same time.
"""

from __future__ import annotations

from typing import Any

import pytest

from loadtest.planning.demand import BATCH_ROW, CARD_CHECK, DISPENSING, NUMBER, PRESCRIPTION, TOKEN
from loadtest.scenario.consents import SHARES
from tests.builders.load_laboratory import NATION, run_loadtest
from tests.builders.stack import PopulatedStack
from tests.depth import at_night

pytestmark = at_night(
    "tests/unit/loadtest/planning plans, and a run compares the answers in test_load_run.py"
)


@pytest.fixture(scope="module")
def plan(stack: PopulatedStack) -> dict[str, Any]:
    """A plan that measures each kind of request for one second."""
    code, printed = run_loadtest(
        stack.environment,
        *("plan", "--seconds", "1", "--people", str(NATION), "--cards", "60", "--terminals", "8"),
        exit_codes=(0, 1),
    )
    assert printed["passed"] is (code == 0)
    return printed


def test_every_kind_was_measured_and_every_answer_was_right(plan: dict[str, Any]) -> None:
    histories = (resource.value for resource in SHARES)
    kinds = {TOKEN, *CARD_CHECK, NUMBER, *histories, PRESCRIPTION, DISPENSING, BATCH_ROW}
    assert plan["costs"].keys() == kinds
    assert all(plan["costs"][kind]["api_us"] > 0 for kind in CARD_CHECK)
    assert (plan["wrong_answers"], plan["compared_answers"] > 0) == (0, True)


def test_the_stored_rows_are_those_that_the_requests_left(plan: dict[str, Any]) -> None:
    stored = {
        kind: {name for name in amounts if name.startswith("stored ")}
        for kind, amounts in plan["costs"].items()
    }
    assert "stored audit_record" in stored[NUMBER] & stored["card"] & stored["consent"] & stored[BATCH_ROW]
    assert {"stored permit", "stored consent_evidence"} <= stored["consent"]
    assert "stored prescription_entry" in stored[PRESCRIPTION] & stored[DISPENSING]
    assert "stored used_nonce" in stored[TOKEN] & stored["card"]
    assert "stored audit_record" not in stored["challenge"]


def test_network_bytes_are_predicted_even_on_a_busy_machine(plan: dict[str, Any]) -> None:
    # Few patients get many prescriptions each, which then appear in their medicines.
    assert plan["validation"]["network"]["error"] == pytest.approx(0, abs=0.15)
    assert plan["validation"]["requests"].keys() >= {NUMBER, *CARD_CHECK}


def test_the_deployment_is_reported_as_it_is(plan: dict[str, Any]) -> None:
    deployment = plan["deployment"]
    assert (deployment["workers"], deployment["token_seconds"]) == (2, 300)
    assert deployment["worker_connections"] > deployment["pool_connections"] > 0
    assert deployment["max_connections"] > deployment["reserved_connections"] > 0
    assert min(deployment["worker_mib"], deployment["session_mib"], deployment["enrolment_bytes"]) > 0
