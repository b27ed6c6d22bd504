"""How a question to the fund ended, whatever it was asked with."""

from __future__ import annotations

from dataclasses import dataclass

from clinic_terminal.timings import Timings
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import ShikakuError

LOST_ANSWER = frozenset({"fund-unreachable", "challenge-used"})
"""The request may have arrived though its answer did not: worth one more proof, with a new challenge."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An `answer`, or a `problem`, or neither: given up by the people at the desk."""

    timings: Timings
    answer: EligibilityAnswer | None = None
    problem: ShikakuError | None = None


class GivenUpError(Exception):
    """Whoever was asked something at the desk gives up."""
