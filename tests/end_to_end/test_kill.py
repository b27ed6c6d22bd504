"""Killed in the middle of taps, the fund has a record for every answer that anybody received."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from eligibility_api.contract.errors import ErrorKind, ShikakuError
from tests.builders.stack import PopulatedStack
from tests.depth import DEEP

TAPPERS = 4
CRASH_POINTS = [1, 7, 40, 150, 600] if DEEP else [40]
"""Answers received before the kill."""


@pytest.mark.parametrize("answers", CRASH_POINTS)
def test_every_answer_received_has_its_record_and_the_database_comes_back(
    killed_stack: PopulatedStack, answers: int
) -> None:
    received = _tap_until_killed(killed_stack, answers)

    killed_stack.restart_fund()
    records = _recomputed(killed_stack)
    with killed_stack.terminal() as terminal:
        again = terminal.tap()

    assert len(received) >= answers
    assert set(received) <= set(records)
    assert {key: records[key] for key in received} == received
    assert again.validity.value == "1"


def _tap_until_killed(stack: PopulatedStack, answers: int) -> dict[str, dict[str, object]]:
    """Taps by several terminals at once until the fund and its database are killed; what they were answered."""
    received: dict[str, dict[str, object]] = {}
    enough = threading.Event()

    def tap_until_the_line_breaks() -> None:
        with stack.terminal() as terminal:
            while True:
                try:
                    answer = terminal.tap()
                except ShikakuError as error:
                    if error.entry.kind is ErrorKind.TECHNICAL:
                        return
                    raise
                received[answer.record_id] = answer.model_dump(mode="json")
                if len(received) >= answers:
                    enough.set()

    with ThreadPoolExecutor(TAPPERS) as pool:
        tappers = [pool.submit(tap_until_the_line_breaks) for _ in range(TAPPERS)]
        assert enough.wait(60)
        stack.kill_fund()
        for tapper in tappers:
            tapper.result(60)
    return received


def _recomputed(stack: PopulatedStack) -> dict[str, dict[str, object]]:
    lines = stack.run("eligibility-api", "audit", "recompute").stdout.splitlines()
    return {answer["record_id"]: answer for answer in map(json.loads, lines)}
