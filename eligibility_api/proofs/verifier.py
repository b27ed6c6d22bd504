"""Verifies the parts of a proof that need no database: challenge, certificate, signature.

Path and profile of a certificate never change for the same bytes, so they are cached, up to a limit; validity
period and signature are checked at every use.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cryptography import x509

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.eligibility import Proof
from eligibility_api.contract.presence import to_be_signed
from eligibility_api.domain import challenge as challenges
from eligibility_api.domain.certificate import (
    TrustStore,
    UserCertificate,
    accept,
    check_signature,
    check_size,
)
from eligibility_api.domain.challenge import Challenge, MacKeys
from eligibility_api.domain.expiry import check_purpose

_MAX_CACHED_CERTIFICATES = 10_000


@dataclass(frozen=True, slots=True)
class ProofContents:
    """The challenge and the certificate of a proof that was verified without the database."""

    challenge: Challenge
    certificate: UserCertificate


class Verifier:
    """Verifies proofs for one audience, with its MAC keys and trust store."""

    def __init__(self, audience: str, keys: MacKeys, trust: TrustStore) -> None:
        self.audience = audience
        self.keys = keys
        self.trust = trust
        self._accepted: OrderedDict[bytes, UserCertificate] = OrderedDict()

    def use_trust(self, trust: TrustStore) -> None:
        """Trust other authorities from now on: certificates that were accepted before are judged anew."""
        self.trust = trust
        self._accepted.clear()

    def verify(
        self,
        proof: Proof,
        *,
        purpose: Purpose,
        institution_code: str,
        terminal: UUID,
        now: datetime,
        message: bytes | None = None,
    ) -> ProofContents:
        """Verify a proof. Raises the first refusal.

        The order is: challenge, certificate (path, profile, period), signature. `message` is what the card
        must have signed; by default the bytes of a presence.
        """
        challenge = challenges.verify(proof.challenge, audience=self.audience, keys=self.keys)
        challenges.check(
            challenge, purpose=purpose, institution_code=institution_code, terminal=terminal, now=now
        )
        certificate = self.certificate(proof.certificate)
        check_purpose(certificate, purpose, now)
        if message is None:
            message = to_be_signed(
                purpose,
                audience=self.audience,
                institution_code=institution_code,
                terminal_id=str(terminal),
                challenge=proof.challenge,
            )
        check_signature(certificate.key, proof.signature, message)
        return ProofContents(challenge, certificate)

    def purpose(self, challenge: str) -> Purpose:
        """The purpose of a challenge. Raises `challenge-altered` or `challenge-other-purpose`."""
        return challenges.verify(challenge, audience=self.audience, keys=self.keys).purpose

    def certificate(self, der: bytes) -> UserCertificate:
        """Validate a certificate's path and profile, or take the cached result for the same bytes."""
        check_size(der)
        digest = hashlib.sha256(der).digest()
        certificate = self._accepted.get(digest)
        if certificate is None:
            certificate = self._accepted[digest] = accept(der, self.trust)
            if len(self._accepted) > _MAX_CACHED_CERTIFICATES:
                self._accepted.popitem(last=False)
        return certificate

    def authority(self, key: bytes) -> x509.Certificate:
        """The trusted authority with this key's digest."""
        return self.trust.authentication[key]
