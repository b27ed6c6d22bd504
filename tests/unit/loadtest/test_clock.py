"""The day in Tokyo, on which the fund answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from loadtest import clock


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC), date(2026, 3, 31)),
        (datetime(2026, 3, 31, 15, 0, tzinfo=UTC), date(2026, 4, 1)),
        (datetime(2026, 12, 31, 15, 0, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2028, 2, 28, 15, 0, tzinfo=UTC), date(2028, 2, 29)),
    ],
)
def test_a_day_begins_in_tokyo_at_three_in_the_afternoon_of_utc(
    monkeypatch: pytest.MonkeyPatch, instant: datetime, day: date
) -> None:
    monkeypatch.setattr(clock, "now", lambda: instant)
    assert clock.today_in_japan() == day


def test_the_current_time_is_aware() -> None:
    assert clock.now().utcoffset() == timedelta(0)
