"""Issues challenges, and checks proofs with whichever source of revocation data is available.

Used by every endpoint that takes a proof, so that the order of the checks is the same everywhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Protocol, TypeVar

import structlog

from eligibility_api.audit_log.refusal_minutes import Source
from eligibility_api.audit_log.refusals import PROOF
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Purpose, Right
from eligibility_api.contract.eligibility import Proof
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.presence import ChallengeAnswer
from eligibility_api.domain import challenge as challenges
from eligibility_api.domain.challenge import NONCE_BYTES, Challenge
from eligibility_api.domain.revocation import CertificateStatus, RevocationDataRejected
from eligibility_api.presence.query import Evidence, HolderAnswer, ProofCheck, VerifiedProof
from eligibility_api.state import State

RETRY_AFTER_SECONDS = 10
"""`Retry-After` if neither source of revocation data is available."""

REFUSALS = {
    CertificateStatus.REVOKED: "certificate-revoked",
    CertificateStatus.SUSPENDED: "certificate-suspended",
}
"""The refusal for each status other than good. A status without one is an error, never an acceptance."""

RIGHTS_FOR = {
    Purpose.ELIGIBILITY: (Right.ELIGIBILITY,),
    Purpose.FIRST_REGISTRATION: (Right.REGISTRATION,),
    Purpose.VISUAL_REGISTRATION: (Right.REGISTRATION, Right.VISUAL_CHECK),
    Purpose.VISUAL_CHECK: (Right.VISUAL_CHECK,),
    Purpose.CONSENT: (Right.CONSENT,),
    Purpose.VISUAL_CONSENT: (Right.CONSENT, Right.VISUAL_CHECK),
    Purpose.OWN_ACCESS: (Right.OWN_ACCESS,),
}
"""The rights that a terminal needs to request and to spend a challenge of each purpose."""

log = structlog.get_logger()


class HasProofCheck(Protocol):
    """The result of an attempt to use a proof: at least its proof check."""

    @property
    def proof_check(self) -> ProofCheck:
        """The row of the proof check."""


Attempted = TypeVar("Attempted", bound=HasProofCheck)


def issue_challenge(
    state: State, caller: Caller, purpose: Purpose, *, life: timedelta | None = None
) -> ChallengeAnswer:
    """Issue a challenge for one terminal and purpose. Nothing is stored. Raises `right-missing`.

    `life` is how long it is valid; by default that of a challenge for presence.
    """
    caller.require(*RIGHTS_FOR[purpose])
    expires_at = challenges.expiry(state.clock(), life or state.settings.challenge_life)
    nonce = secrets.token_bytes(NONCE_BYTES)
    challenge = Challenge(purpose, expires_at, caller.institution(), caller.client_id, nonce)
    text = challenges.issue(challenge, audience=state.verifier.audience, keys=state.verifier.keys)
    return ChallengeAnswer(challenge=text, expires_at=expires_at)


def verify_proof(
    state: State, caller: Caller, purpose: Purpose, proof: Proof, *, message: bytes | None = None
) -> VerifiedProof:
    """Verify everything about a proof that needs no database. Raises the first refusal.

    `message` is what the card must have signed; by default the bytes of a presence.
    """
    try:
        caller.require(*RIGHTS_FOR[purpose])
        verified = state.verifier.verify(
            proof,
            purpose=purpose,
            institution_code=caller.institution(),
            terminal=caller.client_id,
            now=state.clock(),
            message=message,
        )
    except ShikakuError as refusal:
        state.refusals.add(PROOF, refusal, _source(caller), purpose)
        raise
    certificate = verified.certificate
    return VerifiedProof(
        verified.challenge, caller.client_id, RIGHTS_FOR[purpose], certificate.id, certificate.not_after
    )


def purpose_of(state: State, caller: Caller, challenge: str) -> Purpose:
    """The purpose of a proof's challenge. Raises `challenge-altered` or `challenge-other-purpose`."""
    with state.refusals.watching(PROOF, _source(caller)):
        return state.verifier.purpose(challenge)


def kept(state: State, proof: VerifiedProof, refusal: ShikakuError) -> ShikakuError:
    """Keep a refusal of a proof of which no statement wrote a record, because nothing was used; returns it."""
    challenge = proof.challenge
    source = Source(client_id=challenge.terminal, institution_code=challenge.institution_code)
    state.refusals.add(PROOF, refusal, source, challenge.purpose)
    return refusal


def _source(caller: Caller) -> Source:
    return Source(caller.client_id, caller.institution_code, caller.insurer_number)


async def decide(
    state: State,
    proof: VerifiedProof,
    attempt: Callable[[Evidence], Awaitable[Attempted]],
    ask_jlis: Callable[[], Awaitable[HolderAnswer]] | None = None,
) -> Attempted:
    """Run the statement; if it lacks evidence, query the source, once each, and run it again.

    `ask_jlis` is needed only by statements that may lack the holder. Nothing is spent until everything can be
    decided. Raises the reason why a proof cannot be spent, and the sources' failures
    (`revocation-unavailable`, `register-unavailable`).
    """
    evidence = Evidence()
    while True:
        attempted = await attempt(evidence)
        refusal = _refusal(attempted.proof_check)
        if refusal is not None:
            raise kept(state, proof, refusal)
        match attempted.proof_check.missing:
            case "revocation_status":
                evidence = replace(evidence, ocsp=await _ask_ocsp(state, proof))
            case "holder":
                assert ask_jlis is not None
                # A revocation may have arrived while J-LIS was queried: the status is evaluated again.
                evidence = Evidence(holder=await ask_jlis())
            case None:
                return attempted


async def _ask_ocsp(state: State, proof: VerifiedProof) -> CertificateStatus:
    """The certificate's status by OCSP: the second source, used when the mirror is stale."""
    ca = state.verifier.authority(proof.certificate.authority)
    max_age, ended_at = state.settings.revocation_max_age, proof.ended_at(state.clock())
    try:
        return await state.jlis.status(ca, proof.certificate.serial, max_age, ended_at)
    except RevocationDataRejected as reason:
        log.warning("ocsp_response_rejected", reason=str(reason))
        raise ShikakuError("revocation-unavailable", retry_after=RETRY_AFTER_SECONDS) from reason


def _refusal(proof_check: ProofCheck) -> ShikakuError | None:
    """Why a proof cannot be spent, whatever evidence there is; None if it can."""
    if not proof_check.in_time:
        return ShikakuError("challenge-expired")
    if not proof_check.admitted:
        return ShikakuError("client-closed")
    return None if proof_check.entitled else ShikakuError("right-missing")


def check_spent(state: State, proof: VerifiedProof, proof_check: ProofCheck) -> None:
    """Raise `challenge-used` for a proof spent earlier, `certificate-revoked` or `certificate-suspended`."""
    if not proof_check.spent:
        raise kept(state, proof, ShikakuError("challenge-used"))
    if proof_check.revocation_status is not CertificateStatus.GOOD:
        assert proof_check.revocation_status is not None
        raise ShikakuError(REFUSALS[proof_check.revocation_status])
