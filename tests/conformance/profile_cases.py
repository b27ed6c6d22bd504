"""Proofs whose certificate, issued by a trusted authority, is not for user authentication (rule A3): policy, key usage,
and critical extensions.
"""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from eligibility_api.domain.certificate import POLICY
from jpki_mock.authority.names import SIGNATURE_POLICY, alternative_authority_name
from jpki_mock.authority.profiles import AUTHENTICATION_USAGE
from tests.conformance.cases import Case
from tests.conformance.forgery import edited, extension, with_extension
from tests.conformance.proof_builder import Attempt, ProofBuilder

_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign",
)  # fmt: skip
_UNKNOWN = x509.ObjectIdentifier("2.25.3")
_TEST_POLICY = x509.ObjectIdentifier(POLICY.dotted_string.replace(".3.30", ".0.30"))
_LONGER_POLICY = x509.ObjectIdentifier(POLICY.dotted_string + ".1")
_ANY_POLICY = x509.ObjectIdentifier("2.5.29.32.0")


def _usage(*bits: str) -> x509.KeyUsage:
    named = {usage: usage in bits for usage in _USAGES}
    return x509.KeyUsage(**named, encipher_only=False, decipher_only=False)


def _changed(name: str, difference: str, expected: str, **changes: Any) -> Case:
    def make(w: ProofBuilder) -> Attempt:
        return w.present(w.issued(w.card.key, **changes))

    return Case(f"certificate-{name}", difference, make, expected, "rsa-2048")


def _without(name: str, difference: str, expected: str, oid: x509.ObjectIdentifier, *instead: bytes) -> Case:
    def make(w: ProofBuilder) -> Attempt:
        return w.present(edited(w.card, w.authority, with_extension(oid, *instead)))

    return Case(f"certificate-{name}", difference, make, expected, "rsa-2048")


def _policy(name: str, what: str, policy: x509.ObjectIdentifier | None) -> Case:
    return _changed(name, f"The certificate carries {what}.", "certificate-policy", policy=policy)


def _also_for(bit: str) -> Case:
    words = bit.replace("_", " ")
    return _changed(
        f"also-for-{words.replace(' ', '-')}",
        f"The key usage has {words} beside digital signature.",
        "certificate-key-usage",
        key_usage=_usage("digital_signature", bit),
    )


def _critical(name: str, what: str, value: x509.ExtensionType) -> Case:
    difference = f"The certificate carries {what}, critical."
    return _changed(f"with-{name}", difference, "certificate-extension", extra=((value, True),))


POLICIES = (
    _policy("without-policy", "no policy", None),
    _policy("with-the-policy-of-signatures", "the policy of signature certificates", SIGNATURE_POLICY),
    _policy("with-the-policy-of-tests", "the policy of a test environment", _TEST_POLICY),
    _policy("with-a-longer-policy", "a policy below the right one", _LONGER_POLICY),
    _policy("with-any-policy", "the policy anyPolicy", _ANY_POLICY),
)

USAGES = (
    _without(
        "without-key-usage",
        "The certificate has no key usage.",
        "certificate-key-usage",
        ExtensionOID.KEY_USAGE,
    ),
    _without(
        "with-uncritical-key-usage",
        "The key usage is not critical.",
        "certificate-key-usage",
        ExtensionOID.KEY_USAGE,
        extension(ExtensionOID.KEY_USAGE, AUTHENTICATION_USAGE.public_bytes()),
    ),
    _without(
        "with-empty-key-usage",
        "The key usage names no use.",
        "certificate-key-usage",
        ExtensionOID.KEY_USAGE,
        extension(ExtensionOID.KEY_USAGE, b"\x03\x01\x00", b"\xff"),
    ),
    *(_also_for(bit) for bit in _USAGES[1:]),
    _changed(
        "for-content-commitment-only",
        "The key usage is content commitment instead of digital signature.",
        "certificate-key-usage",
        key_usage=_usage("content_commitment"),
    ),
    _changed(
        "of-an-authority",
        "The basic constraints make the certificate an authority's.",
        "certificate-key-usage",
        extra=((x509.BasicConstraints(ca=True, path_length=None), True),),
    ),
    _changed(
        "of-an-authority-not-critical",
        "The basic constraints, not critical, make the certificate an authority's.",
        "certificate-key-usage",
        extra=((x509.BasicConstraints(ca=True, path_length=0), False),),
    ),
)

CRITICAL = (
    _critical(
        "an-unknown-extension",
        "an extension that nobody knows",
        x509.UnrecognizedExtension(_UNKNOWN, b"\x05\x00"),
    ),
    _critical(
        "name-constraints",
        "name constraints",
        x509.NameConstraints([x509.DirectoryName(alternative_authority_name())], None),
    ),
    _critical(
        "extended-key-usage",
        "an extended key usage",
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]),
    ),
    _critical(
        "policy-constraints",
        "policy constraints",
        x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None),
    ),
)

CASES = (*POLICIES, *USAGES, *CRITICAL)
