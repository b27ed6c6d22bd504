"""Durations that callers and patients know beforehand, as the fund's rules have them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

MAX_IDENTIFICATION_AGE: Final = timedelta(hours=24)
"""How long ago a facility may have identified the patient of whom it records (W11) or asks (W17)."""

IDENTIFICATION_HOURS: Final = MAX_IDENTIFICATION_AGE // timedelta(hours=1)

MAX_DAYS_AHEAD: Final = 30
"""How many days ahead the appointment of a consent to an online consultation may be (W12)."""

CODE_LIFE: Final = timedelta(minutes=5)
"""How long a code of a person's own page can be opened (O1); the database makes the instant."""

CODE_MINUTES: Final = CODE_LIFE // timedelta(minutes=1)
