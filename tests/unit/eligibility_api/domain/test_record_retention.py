"""How long audit records are kept (rule T10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from eligibility_api.audit_log.kinds import RetentionClass
from eligibility_api.domain.record_retention import YEARS, may_be_dropped


@pytest.mark.parametrize(
    ("retention_class", "recorded_at", "first_day"),
    [
        ("eligibility", datetime(2026, 11, 1, tzinfo=UTC), datetime(2036, 12, 1, tzinfo=UTC)),
        ("eligibility", datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC)),
        ("medical", datetime(2026, 11, 30, tzinfo=UTC), datetime(2031, 12, 1, tzinfo=UTC)),
    ],
)
def test_a_record_is_kept_for_its_years_from_the_end_of_its_month(
    retention_class: str, recorded_at: datetime, first_day: datetime
) -> None:
    assert not may_be_dropped(retention_class, recorded_at, first_day - timedelta(seconds=1))
    assert may_be_dropped(retention_class, recorded_at, first_day)


def test_every_class_has_its_years() -> None:
    assert set(YEARS) == {*RetentionClass}


def test_a_class_without_years_is_never_dropped() -> None:
    assert not may_be_dropped("other", datetime(2000, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC))
