"""One tap of a card (資格確認): from a powered card to the fund's answer, the card unpowered in any case.

The card signs after the PIN, or after a visual check (目視確認) by an operator whose name is recorded. On request
a consent follows in the same card session (`consent.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from clinic_terminal.card.channel import CardConnection
from clinic_terminal.card.errors import CardError
from clinic_terminal.card.jpki import JpkiApplication, PinNeededError
from clinic_terminal.outcome import LOST_ANSWER, GivenUpError, Outcome
from clinic_terminal.timings import MeteredConnection, Stopwatch
from clinic_terminal.visit.consent import ConsentOutcome, ConsentProposal, ConsentSession
from clinic_terminal.visit.prompts import Prompts
from clinic_terminal.visit.terminal_authentication import terminal_certificate, terminal_signer
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.eligibility import (
    CardCheckRequest,
    EligibilityAnswer,
    Proof,
    UnchangedAnswer,
    VisualCheckRequest,
)
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.registration import RegistrationRequest

_PIN_MAY_BE_ASKED_AGAIN = frozenset({"pin-wrong", "pin-malformed"})

ProofAnswer = TypeVar("ProofAnswer")


@dataclass(frozen=True, slots=True)
class TapRequest:
    """Options of a tap.

    The day (today when None), the operator of a visual check, and the consent that the patient is asked for,
    if any.
    """

    as_of: date | None = None
    operator: str | None = None
    consent: ConsentProposal | None = None


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


class _TapSession:
    """The steps of one tap, each called once, in the order of `run`."""

    def __init__(
        self, card: JpkiApplication, fund: FundClient, prompts: Prompts, request: TapRequest, watch: Stopwatch
    ) -> None:
        self._card = card
        self._fund = fund
        self._prompts = prompts
        self._request = request
        self._watch = watch
        self.answer: EligibilityAnswer | None = None
        self.registered = False
        self.consent: ConsentOutcome | None = None

    def run(self) -> None:
        with self._watch.step("select"):
            self._card.select()
        if self._request.operator is None:
            self._authenticate_by_pin()
        else:
            self._authenticate_terminal()
        self.answer = self._check_with_registration()
        if self._request.consent is not None:
            self._request_consent(self._request.consent, self.answer)

    def _request_consent(self, proposal: ConsentProposal, answer: EligibilityAnswer) -> None:
        """Ask for the consent; not with an expired certificate, with which the fund registers none."""
        if answer.certificate_renewal is not None and answer.certificate_renewal.status == "grace":
            self.consent = ConsentOutcome(problem=ShikakuError("consent-certificate-expired"))
            return
        operator = self._request.operator
        session = ConsentSession(
            self._card, self._fund, self._prompts, proposal, answer.record_id, operator, self._watch
        )
        self.consent = session.run()
        if self.consent.answer is not None:
            self.answer = self.consent.answer.eligibility

    def _check_with_registration(self) -> EligibilityAnswer:
        try:
            return self._check()
        except ShikakuError as error:
            if error.code != "first-registration-needed" or not self._may_register():
                raise
        self._register()
        return self._check()

    def _authenticate_by_pin(self) -> None:
        try:
            self._read_certificate()
        except PinNeededError:
            self._verify_pin()
            self._read_certificate()
        else:
            self._verify_pin()

    def _authenticate_terminal(self) -> None:
        credential = self._fund.credential
        certificate = terminal_certificate(credential)
        try:
            self._read_certificate()
        except PinNeededError as error:
            raise CardError("visual-check-unsupported", status_word=error.status_word) from error
        with self._watch.step("terminal-proof"):
            self._card.authenticate_terminal(certificate, terminal_signer(credential))

    def _read_certificate(self) -> None:
        with self._watch.step("certificate"):
            self._card.read_certificate()

    def _verify_pin(self) -> None:
        """Ask until the card accepts or the prompts give up: only a person starts another try."""
        earlier: CardError | None = None
        while True:
            with self._watch.step("tries-left"):
                tries_left = self._card.tries_left()
            if tries_left == 0:
                raise CardError("pin-locked", tries_left=0)
            with self._watch.step("pin-entry", waiting=True):
                pin = self._prompts.pin(tries_left, earlier)
            try:
                with self._watch.step("verify"):
                    return self._card.verify_pin(pin)
            except CardError as error:
                if error.code not in _PIN_MAY_BE_ASKED_AGAIN:
                    raise
                earlier = error

    def _check(self) -> EligibilityAnswer:
        visual = self._request.operator is not None
        purpose = Purpose.VISUAL_CHECK if visual else Purpose.ELIGIBILITY
        answer = self._send_proof(purpose, lambda proof: self._fund.check_card(self._check_request(proof)))
        if isinstance(answer, UnchangedAnswer):  # only a request with a known version may get it
            raise ShikakuError("fund-unreadable")
        return answer

    def _check_request(self, proof: Proof) -> CardCheckRequest:
        as_of, operator = self._request.as_of, self._request.operator
        if operator is None:
            return CardCheckRequest(**dict(proof), as_of=as_of)
        return VisualCheckRequest(**dict(proof), as_of=as_of, operator=operator)

    def _may_register(self) -> bool:
        """Whether the patient agrees, after the PIN or a visual check."""
        with self._watch.step("agreement", waiting=True):
            return self._prompts.agrees_to_registration()

    def _register(self) -> None:
        operator = self._request.operator
        self._send_proof(
            Purpose.FIRST_REGISTRATION if operator is None else Purpose.VISUAL_REGISTRATION,
            lambda proof: self._fund.register(
                RegistrationRequest(**dict(proof), agreed=True, operator=operator)
            ),
        )
        self.registered = True

    def _send_proof(self, purpose: Purpose, send: Callable[[Proof], ProofAnswer]) -> ProofAnswer:
        """Prove presence and send the proof; a lost answer is retried once, with a new challenge."""
        proof = self._prove(purpose)
        try:
            return self._send(proof, send)
        except ShikakuError as error:
            if error.code not in LOST_ANSWER:
                raise
        return self._send(self._prove(purpose), send)

    def _send(self, proof: Proof, send: Callable[[Proof], ProofAnswer]) -> ProofAnswer:
        with self._watch.step("answer"):
            return send(proof)

    def _prove(self, purpose: Purpose) -> Proof:
        with self._watch.step("challenge"):
            challenge = self._fund.challenge(purpose).challenge
        message = self._fund.credential.to_be_signed(purpose, challenge)
        with self._watch.step("sign"):
            if self._request.operator is not None:
                signature = self._card.sign_without_pin(message)
            else:
                signature = self._card.sign_for_authentication(message)
        return Proof(challenge=challenge, certificate=self._card.read_certificate(), signature=signature)
