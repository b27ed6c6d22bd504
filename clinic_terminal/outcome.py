"""How a question to the fund ended, whatever it was asked with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from clinic_terminal.timings import Timings
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import ShikakuError

Told = TypeVar("Told", bound=BaseModel)

LOST_ANSWER = frozenset({"fund-unreachable", "challenge-used"})
"""The request may have arrived though its answer did not: worth one more proof, with a new challenge."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An `answer`, or a `problem`, or neither: given up by the people at the desk."""

    timings: Timings
    answer: EligibilityAnswer | None = None
    problem: ShikakuError | None = None


@dataclass(frozen=True, slots=True)
class Reply(Generic[Told]):
    """What the fund said to one call: an `answer` or a `problem`."""

    answer: Told | None = None
    problem: ShikakuError | None = None

    @classmethod
    def to(cls, call: Callable[[], Told]) -> Reply[Told]:
        """Make the call. Expected errors come back as the problem."""
        try:
            return cls(call())
        except ShikakuError as error:
            return cls(problem=error)


class GivenUpError(Exception):
    """Whoever was asked something at the desk gives up."""
