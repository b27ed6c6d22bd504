"""A card session that proves the holder's presence: PIN or visual check, challenges, proofs, first registration.

Shared by a tap and by the holder's access to her own information.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from clinic_terminal.card.errors import CardError
from clinic_terminal.card.jpki import JpkiApplication, PinNeededError
from clinic_terminal.outcome import LOST_ANSWER
from clinic_terminal.timings import Stopwatch
from clinic_terminal.visit.prompts import Prompts
from clinic_terminal.visit.terminal_authentication import terminal_certificate, terminal_signer
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.eligibility import Proof
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.registration import RegistrationRequest

_PIN_MAY_BE_ASKED_AGAIN = frozenset({"pin-wrong", "pin-malformed"})

ProofAnswer = TypeVar("ProofAnswer")


class CardSession:
    """A powered card and the fund. `operator`: who compared the face; None where the holder enters her PIN.

    `registered`: the first registration was made in this session.
    """

    def __init__(
        self,
        card: JpkiApplication,
        fund: FundClient,
        prompts: Prompts,
        watch: Stopwatch,
        *,
        operator: str | None = None,
    ) -> None:
        self._card = card
        self._fund = fund
        self._prompts = prompts
        self._watch = watch
        self._operator = operator
        self.registered = False

    def authenticate(self) -> None:
        """Select the application and let the card accept the PIN, or this terminal."""
        with self._watch.step("select"):
            self._card.select()
        if self._operator is None:
            self._authenticate_by_pin()
        else:
            self._authenticate_terminal()

    def with_registration(self, ask: Callable[[], ProofAnswer]) -> ProofAnswer:
        """The answer of `ask`; if the card needs its first registration and the patient agrees, once more after it."""
        try:
            return ask()
        except ShikakuError as error:
            if error.code != "first-registration-needed" or not self._may_register():
                raise
        self._register()
        return ask()

    def send_proof(self, purpose: Purpose, send: Callable[[Proof], ProofAnswer]) -> ProofAnswer:
        """Prove presence and send the proof; a lost answer is retried once, with a new challenge."""
        proof = self._prove(purpose)
        try:
            return self._send(proof, send)
        except ShikakuError as error:
            if error.code not in LOST_ANSWER:
                raise
        return self._send(self._prove(purpose), send)

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

    def _may_register(self) -> bool:
        """Whether the patient agrees, after the PIN or a visual check."""
        with self._watch.step("agreement", waiting=True):
            return self._prompts.agrees_to_registration()

    def _register(self) -> None:
        operator = self._operator
        self.send_proof(
            Purpose.FIRST_REGISTRATION if operator is None else Purpose.VISUAL_REGISTRATION,
            lambda proof: self._fund.register(
                RegistrationRequest(**dict(proof), agreed=True, operator=operator)
            ),
        )
        self.registered = True

    def _send(self, proof: Proof, send: Callable[[Proof], ProofAnswer]) -> ProofAnswer:
        with self._watch.step("answer"):
            return send(proof)

    def _prove(self, purpose: Purpose) -> Proof:
        with self._watch.step("challenge"):
            challenge = self._fund.challenge(purpose).challenge
        message = self._fund.credential.to_be_signed(purpose, challenge)
        with self._watch.step("sign"):
            if self._operator is not None:
                signature = self._card.sign_without_pin(message)
            else:
                signature = self._card.sign_for_authentication(message)
        return Proof(challenge=challenge, certificate=self._card.read_certificate(), signature=signature)
