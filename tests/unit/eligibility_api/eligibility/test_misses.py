"""Streaks of misses are logged at 10, and then at each doubling."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.eligibility.misses import LookUpQuota, log_streak, seconds_to_next_hour

CALLER = Caller(UUID(int=1), "1311111114", None, frozenset())
NOW = datetime(2026, 11, 23, 10, 59, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("streak", "missed", "lines"),
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
def test_a_streak_is_logged_for_each_of_10_20_40_that_it_has_just_reached(
    streak: int | None, missed: int, lines: int
) -> None:
    with capture_logs() as log:
        log_streak(CALLER, streak, missed)
    assert len(log) == lines


@pytest.mark.parametrize(
    ("quota", "code"),
    [
        (LookUpQuota(admitted=False, entitled=False, within_limit=True, streak=None), "client-closed"),
        (LookUpQuota(admitted=True, entitled=False, within_limit=True, streak=None), "right-missing"),
        (LookUpQuota(admitted=True, entitled=True, within_limit=False, streak=None), "number-miss-limit"),
    ],
)
def test_a_look_up_without_quota_is_refused_with_the_reason(quota: LookUpQuota, code: str) -> None:
    with pytest.raises(ShikakuError) as refused:
        quota.check(NOW)
    assert refused.value.code == code
    assert refused.value.retry_after == (30 if code == "number-miss-limit" else None)


@pytest.mark.parametrize(("minute", "second", "left"), [(0, 0, 3600), (59, 59, 1), (30, 0, 1800)])
def test_an_hourly_count_starts_anew_with_the_hour(minute: int, second: int, left: int) -> None:
    assert seconds_to_next_hour(NOW.replace(minute=minute, second=second)) == left
