"""Links of enrolments to persons in every state, and answers of the resident register."""

from __future__ import annotations

from eligibility_api.contract.enrolment import Difference, FoldingKind, Mismatch, RegisterMatch, SpelledItem
from eligibility_api.enrolment.linking import UNLINKED, Link, RegisterAnswer

HER, ANOTHER = b"her", b"another"
ONE, NONE, AMBIGUOUS, OTHER = (
    RegisterMatch.ONE,
    RegisterMatch.NONE,
    RegisterMatch.AMBIGUOUS,
    RegisterMatch.OTHER,
)

LINKED = Link(HER, ONE, Mismatch.NONE)
LOST = Link(HER, NONE, Mismatch.OPEN)
UNKNOWN = Link(None, AMBIGUOUS, Mismatch.OPEN)
PARTED = Link(None, OTHER, Mismatch.OPEN)
CONTESTED = Link(None, RegisterMatch.CONTESTED, Mismatch.OPEN)

VARIANT = RegisterMatch.VARIANT
NAME = Difference(item=SpelledItem.NAME, kind=FoldingKind.CHARACTER)
KANA = Difference(item=SpelledItem.NAME_KANA, kind=FoldingKind.KANA)
PROPOSED = Link(None, VARIANT, Mismatch.OPEN, HER, (NAME,))
ACCEPTED = Link(HER, VARIANT, Mismatch.CONFIRMED, differences=(NAME,))
FOUND_AGAIN = Link(HER, VARIANT, Mismatch.OPEN, differences=(NAME,))
REJECTED = Link(None, OTHER, Mismatch.OPEN)
UNSEEN = Link(None, NONE, Mismatch.CONFIRMED)
SPELLED = RegisterAnswer(VARIANT, HER, (NAME,))
SPELLED_OTHER = RegisterAnswer(VARIANT, ANOTHER, (NAME,))
OUTCOMES = [
    SPELLED,
    SPELLED_OTHER,
    RegisterAnswer(ONE, HER),
    RegisterAnswer(ONE, ANOTHER),
    RegisterAnswer(NONE, None),
    RegisterAnswer(AMBIGUOUS, None),
]

STATES = [
    UNLINKED,
    LINKED,
    LOST,
    UNKNOWN,
    PARTED,
    CONTESTED,
    PROPOSED,
    ACCEPTED,
    REJECTED,
    UNSEEN,
    FOUND_AGAIN,
]
"""Links in every state."""
