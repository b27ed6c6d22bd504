"""One tap of a card session, and the check of its answer.

Independent of Locust and of how time is measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Purpose, Validity
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.contract.errors import ShikakuError
from loadtest.smoke.card_sessions import CardSession


class WrongAnswerError(Exception):
    """The fund's answer is wrong: `unchanged-unasked`, `validity-wrong` or `record-id-repeated`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TapChecker:
    """Compares answers with the expected ones, and counts them. All users of a run share one."""

    def __init__(self, expected: Mapping[str, Validity]) -> None:
        """`expected`: the validity by card name."""
        self._expected = expected
        self._record_ids: set[str] = set()
        self.right: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()

    def check(self, card: str, answer: EligibilityAnswer | UnchangedAnswer) -> None:
        """Count a right answer for `card`. Raises WrongAnswerError."""
        repeated = answer.record_id in self._record_ids
        self._record_ids.add(answer.record_id)
        if answer.unchanged:
            raise WrongAnswerError("unchanged-unasked")
        if answer.validity is not self._expected[card]:
            raise WrongAnswerError("validity-wrong")
        if repeated:
            raise WrongAnswerError("record-id-repeated")
        self.right[card] += 1


def tap(card: CardSession, fund: FundClient, checker: TapChecker) -> str | None:
    """Make one tap: challenge, signature, check.

    Returns the code of the failure, which is counted; None if the answer was right.
    """
    try:
        challenge = fund.challenge(Purpose.ELIGIBILITY).challenge
        checker.check(card.name, fund.check_card(card.prove(fund.credential, challenge)))
    except (ShikakuError, WrongAnswerError) as error:
        checker.failures[error.code] += 1
        return error.code
    return None
