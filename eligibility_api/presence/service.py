"""Presence: making challenges, and bringing a proof through the gate whatever source of revocation serves.

Used by every endpoint that takes a proof, so that the order of the checks is the same everywhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol, TypeVar

import structlog

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Purpose, Right
from eligibility_api.contract.eligibility import Proof
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.presence import ChallengeAnswer
from eligibility_api.domain import challenge as challenges
from eligibility_api.domain.challenge import NONCE_BYTES, Challenge
from eligibility_api.domain.revocation import CertificateStatus, RevocationDataRejected
from eligibility_api.jlis.client import Jlis
from eligibility_api.platform.clock import Clock
from eligibility_api.presence.statement import Evidence, Gate, Presented, Word
from eligibility_api.presence.verification import Verifier

RETRY_AFTER_SECONDS = 10
"""What a client is told to wait when neither source of revocation serves."""

RIGHTS_FOR = {
    Purpose.ELIGIBILITY: (Right.ELIGIBILITY,),
    Purpose.FIRST_REGISTRATION: (Right.REGISTRATION,),
    Purpose.VISUAL_CHECK: (Right.VISUAL_CHECK,),
    Purpose.CONSENT: (Right.CONSENT,),
    Purpose.VISUAL_CONSENT: (Right.CONSENT, Right.VISUAL_CHECK),
}
"""The rights that a terminal needs to ask for, and to spend, a challenge of each purpose."""

log = structlog.get_logger()


class HasGate(Protocol):
    """What an attempt gives back: at least what the gate saw."""

    @property
    def gate(self) -> Gate:
        """What the gate saw."""


Attempted = TypeVar("Attempted", bound=HasGate)


@dataclass(frozen=True, slots=True)
class Presence:
    """The tools by which proofs are held against the world: one per process."""

    verifier: Verifier
    jlis: Jlis
    clock: Clock
    challenge_life: timedelta
    revocation_fresh: timedelta

    def challenge(
        self, caller: Caller, purpose: Purpose, *, life: timedelta | None = None
    ) -> ChallengeAnswer:
        """A new challenge for one terminal and purpose. Nothing is stored. Raises `right-missing`.

        `life`: how long it can be spent; a presence's where it is None.
        """
        caller.need(*RIGHTS_FOR[purpose])
        expires_at = challenges.expiry(self.clock(), life or self.challenge_life)
        nonce = secrets.token_bytes(NONCE_BYTES)
        challenge = Challenge(purpose, expires_at, caller.institution(), caller.client_id, nonce)
        text = challenges.issue(challenge, audience=self.verifier.audience, keys=self.verifier.keys)
        return ChallengeAnswer(challenge=text, expires_at=expires_at)

    def present(
        self, caller: Caller, purpose: Purpose, proof: Proof, *, message: bytes | None = None
    ) -> Presented:
        """Check all of a proof that needs no database. Raises the first refusal.

        `message` is what the card must have signed; a presence's own bytes where it is None.
        """
        caller.need(*RIGHTS_FOR[purpose])
        verified = self.verifier.verify(
            proof,
            purpose=purpose,
            institution_code=caller.institution(),
            terminal=caller.client_id,
            now=self.clock(),
            message=message,
        )
        certificate = verified.certificate
        return Presented(
            verified.challenge, caller.client_id, RIGHTS_FOR[purpose], certificate.id, certificate.not_after
        )

    async def decide(
        self,
        presented: Presented,
        attempt: Callable[[Evidence], Awaitable[Attempted]],
        ask_jlis: Callable[[], Awaitable[Word]] | None = None,
    ) -> Attempted:
        """Try the statement; where something is missing ask its source, once each, and try again. A statement that never
        misses the holder needs no `ask_jlis`.

        Nothing is spent before all can be decided. Raises what keeps a proof from being spent, the sources' failures
        (`revocation-unavailable`, `register-unavailable`).
        """
        evidence = Evidence()
        while True:
            attempted = await attempt(evidence)
            _check_gate(attempted.gate)
            match attempted.gate.missing:
                case "standing":
                    evidence = replace(evidence, ocsp=await self._ask_ocsp(presented))
                case "holder":
                    assert ask_jlis is not None
                    # While J-LIS was asked a revocation may have come: the standing is looked at afresh.
                    evidence = Evidence(holder=await ask_jlis())
                case None:
                    return attempted

    async def _ask_ocsp(self, presented: Presented) -> CertificateStatus:
        """The second source, asked when the mirror is stale."""
        ca = self.verifier.authority(presented.certificate.authority)
        try:
            return await self.jlis.status(ca, presented.certificate.serial, self.revocation_fresh)
        except RevocationDataRejected as reason:
            log.warning("ocsp_not_believed", reason=str(reason))
            raise ShikakuError("revocation-unavailable", retry_after=RETRY_AFTER_SECONDS) from reason


def _check_gate(gate: Gate) -> None:
    if not gate.in_time:
        raise ShikakuError("challenge-expired")
    if not gate.admitted:
        raise ShikakuError("client-closed")
    if not gate.entitled:
        raise ShikakuError("right-missing")


def check_spent(gate: Gate) -> None:
    """Raises `challenge-used` for a proof that was spent before, or what the certificate's standing forbids."""
    if not gate.spent:
        raise ShikakuError("challenge-used")
    match gate.standing:
        case CertificateStatus.REVOKED:
            raise ShikakuError("certificate-revoked")
        case CertificateStatus.SUSPENDED:
            raise ShikakuError("certificate-suspended")
