"""Answers by the rules of version 2."""

from __future__ import annotations

from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.domain.eligibility import AnswerInputs
from eligibility_api.domain.version_2.eligibility import answer
from tests.unit.eligibility_api.domain.members import KEY


def full_answer(reading: AnswerInputs) -> EligibilityAnswer:
    """The answer of version 2, which must not be `unchanged`."""
    given = answer(reading, version_key=KEY)
    assert isinstance(given, EligibilityAnswer)
    return given
