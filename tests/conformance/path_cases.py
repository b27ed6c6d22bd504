"""Proofs whose certificate was not issued as it is by a trusted authority, or not for this day (rules A2, A4).

Each is signed with the certificate's key: without a check of path and period it would be accepted.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from jpki_mock.authority.profiles import AUTHORITY_USAGE, build_leaf, signature_leaf
from jpki_mock.authority.values import Holder, Period
from tests.conformance import der
from tests.conformance.cases import Case, Make
from tests.conformance.forgery import (
    ALGORITHM,
    ISSUER,
    PUBLIC_KEY,
    SERIAL,
    SUBJECT,
    VALIDITY,
    Edit,
    Fields,
    assembled,
    edited,
    replaced,
    spki,
    tampered,
)
from tests.conformance.proof_builder import AT, Attempt, Card, Issuer, ProofBuilder, rsa_key

_HOLDER = Holder(
    name="試験　見本", address="架空県見本市１番地", birth_date=AT.date().replace(year=1990), sex="2"
)
_SECOND, _LONG = timedelta(seconds=1), timedelta(days=1000)


def _unknown(name: str, difference: str, make: Make) -> Case:
    return Case(f"certificate-{name}", difference, make, "certificate-other-authority", "rsa-2048")


def _tampered(field: str, edit: Edit) -> Case:
    def make(w: ProofBuilder) -> Attempt:
        return w.present(tampered(w.card, edit))

    return _unknown(f"{field}-tampered", f"The certificate's {field} was changed after it was signed.", make)


def _itself(issuer: Issuer) -> Card:
    return Card(issuer.key, issuer.certificate.public_bytes(Encoding.DER))


def _self_signed(w: ProofBuilder) -> Attempt:
    key = w.card.key
    assert isinstance(key, type(w.authority.key))
    return w.present(w.issued(key, Issuer(w.authority.id, w.authority.certificate, key)))


def _self_named(w: ProofBuilder) -> Attempt:
    def edit(fields: Fields) -> None:
        fields[ISSUER] = fields[SUBJECT]

    key = w.card.key
    assert isinstance(key, type(w.authority.key))
    return w.present(edited(w.card, Issuer(w.authority.id, w.authority.certificate, key), edit))


def _signature_certificate(w: ProofBuilder) -> Attempt:
    by, key = w.signature_authority, rsa_key()
    leaf = signature_leaf(by.id, key.public_key(), w.pattern.serial, w.pattern.period, _HOLDER)
    return w.present(Card(key, build_leaf(leaf, by.certificate, by.key).public_bytes(Encoding.DER)))


def _by_an_intermediate(w: ProofBuilder) -> Attempt:
    key = rsa_key()
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    leaf = w.leaf(
        key,
        subject=w.authority.certificate.subject,
        key_usage=AUTHORITY_USAGE,
        policy=None,
        extra=((constraints, True),),
    )
    certificate = build_leaf(leaf, w.authority.certificate, w.authority.key)
    return w.present(w.issued(w.card.key, Issuer(w.authority.id, certificate, key)))


def _by_another_card(w: ProofBuilder) -> Attempt:
    key = w.other_card.key
    assert isinstance(key, type(w.authority.key))
    certificate = x509.load_der_x509_certificate(w.other_card.certificate)
    return w.present(w.issued(w.card.key, Issuer(w.authority.id, certificate, key)))


def _hashed_with(digest: hashes.HashAlgorithm, algorithm: bytes) -> Make:
    def make(w: ProofBuilder) -> Attempt:
        edit = replaced(ALGORITHM, algorithm)
        return w.present(edited(w.card, w.authority, edit, digest=digest, outer=algorithm))

    return make


def _key_exchanged(w: ProofBuilder) -> Attempt:
    key = rsa_key()
    return w.present(Card(key, tampered(w.card, replaced(PUBLIC_KEY, spki(key))).certificate))


def _prolonged(w: ProofBuilder) -> Attempt:
    expired = w.issued(w.card.key, period=Period(AT - _LONG, AT - _SECOND))
    validity = der.parts(der.parts(w.card.certificate)[0])[VALIDITY]
    return w.present(tampered(expired, replaced(VALIDITY, validity)))


def _signature_of_another(w: ProofBuilder) -> Attempt:
    tbs, algorithm, _ = der.parts(w.card.certificate)
    signature = der.parts(w.other_card.certificate)[2]
    return w.present(Card(w.card.key, der.element(der.SEQUENCE, tbs, algorithm, signature)))


def _signature_of_zeros(w: ProofBuilder) -> Attempt:
    tbs, algorithm, _ = der.parts(w.card.certificate)
    return w.present(Card(w.card.key, assembled(tbs, algorithm, bytes(256))))


EXPIRED_AT = datetime(2025, 12, 31, 14, 59, 59, tzinfo=UTC)
"""The end of a day in Japan, of the fourth month before `AT`."""

GRACE_ENDS = datetime(2026, 3, 31, 15, tzinfo=UTC)
"""The end of the last day of the third month after that, ten hours before `AT`."""


def in_grace(w: ProofBuilder) -> Card:
    """A card whose certificate ended at `EXPIRED_AT`."""
    return w.issued(w.card.key, period=Period(EXPIRED_AT - _LONG, EXPIRED_AT))


def _period(name: str, difference: str, expected: str, start: datetime, end: datetime) -> Case:
    def make(w: ProofBuilder) -> Attempt:
        return w.present(w.issued(w.card.key, period=Period(start, end)))

    return Case(f"certificate-{name}", difference, make, expected, "rsa-2048")


PATHS = (
    _unknown(
        "by-another-authority",
        "By an authority of another name, which is not trusted.",
        lambda w: w.present(w.issued(w.card.key, w.terminal_authority)),
    ),
    _unknown(
        "by-an-untrusted-generation",
        "By a generation of the authority that is not trusted: same name, same serial number.",
        lambda w: w.present(w.issued(w.card.key, w.untrusted_authority)),
    ),
    _unknown("self-signed", "Signed with its own key, under the authority's name.", _self_signed),
    _unknown("self-signed-and-self-named", "Signed with its own key, under its own name.", _self_named),
    Case(
        "certificate-for-signatures",
        "The card's signature certificate, by the authority of signatures.",
        _signature_certificate,
        "certificate-wrong-kind",
        "rsa-2048",
    ),
    Case(
        "certificate-by-the-authority-of-signatures",
        "A certificate for user authentication in all but that the authority of signatures made it.",
        lambda w: w.present(w.issued(w.card.key, w.signature_authority)),
        "certificate-wrong-kind",
        "rsa-2048",
    ),
    Case(
        "certificate-of-the-authority-itself",
        "The trusted authority's own certificate, and its own signature.",
        lambda w: w.present(_itself(w.authority)),
        "certificate-key-usage",
        "rsa-2048",
    ),
    _unknown(
        "of-an-untrusted-authority-itself",
        "The certificate and signature of a generation that is not trusted.",
        lambda w: w.present(_itself(w.untrusted_authority)),
    ),
    _unknown(
        "by-an-intermediate-authority",
        "By an authority that the trusted one certified: the chain has one step, there are no intermediates.",
        _by_an_intermediate,
    ),
    _unknown("by-another-card", "Signed with the key of another good card.", _by_another_card),
    _unknown(
        "under-another-issuer-name",
        "Signed by the trusted authority, but naming the authority of terminals as its issuer.",
        lambda w: w.present(
            edited(
                w.card,
                w.authority,
                replaced(ISSUER, w.terminal_authority.certificate.subject.public_bytes()),
            )
        ),
    ),
    _unknown(
        "signed-with-sha-1",
        "Signed by the trusted authority with SHA-1.",
        _hashed_with(hashes.SHA1(), der.RSA_SHA1),
    ),
    _unknown(
        "signed-with-md5",
        "Signed by the trusted authority with MD5.",
        _hashed_with(hashes.MD5(), der.RSA_MD5),
    ),
    _unknown(
        "with-two-algorithms",
        "Signed with SHA-1 as its outside says, and says SHA-256 inside.",
        lambda w: w.present(
            edited(w.card, w.authority, lambda _: None, digest=hashes.SHA1(), outer=der.RSA_SHA1)
        ),
    ),
    _unknown(
        "with-the-signature-of-another", "Under another certificate's signature.", _signature_of_another
    ),
    _unknown("with-a-signature-of-zeros", "The authority's signature is all zeros.", _signature_of_zeros),
    _tampered("serial number", replaced(SERIAL, der.integer(0x51A6A7))),
    _tampered("subject", replaced(SUBJECT, der.element(der.SEQUENCE))),
    _unknown("key-tampered", "The key was exchanged after the certificate was signed.", _key_exchanged),
    _unknown("period-tampered", "The end of an expired certificate was put off.", _prolonged),
)

PERIODS = (
    Case(
        "certificate-grace-ended-a-second-ago",
        "Presented in the first second after the grace period.",
        lambda w: w.present(in_grace(w), at=GRACE_ENDS),
        "certificate-expired",
        "last-second-of-the-grace-period",
    ),
    _period(
        "expired-in-the-fourth-month-before",
        "The certificate ended on the last day of the fourth month before.",
        "certificate-expired",
        AT - _LONG,
        EXPIRED_AT,
    ),
    _period(
        "expired-a-year-ago",
        "The certificate ended a year before.",
        "certificate-expired",
        AT - _LONG,
        AT - timedelta(days=365),
    ),
    _period(
        "not-valid-for-another-second",
        "The certificate begins one second later.",
        "certificate-not-yet-valid",
        AT + _SECOND,
        AT + _LONG,
    ),
    _period(
        "not-valid-for-another-year",
        "The certificate begins a year later.",
        "certificate-not-yet-valid",
        AT + timedelta(days=365),
        AT + _LONG,
    ),
)

CASES = (*PATHS, *PERIODS)
