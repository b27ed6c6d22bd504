"""Results of requests to the fund, shared by taps and queries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from clinic_terminal.timings import Timings
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import ShikakuError

Answer = TypeVar("Answer", bound=BaseModel)

LOST_ANSWER = frozenset({"fund-unreachable", "challenge-used"})
"""The request may have arrived although its answer did not: retried once, with a new challenge."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An `answer`, or a `problem`, or neither: a person gave up."""

    timings: Timings
    answer: EligibilityAnswer | None = None
    problem: ShikakuError | None = None


@dataclass(frozen=True, slots=True)
class Reply(Generic[Answer]):
    """The fund's reply to one call: an `answer` or a `problem`."""

    answer: Answer | None = None
    problem: ShikakuError | None = None

    @classmethod
    def to(cls, call: Callable[[], Answer]) -> Reply[Answer]:
        """Make the call. Expected errors are returned as the problem."""
        try:
            return cls(call())
        except ShikakuError as error:
            return cls(problem=error)


class GivenUpError(Exception):
    """A person gave up at a question."""
