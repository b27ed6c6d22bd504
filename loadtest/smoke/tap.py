"""One tap of a card in session, and the judgement of its answer. Knows neither Locust nor how time is taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Purpose, Validity
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.contract.errors import ShikakuError
from loadtest.smoke.card_sessions import CardSession


class WrongAnswerError(Exception):
    """The fund answered, and not what it had to: `unchanged-unasked`, `validity-wrong`, `record-id-repeated`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Judge:
    """Knows what must be answered, and what has been. One for all users of a run."""

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


def tap(card: CardSession, fund: FundClient, judge: Judge) -> str | None:
    """Challenge, signature, check. None when the answer was right, else the code of the failure, counted."""
    try:
        challenge = fund.challenge(Purpose.ELIGIBILITY).challenge
        judge.check(card.name, fund.check_card(card.prove(fund.credential, challenge)))
    except (ShikakuError, WrongAnswerError) as error:
        judge.failures[error.code] += 1
        return error.code
    return None
