"""Which days a prescription or dispensing that is told at once may name."""

from __future__ import annotations

from datetime import date

from eligibility_api.domain.provisional import SHOWN


def days_fit(today: date, prescribed_on: date, dispensed_on: date | None = None) -> bool:
    """Whether nothing lies in the future, or so far back that it would not show, and none was dispensed unprescribed."""
    last = dispensed_on or prescribed_on
    return today - SHOWN <= prescribed_on <= last <= today
