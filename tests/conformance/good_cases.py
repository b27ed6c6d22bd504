"""Proofs that must be accepted: every kind of key, authority, challenge key and purpose, and the limits of the rules."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509

from eligibility_api.contract.codes import Purpose
from eligibility_api.domain.certificate import MAX_CERTIFICATE_BYTES
from eligibility_api.domain.challenge import MacKeys
from jpki_mock.authority.values import Period
from tests.conformance.cases import Case
from tests.conformance.path_cases import GRACE_ENDS, in_grace
from tests.conformance.proof_builder import AT, FORMER_KEY_ID, LIFE, Attempt, Card, ProofBuilder, rsa_key

_FILLER = x509.ObjectIdentifier("2.25.1")


def filled(w: ProofBuilder, size: int) -> Card:
    """A valid certificate of exactly `size` bytes, padded by an unknown non-critical extension."""
    key = rsa_key()

    def issued(filler: int) -> Card:
        extension = x509.UnrecognizedExtension(_FILLER, bytes(filler))
        return w.issued(key, extra=((extension, False),))

    about = size - 2048
    return issued(about + size - len(issued(about).certificate))


def _for(purpose: Purpose) -> Case:
    def make(w: ProofBuilder) -> Attempt:
        return w.present(challenge=w.issued_challenge(purpose=purpose), purpose=purpose)

    return Case(f"for-{purpose.value}", f"The challenge and the signature are for {purpose.value}.", make)


def _at_an_end(name: str, end: str, start: datetime, stop: datetime) -> Case:
    def make(w: ProofBuilder) -> Attempt:
        return w.present(w.issued(w.card.key, period=Period(start, stop)))

    return Case(name, f"Presented in the very second of the certificate's {end}.", make)


def _under_former_key(w: ProofBuilder) -> Attempt:
    former = MacKeys(FORMER_KEY_ID, w.mac_keys.keys)
    return w.present(challenge=w.issued_challenge(keys=former))


CASES = (
    Case("rsa-2048", "Today's card, by the first authority.", lambda w: w.present()),
    Case(
        "rsa-4096",
        "The largest RSA key that is accepted.",
        lambda w: w.present(w.issued(rsa_key(4096))),
    ),
    Case("p-384", "A card of the next generation: P-384.", lambda w: w.present(w.p384_card)),
    Case(
        "second-generation",
        "By the authority's second generation: same name and serial number, another key.",
        lambda w: w.present(w.issued(w.card.key, w.second_authority)),
    ),
    _at_an_end("first-second", "first instant", AT, AT + timedelta(days=1000)),
    _at_an_end("last-second", "last instant", AT - timedelta(days=1000), AT),
    Case(
        "last-second-of-the-grace-period",
        "Presented in the last second of the third month after the month of the certificate's expiry.",
        lambda w: w.present(in_grace(w), at=GRACE_ENDS - timedelta(seconds=1)),
    ),
    Case(
        "last-millisecond-of-the-challenge",
        "Presented one millisecond before the challenge's expiry.",
        lambda w: w.present(at=AT + LIFE - timedelta(milliseconds=1)),
    ),
    Case(
        "former-challenge-key",
        "The challenge was made under the former key, which is still accepted.",
        _under_former_key,
    ),
    Case(
        "largest-certificate",
        f"The certificate has exactly {MAX_CERTIFICATE_BYTES} bytes.",
        lambda w: w.present(filled(w, MAX_CERTIFICATE_BYTES)),
    ),
    Case(
        "unknown-extension-not-critical",
        "The certificate carries an extension that nobody knows, not critical.",
        lambda w: w.present(
            w.issued(w.card.key, extra=((x509.UnrecognizedExtension(_FILLER, b"?"), False),))
        ),
    ),
    _for(Purpose.FIRST_REGISTRATION),
    _for(Purpose.VISUAL_REGISTRATION),
    _for(Purpose.VISUAL_CHECK),
)
