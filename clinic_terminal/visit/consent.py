"""Consent (閲覧同意) in the same card session as a tap.

Its text is shown, agreed to, signed by the card and registered. The terminal builds text and bytes itself,
from a statement that matches its request and names its own facility: it never signs bytes that it received.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from clinic_terminal.card.jpki import JpkiApplication
from clinic_terminal.outcome import LOST_ANSWER, GivenUpError
from clinic_terminal.timings import Stopwatch
from clinic_terminal.visit.prompts import Prompts
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Category
from eligibility_api.contract.consent import (
    ConsentAnswer,
    ConsentCare,
    ConsentChallengeAnswer,
    ConsentChallengeRequest,
    ConsentRequest,
    ConsentStatement,
    to_be_signed,
    words,
)
from eligibility_api.contract.consent_versions import Language, until_of
from eligibility_api.contract.errors import ShikakuError


@dataclass(frozen=True, slots=True)
class ConsentProposal:
    """What the patient is asked to consent to, and the language of the text.

    `day`: of the appointment for an online consultation, if it is not this one.
    """

    categories: tuple[Category, ...]
    care: ConsentCare
    language: Language = Language.JA
    day: date | None = None


@dataclass(frozen=True, slots=True)
class ConsentOutcome:
    """A registered consent, or a `problem`, or neither: the patient did not agree."""

    answer: ConsentAnswer | None = None
    problem: ShikakuError | None = None


@dataclass(frozen=True, slots=True)
class ConsentSession:
    """One consent in a card session.

    The card is ready to sign: the PIN is verified, or the terminal is authenticated for a visual check by
    `operator`. `presence_record`: of the eligibility answer that the consent follows.
    """

    card: JpkiApplication
    fund: FundClient
    prompts: Prompts
    proposal: ConsentProposal
    presence_record: str
    operator: str | None
    watch: Stopwatch

    def run(self) -> ConsentOutcome:
        """Ask, sign, register.

        Expected errors are returned as the problem; giving up at the question is no consent.
        """
        try:
            return self._agree_and_register()
        except ShikakuError as error:
            return ConsentOutcome(problem=error)
        except (GivenUpError, KeyboardInterrupt):
            return ConsentOutcome()

    def _agree_and_register(self) -> ConsentOutcome:
        """Ask for agreement, and register the text that was agreed to.

        After agreement to a part, the text of that part is shown: the signed text is always the shown one.
        """
        categories = self.proposal.categories
        while categories:
            given = self._challenge(categories)
            with self.watch.step("consent-text", waiting=True):
                agreed = self.prompts.agrees_to(
                    words(given.statement), categories, given.statement.institution_name
                )
            if agreed == categories:
                return ConsentOutcome(self._register(given))
            categories = agreed
        return ConsentOutcome()

    def _register(self, given: ConsentChallengeAnswer) -> ConsentAnswer:
        """Sign and send; a lost answer is retried once, with a new challenge for the same text."""
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
        """A challenge for these categories.

        Raises `consent-words-differ` where the statement differs from the request.
        """
        request = ConsentChallengeRequest(
            presence_record=self._record,
            categories=categories,
            care=self.proposal.care,
            language=self.proposal.language,
            day=self.proposal.day,
            visual_check=self.operator is not None,
        )
        with self.watch.step("consent-challenge"):
            given = self.fund.consent_challenge(request)
        if not self._matches(given.statement, request):
            raise ShikakuError("consent-words-differ")
        return given

    def _matches(self, statement: ConsentStatement, request: ConsentChallengeRequest) -> bool:
        given = (
            statement.institution_code,
            statement.categories,
            statement.care,
            statement.language,
            statement.day,
        )
        requested = (
            self.fund.credential.institution_code,
            request.categories,
            request.care,
            request.language,
            request.day,
        )
        return given == requested and statement.until is until_of(
            statement.version, request.care, request.day
        )

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
