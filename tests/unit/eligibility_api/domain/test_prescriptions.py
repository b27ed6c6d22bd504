"""Days that a prescription or dispensing may name."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from eligibility_api.domain.provisional import valid_entry_days

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("prescribed", "dispensed", "fit"),
    [
        (0, None, True),
        (-100, None, True),
        (-101, None, False),
        (1, None, False),
        (0, 0, True),
        (-4, 0, True),
        (0, 1, False),
        (-3, -4, False),
        (-101, 0, False),
        (-100, -100, True),
    ],
)
def test_neither_ahead_nor_too_far_back_nor_before_it_was_prescribed(
    prescribed: int, dispensed: int | None, fit: bool
) -> None:
    last = TODAY + timedelta(days=dispensed) if dispensed is not None else None
    assert valid_entry_days(TODAY, TODAY + timedelta(days=prescribed), last) is fit
