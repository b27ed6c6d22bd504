"""Presence: making challenges, and bringing a proof through the gate whatever source of revocation serves.

Used by every endpoint that takes a proof, so that the order of the checks is the same everywhere.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

import structlog

from eligibility_api.contract.codes import Purpose, Right
from eligibility_api.contract.eligibility import Proof
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.presence import ChallengeAnswer
from eligibility_api.domain import challenge as challenges
from eligibility_api.domain.challenge import NONCE_BYTES, Challenge
from eligibility_api.domain.revocation import CertificateStatus, NotBelieved
from eligibility_api.facilities.caller import Caller
from eligibility_api.platform.clock import Clock
from eligibility_api.presence.jlis import Jlis
from eligibility_api.presence.statement import Gate, Presented
from eligibility_api.presence.verification import Verifier

RETRY_AFTER_SECONDS = 10
"""What a client is told to wait when neither source of revocation serves."""

RIGHT_FOR = {
    Purpose.ELIGIBILITY: Right.ELIGIBILITY,
    Purpose.FIRST_REGISTRATION: Right.REGISTRATION,
    Purpose.VISUAL_CHECK: Right.VISUAL_CHECK,
}
"""The right that a terminal needs to ask for, and to spend, a challenge of each purpose."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Presence:
    """The tools by which proofs are held against the world: one per process."""

    verifier: Verifier
    jlis: Jlis
    clock: Clock
    challenge_life: timedelta
    revocation_fresh: timedelta

    def challenge(self, caller: Caller, purpose: Purpose) -> ChallengeAnswer:
        """A new challenge for one terminal and purpose. Nothing is stored. Raises `right-missing`."""
        caller.need(RIGHT_FOR[purpose])
        expires_at = challenges.expiry(self.clock(), self.challenge_life)
        nonce = secrets.token_bytes(NONCE_BYTES)
        challenge = Challenge(purpose, expires_at, caller.institution(), caller.client_id, nonce)
        text = challenges.mint(challenge, audience=self.verifier.audience, keys=self.verifier.keys)
        return ChallengeAnswer(challenge=text, expires_at=expires_at)

    def present(self, caller: Caller, purpose: Purpose, proof: Proof) -> Presented:
        """Check all of a proof that needs no database. Raises the first refusal."""
        caller.need(RIGHT_FOR[purpose])
        verified = self.verifier.verify(
            proof,
            purpose=purpose,
            institution_code=caller.institution(),
            terminal=caller.client_id,
            now=self.clock(),
        )
        return Presented(verified.challenge, caller.client_id, RIGHT_FOR[purpose], verified.certificate.id)

    async def ask_ocsp(self, presented: Presented) -> CertificateStatus:
        """The second source, asked when the mirror is stale. Raises `revocation-unavailable`."""
        ca = self.verifier.authority(presented.certificate.authority)
        try:
            return await self.jlis.status(ca, presented.certificate.serial)
        except NotBelieved as reason:
            log.warning("ocsp_not_believed", reason=str(reason))
            raise ShikakuError("revocation-unavailable", retry_after=RETRY_AFTER_SECONDS) from reason


def check_gate(gate: Gate) -> None:
    """Raises what keeps a proof from being spent, but for an unknown standing, which has a second source."""
    if not gate.in_time:
        raise ShikakuError("challenge-expired")
    if not gate.admitted:
        raise ShikakuError("client-closed")
    if not gate.entitled:
        raise ShikakuError("right-missing")


def check_standing(gate: Gate) -> None:
    """Raises `challenge-used` for a proof that was spent before, or what the certificate's standing forbids."""
    if not gate.spent:
        raise ShikakuError("challenge-used")
    match gate.standing:
        case CertificateStatus.REVOKED:
            raise ShikakuError("certificate-revoked")
        case CertificateStatus.SUSPENDED:
            raise ShikakuError("certificate-suspended")
