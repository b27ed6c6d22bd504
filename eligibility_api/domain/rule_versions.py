"""The rule versions by which the fund can answer: an earlier answer is recomputed by the rules of its time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from eligibility_api.contract.codes import Validity
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.domain import eligibility
from eligibility_api.domain.eligibility import RULE_VERSION, AnswerInputs
from eligibility_api.domain.version_2 import eligibility as version_2


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one version: the validity, and the answer with the key of answer versions."""

    validity: Callable[[AnswerInputs], Validity]
    answer: Callable[[AnswerInputs, bytes], EligibilityAnswer | UnchangedAnswer]


RULES: Mapping[int, Rules] = {
    2: Rules(
        validity=lambda inputs: version_2.select(inputs).validity,
        answer=lambda inputs, key: version_2.answer(inputs, version_key=key),
    ),
    RULE_VERSION: Rules(
        validity=lambda inputs: eligibility.select(inputs).validity,
        answer=lambda inputs, key: eligibility.answer(inputs, version_key=key),
    ),
}
"""Every version by its number. Those of version 1 are not kept."""
