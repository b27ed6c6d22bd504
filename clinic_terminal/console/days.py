"""Days on the screens of a reception: ISO 8601, followed by the Japanese era."""

from __future__ import annotations

from datetime import date

from eligibility_api.contract.days import ERAS, in_era


def day_text(day: date) -> str:
    """A day as `1985-06-15（昭和60年6月15日）`."""
    iso = day.isoformat()
    return f"{iso}（{in_era(day)}）" if day >= ERAS[0].first else iso


def period_text(first: date | None, last: date | None) -> str:
    """From one day to another, either of which may be open."""
    return f"{day_text(first) if first else ''} ～ {day_text(last) if last else ''}".strip()
