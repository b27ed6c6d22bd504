"""Consent (閲覧同意) in the same card session as a tap: the words shown, agreed to, signed by the card, registered.

The terminal builds words and bytes itself, from a statement that says what it asked for and names its own facility: it
never signs what was handed to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from clinic_terminal.card.jpki import JpkiApplication
from clinic_terminal.outcome import LOST_ANSWER, GivenUpError
from clinic_terminal.timings import Stopwatch
from clinic_terminal.visit.prompts import Prompts
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Category
from eligibility_api.contract.consent import (
    UNTIL,
    ConsentAnswer,
    ConsentCare,
    ConsentChallengeAnswer,
    ConsentChallengeRequest,
    ConsentRequest,
    ConsentStatement,
    Language,
    to_be_signed,
    words,
)
from eligibility_api.contract.errors import ShikakuError


@dataclass(frozen=True, slots=True)
class ConsentWish:
    """What the desk would like the patient to consent to, and the language in which she reads it."""

    categories: tuple[Category, ...]
    care: ConsentCare
    language: Language = Language.JA


@dataclass(frozen=True, slots=True)
class ConsentOutcome:
    """A consent as it was registered, or a `problem`, or neither: the patient did not agree."""

    answer: ConsentAnswer | None = None
    problem: ShikakuError | None = None


@dataclass(frozen=True, slots=True)
class ConsentVisit:
    """One consent: the card ready to sign (PIN given, or terminal proved for a visual check by `operator`), and the
    record of the eligibility answer that the consent follows.
    """

    card: JpkiApplication
    fund: FundClient
    ask: Prompts
    wish: ConsentWish
    presence_record: str
    operator: str | None
    watch: Stopwatch

    def run(self) -> ConsentOutcome:
        """Ask, sign, register. Expected errors come back as the problem; giving up at the question is no consent."""
        try:
            return self._agreed_and_registered()
        except ShikakuError as error:
            return ConsentOutcome(problem=error)
        except (GivenUpError, KeyboardInterrupt):
            return ConsentOutcome()

    def _agreed_and_registered(self) -> ConsentOutcome:
        """Whoever agrees to a part is shown the words of that part: what was shown is what is signed."""
        wanted = self.wish.categories
        while wanted:
            given = self._challenge(wanted)
            with self.watch.step("consent-words", waiting=True):
                agreed = self.ask.agrees_to(words(given.statement), wanted)
            if agreed == wanted:
                return ConsentOutcome(self._registered(given))
            wanted = agreed
        return ConsentOutcome()

    def _registered(self, given: ConsentChallengeAnswer) -> ConsentAnswer:
        """Sign and send; a lost answer is asked again once, with a new challenge for the same words."""
        try:
            return self._send(given)
        except ShikakuError as error:
            if error.code not in LOST_ANSWER:
                raise
        again = self._challenge(given.statement.categories)
        if again.statement != given.statement:
            raise ShikakuError("consent-words-differ")
        return self._send(again)

    def _challenge(self, categories: tuple[Category, ...]) -> ConsentChallengeAnswer:
        """A challenge for these categories. Raises `consent-words-differ` where the statement says anything else."""
        asked = ConsentChallengeRequest(
            presence_record=self._record,
            categories=categories,
            care=self.wish.care,
            language=self.wish.language,
            visual_check=self.operator is not None,
        )
        with self.watch.step("consent-challenge"):
            given = self.fund.consent_challenge(asked)
        if not self._is_what_was_asked(given.statement, asked):
            raise ShikakuError("consent-words-differ")
        return given

    def _is_what_was_asked(self, statement: ConsentStatement, asked: ConsentChallengeRequest) -> bool:
        said = statement.institution_code, statement.categories, statement.care, statement.language
        own = self.fund.credential.institution_code, asked.categories, asked.care, asked.language
        return said == own and statement.until is UNTIL[asked.care]

    def _send(self, given: ConsentChallengeAnswer) -> ConsentAnswer:
        message = self._message(given)
        with self.watch.step("consent-sign"):
            if self.operator is None:
                signature = self.card.sign_for_authentication(message)
            else:
                signature = self.card.sign_without_pin(message)
        request = ConsentRequest(
            challenge=given.challenge,
            certificate=self.card.read_certificate(),
            signature=signature,
            presence_record=self._record,
            statement=given.statement,
            operator=self.operator,
        )
        with self.watch.step("consent"):
            return self.fund.consent(request)

    def _message(self, given: ConsentChallengeAnswer) -> bytes:
        credential = self.fund.credential
        return to_be_signed(
            given.statement,
            visual_check=self.operator is not None,
            audience=credential.audience,
            terminal_id=credential.client_id,
            challenge=given.challenge,
            presence_record=self._record,
        )

    @property
    def _record(self) -> UUID:
        try:
            return UUID(self.presence_record)
        except ValueError as error:
            raise ShikakuError("fund-unreadable") from error
