"""Nationwide figures from the ministry's tables (July 2024, October 2025) and the load model.

Estimates are marked as such; their uncertainty is the plan's too.
"""

from __future__ import annotations

from eligibility_api.contract.codes import FacilityKind
from loadtest import arrivals
from loadtest.arrivals import CHECKS_BY_KIND
from loadtest.planning.arithmetic import exact, number
from loadtest.scenario import levels

CHECKS_PER_MONTH = exact(274_600_000)
"""October 2025, batch rows included."""

BY_CARD_TODAY = exact(0.3714)
BY_CARD_2027 = exact(0.70)
"""Shares of all checks; that of 2027 is an estimate."""

BY_BATCH = exact(0.12)
"""The share of all checks made in batches by number on the evening before."""

MONTHS = exact(12, "months")
YEARS = exact(5, "years")

CHECKS_PER_MONDAY = exact(arrivals.CHECKS_PER_DAY)
PRESCRIPTION_SHARE = exact(levels.PRESCRIPTIONS)
"""The share of taps that a prescription or a dispensing follows (an estimate)."""

AT_PHARMACIES = number(CHECKS_BY_KIND[FacilityKind.PHARMACY] / sum(CHECKS_BY_KIND.values()))
"""The share of all checks made at pharmacies."""

SITES = exact(levels.SITES)
TERMINALS_PER_SITE = exact(1.5)
"""Between 1 and 1.5 (an estimate); a plan assumes the higher value."""

TOKEN_RENEWAL_LEAD = exact(30, "s")
"""The time before its token's expiry at which a terminal requests a new one, as the published client does."""

STORM_DURATION = exact(levels.STORM_SECONDS, "s")
"""The period within which every facility reconnects."""

NIGHT = exact(14_400, "s")
"""The period over which a night's batches are spread."""

ENROLMENT_ROWS = exact(160_000_000)
"""Enrolments of 124 M insured persons."""

NONCE_RETENTION = exact(4_500, "s")
"""The maximum retention of a used nonce: its partition's hour, ten minutes, and up to five until the
scheduler runs.
"""
