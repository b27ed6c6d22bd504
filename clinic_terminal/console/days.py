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


def age_on(birth_date: date, day: date) -> int:
    """Full years on a day: one more from the birthday on; for 29 February, from 1 March of other years."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
