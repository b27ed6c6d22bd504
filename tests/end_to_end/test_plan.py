"""`loadtest plan` against the running house: every kind of request is measured, and the answers are right meanwhile.

How well the costs foretell is no matter of a machine that runs tests beside; that it is told is.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from loadtest.planning.demand import BATCH_ROW, DISPENSING, NUMBER, OF_A_CARD, PRESCRIPTION, TOKEN
from loadtest.rush.consents import SHARES
from tests.builders.house import Inhabited


@pytest.fixture(scope="module")
def plan(house: Inhabited) -> dict[str, Any]:
    """What a plan of one second a kind printed."""
    words = ["plan", "--seconds", "1", "--people", "300", "--cards", "60", "--terminals", "8", "--json"]
    program = "from loadtest.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *words],
        env=house.house.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode in (0, 1), done.stderr + done.stdout
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    assert told["passed"] is (done.returncode == 0)
    return told


def test_every_kind_was_measured_and_every_answer_was_right(plan: dict[str, Any]) -> None:
    looked = (look_up.value for look_up in SHARES)
    kinds = {TOKEN, *OF_A_CARD, NUMBER, *looked, PRESCRIPTION, DISPENSING, BATCH_ROW}
    assert plan["costs"].keys() == kinds
    assert all(plan["costs"][kind]["api_us"] > 0 for kind in OF_A_CARD)
    assert (plan["wrong_answers"], plan["compared_answers"] > 0) == (0, True)


def test_what_is_said_to_be_stored_is_what_the_requests_left(plan: dict[str, Any]) -> None:
    stored = {
        kind: {name for name in amounts if name.startswith("stored ")}
        for kind, amounts in plan["costs"].items()
    }
    assert "stored audit_record" in stored[NUMBER] & stored["card"] & stored["consent"] & stored[BATCH_ROW]
    assert {"stored permit", "stored consent_evidence"} <= stored["consent"]
    assert "stored prescription_entry" in stored[PRESCRIPTION] & stored[DISPENSING]
    assert "stored used_nonce" in stored[TOKEN] & stored["card"]
    assert "stored audit_record" not in stored["challenge"]


def test_bytes_on_the_wire_are_foretold_whatever_else_the_machine_does(plan: dict[str, Any]) -> None:
    # Few patients have many prescriptions each in the end, which their medicines then show.
    assert plan["second_point"]["network"]["error"] == pytest.approx(0, abs=0.15)
    assert plan["second_point"]["requests"].keys() >= {NUMBER, *OF_A_CARD}


def test_the_house_is_told_as_it_stands(plan: dict[str, Any]) -> None:
    house = plan["house"]
    assert (house["workers"], house["token_seconds"]) == (2, 300)
    assert house["worker_connections"] > house["pool_connections"] > 0
    assert house["max_connections"] > house["reserved_connections"] > 0
    assert min(house["worker_mib"], house["session_mib"], house["enrolment_bytes"]) > 0
