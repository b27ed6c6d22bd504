"""The nation in figures: the ministry's tables (July 2024, October 2025) and the load model's arithmetic on them.

Estimates are named so; what of them is uncertain is uncertain in the plan too.
"""

from __future__ import annotations

from eligibility_api.contract.codes import FacilityKind
from loadtest.dataset.terminals import CHECKS_BY_KIND
from loadtest.planning.arithmetic import Figure, number
from loadtest.scenario import arrivals, levels

CHECKS_A_MONTH = number(274_600_000, digits=None)
"""October 2025, batch rows among them."""

BY_CARD_TODAY = number(0.3714, digits=None)
BY_CARD_2027 = number(0.70, digits=None)
"""Of all checks; that of 2027 is an estimate."""

BY_BATCH = number(0.12, digits=None)
"""Of all checks, asked by number the evening before."""

MONTHS = number(12, "months", digits=None)
YEARS = number(5, "years", digits=None)

CHECKS_A_MONDAY = number(arrivals.CHECKS_PER_DAY, digits=None)
TOLD_OF = number(levels.PRESCRIPTIONS, digits=None)
"""Of the taps, which share a prescription or a dispensing follows (an estimate)."""

AT_PHARMACIES = number(CHECKS_BY_KIND[FacilityKind.PHARMACY] / sum(CHECKS_BY_KIND.values()))
"""Of all checks."""

SITES = number(levels.SITES, digits=None)
TERMINALS_A_SITE = number(1.5, digits=None)
"""Between 1 and 1.5 (an estimate); a plan takes the more."""

RENEWED_BEFORE = number(30, "s", digits=None)
"""So long before its token's end a terminal takes a new one, as the published client does."""

STORM = number(levels.STORM_SECONDS, "s", digits=None)
NIGHT = number(14_400, "s", digits=None)
"""Within which every facility reconnects; over which a night's batches are spread."""

ENROLMENT_ROWS = number(160_000_000, digits=None)
"""Of 124 M insured persons."""

SPENT_FOR = number(4_500, "s", digits=None)
"""How long a spent challenge is kept at most: its partition's hour, ten minutes after it, and five until the keeper comes."""


def known(value: float, unit: str = "") -> Figure:
    """A given number, as it is."""
    return number(value, unit, digits=None)
