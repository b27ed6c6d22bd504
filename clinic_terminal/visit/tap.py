"""One tap of a card (資格確認): from a powered card to the fund's answer, the card unpowered in any case.

The card signs after the PIN, or after a visual check (目視確認) by an operator whose name is recorded. On request
a consent follows in the same card session (`consent.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from clinic_terminal.card.channel import CardConnection
from clinic_terminal.card.jpki import JpkiApplication
from clinic_terminal.outcome import GivenUpError, Outcome
from clinic_terminal.timings import MeteredConnection, Stopwatch
from clinic_terminal.visit.card_session import CardSession
from clinic_terminal.visit.consent import ConsentOutcome, ConsentProposal, ConsentSession
from clinic_terminal.visit.prompts import Prompts
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.consent_versions import Language
from eligibility_api.contract.eligibility import (
    CardCheckRequest,
    EligibilityAnswer,
    Proof,
    UnchangedAnswer,
    VisualCheckRequest,
)
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.trace_context import one_trace


@dataclass(frozen=True, slots=True)
class TapRequest:
    """Options of a tap.

    The day (today when None), the operator of a visual check, and the consent that the patient is asked for,
    if any. `language`: of its text, chosen when it is asked for; default: that of `consent`.
    """

    as_of: date | None = None
    operator: str | None = None
    consent: ConsentProposal | None = None
    language: Callable[[], Language] | None = None


@dataclass(frozen=True, slots=True)
class TapOutcome(Outcome):
    """The outcome of a tap.

    `tries_left` is the PIN's counter as far as known; `registered`: the first registration was made during
    the tap; `consent` is None where none was requested. After a registered consent the answer is the one that
    came with it, completed by what it allows; otherwise the answer of the check stays.
    """

    tries_left: int | None = None
    registered: bool = False
    consent: ConsentOutcome | None = None


def tap(
    connection: CardConnection, fund: FundClient, prompts: Prompts, request: TapRequest, watch: Stopwatch
) -> TapOutcome:
    """Check the card's holder and close `connection`.

    Expected errors are returned as the outcome's problem; giving up at a question, or by Ctrl-C at any step,
    is an outcome too.
    """
    metered = MeteredConnection(connection, watch)
    card = JpkiApplication(metered)
    session = _TapSession(card, fund, prompts, request, watch)
    problem = None
    try:
        with one_trace():
            session.run()
    except ShikakuError as error:
        problem = error
    except (GivenUpError, KeyboardInterrupt):
        pass  # neither answer nor problem
    finally:
        with watch.step("close"):
            metered.close()
    return TapOutcome(
        watch.timings(), session.answer, problem, card.known_tries_left, session.registered, session.consent
    )


class _TapSession(CardSession):
    """The steps of one tap, each called once, in the order of `run`."""

    def __init__(
        self, card: JpkiApplication, fund: FundClient, prompts: Prompts, request: TapRequest, watch: Stopwatch
    ) -> None:
        super().__init__(card, fund, prompts, watch, operator=request.operator)
        self._request = request
        self.answer: EligibilityAnswer | None = None
        self.consent: ConsentOutcome | None = None

    def run(self) -> None:
        """Authenticate the patient, check the card, and request the consent, if one is proposed."""
        self.authenticate()
        self.answer = self.with_registration(self._check)
        if self._request.consent is not None:
            self._request_consent(self._request.consent, self.answer)

    def _request_consent(self, proposal: ConsentProposal, answer: EligibilityAnswer) -> None:
        """Ask for the consent; not with an expired certificate, with which the fund registers none."""
        if answer.certificate_renewal is not None and answer.certificate_renewal.status == "grace":
            self.consent = ConsentOutcome(problem=ShikakuError("consent-certificate-expired"))
            return
        operator, language = self._request.operator, self._request.language
        if language is not None:
            proposal = replace(proposal, language=language())
        session = ConsentSession(
            self._card, self._fund, self._prompts, proposal, answer.record_id, operator, self._watch
        )
        self.consent = session.run()
        if self.consent.answer is not None:
            self.answer = self.consent.answer.eligibility

    def _check(self) -> EligibilityAnswer:
        visual = self._request.operator is not None
        purpose = Purpose.VISUAL_CHECK if visual else Purpose.ELIGIBILITY
        answer = self.send_proof(purpose, lambda proof: self._fund.check_card(self._check_request(proof)))
        if isinstance(answer, UnchangedAnswer):  # only a request with a known version may get it
            raise ShikakuError("fund-unreadable")
        return answer

    def _check_request(self, proof: Proof) -> CardCheckRequest:
        as_of, operator = self._request.as_of, self._request.operator
        if operator is None:
            return CardCheckRequest(**dict(proof), as_of=as_of)
        return VisualCheckRequest(**dict(proof), as_of=as_of, operator=operator)
