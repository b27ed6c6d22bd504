"""Runs of misses are told when they begin to look like trying out, and then ever more rarely."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.eligibility.misses import Turn, seconds_to_the_next_hour, tell_run

CALLER = Caller(UUID(int=1), "1311111114", None, frozenset())
NOW = datetime(2026, 11, 23, 10, 59, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("run", "missed", "told"),
    [
        (None, 1, 0),
        (9, 1, 0),
        (10, 1, 1),
        (11, 1, 0),
        (20, 1, 1),
        (40, 1, 1),
        (50, 1, 0),
        (12, 5, 1),
        (45, 40, 3),
        (200, 200, 5),
    ],
)
def test_a_run_is_told_for_each_of_10_20_40_that_it_has_just_reached(
    run: int | None, missed: int, told: int
) -> None:
    with capture_logs() as journal:
        tell_run(CALLER, run, missed)
    assert len(journal) == told


@pytest.mark.parametrize(
    ("turn", "code"),
    [
        (Turn(admitted=False, entitled=False, within_limit=True, run=None), "client-closed"),
        (Turn(admitted=True, entitled=False, within_limit=True, run=None), "right-missing"),
        (Turn(admitted=True, entitled=True, within_limit=False, run=None), "number-miss-limit"),
    ],
)
def test_who_has_no_turn_is_told_why(turn: Turn, code: str) -> None:
    with pytest.raises(ShikakuError) as refused:
        turn.check(NOW)
    assert refused.value.code == code
    assert refused.value.retry_after == (30 if code == "number-miss-limit" else None)


@pytest.mark.parametrize(("minute", "second", "left"), [(0, 0, 3600), (59, 59, 1), (30, 0, 1800)])
def test_an_hourly_count_begins_anew_with_the_hour(minute: int, second: int, left: int) -> None:
    assert seconds_to_the_next_hour(NOW.replace(minute=minute, second=second)) == left
