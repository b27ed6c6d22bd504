"""Validation of OCSP responses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.domain.revocation import (
    CLOCK_TOLERANCE,
    CertificateStatus,
    RevocationDataRejected,
    validate_ocsp,
)
from tests.conformance import der
from tests.conformance.forgery import EXTENSIONS, PUBLIC_KEY, VALIDITY, edited, extension, replaced, spki
from tests.conformance.proof_builder import Card, Issuer
from tests.unit.eligibility_api.domain.revocations import (
    CA,
    FRESH,
    HOUR,
    NONCE,
    NOW,
    P384,
    SERIAL,
    Fields,
    answer,
    authority,
    delegate,
    edited_answer,
    rsa_key,
)

MOMENT = timedelta(seconds=1)
NOWHERE = x509.ObjectIdentifier("2.25.1")
RESPONSES = 2
"""Place of the responses in a ResponseData (RFC 6960 section 4.2.1): behind responder id and produced at."""

CLIENTS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])

Edit = Callable[[Fields], None]


def validate(content: bytes) -> CertificateStatus:
    return validate_ocsp(content, ca=authority(), serial=SERIAL, nonce=NONCE, now=NOW, max_age=FRESH)


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        (ocsp.OCSPCertStatus.GOOD, None, CertificateStatus.GOOD),
        (ocsp.OCSPCertStatus.REVOKED, None, CertificateStatus.REVOKED),
        (ocsp.OCSPCertStatus.REVOKED, x509.ReasonFlags.key_compromise, CertificateStatus.REVOKED),
        (ocsp.OCSPCertStatus.REVOKED, x509.ReasonFlags.superseded, CertificateStatus.REVOKED),
        (ocsp.OCSPCertStatus.REVOKED, x509.ReasonFlags.remove_from_crl, CertificateStatus.REVOKED),
        (ocsp.OCSPCertStatus.REVOKED, x509.ReasonFlags.certificate_hold, CertificateStatus.SUSPENDED),
    ],
)
def test_a_response_gives_the_revocation_status(
    status: ocsp.OCSPCertStatus, reason: x509.ReasonFlags | None, expected: CertificateStatus
) -> None:
    """Rules Q2, Q4."""
    assert validate(answer(status=status, reason=reason)) is expected


@pytest.mark.parametrize(
    "changes",
    [
        {"signer": "authority", "responder": authority(), "enclosed": False},
        {"algorithm": hashes.SHA256()},
        {"algorithm": hashes.SHA384()},
        {"this_update": NOW + CLOCK_TOLERANCE},
        {"this_update": NOW - FRESH - CLOCK_TOLERANCE},
        {"next_update": NOW + MOMENT},
        {"nonce": None, "extensions": [(x509.OCSPNonce(NONCE), True)]},
        {"responder": delegate(start=NOW + CLOCK_TOLERANCE)},
        {"responder": delegate(end=NOW)},
        {"extensions": [(x509.UnrecognizedExtension(NOWHERE, b"?"), False)]},
    ],
)
def test_a_response_of_the_authority_or_its_delegate_is_accepted(changes: dict[str, Any]) -> None:
    """Rule Q2."""
    assert validate(answer(**changes)) is CertificateStatus.GOOD


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256()], ids=lambda algorithm: algorithm.name)
def test_a_response_of_a_p384_authority_is_accepted(algorithm: hashes.HashAlgorithm) -> None:
    """Rule Q2."""
    ca = authority(P384)
    content = answer(issuer=P384, algorithm=algorithm, responder=ca, signer=P384, enclosed=False)
    assert (
        validate_ocsp(content, ca=ca, serial=SERIAL, nonce=NONCE, now=NOW, max_age=FRESH)
        is CertificateStatus.GOOD
    )
    with pytest.raises(RevocationDataRejected, match="another certificate"):
        validate(content)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status": ocsp.OCSPCertStatus.UNKNOWN}, "does not know"),
        ({"nonce": None}, "with a nonce"),
        ({"nonce": b"sixteen bytes ??"}, "the nonce differs"),
        ({"nonce": NONCE[:-1]}, "the nonce differs"),
        ({"serial": SERIAL + 1}, "another certificate"),
        ({"issuer": "another generation"}, "another certificate"),
        (
            {"signer": "another generation", "responder": authority("another generation"), "enclosed": False},
            "another authority",
        ),
        (
            {"signer": "stranger", "responder": delegate("stranger", signer="another generation")},
            "another authority",
        ),
        ({"enclosed": False}, "another authority"),
        ({"this_update": NOW + CLOCK_TOLERANCE + MOMENT, "next_update": NOW + HOUR}, "issued in the future"),
        ({"this_update": NOW - FRESH - CLOCK_TOLERANCE - MOMENT}, "older than the maximum age"),
        ({"next_update": NOW}, "past its next update"),
        ({"next_update": None}, "past its next update"),
        ({"responder": delegate(start=NOW - 2 * HOUR, end=NOW - MOMENT)}, "another authority"),
        ({"responder": delegate(start=NOW + CLOCK_TOLERANCE + MOMENT)}, "another authority"),
        ({"responder": delegate(extra=())}, "another authority"),
        ({"responder": delegate(extra=((CLIENTS, False),))}, "another authority"),
        ({"responder": delegate(signer="another generation")}, "another authority"),
        ({"extensions": [(x509.UnrecognizedExtension(NOWHERE, b"?"), True)]}, "critical extension"),
    ],
)
def test_other_responses_are_rejected(changes: dict[str, Any], why: str) -> None:
    """Rules Q2, Q3."""
    with pytest.raises(RevocationDataRejected, match=why):
        validate(answer(**changes))


@pytest.mark.parametrize(
    "status",
    [status for status in ocsp.OCSPResponseStatus if status is not ocsp.OCSPResponseStatus.SUCCESSFUL],
)
def test_a_failure_of_the_responder_is_rejected(status: ocsp.OCSPResponseStatus) -> None:
    """Rule Q2."""
    content = ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
    with pytest.raises(RevocationDataRejected, match="reports a failure"):
        validate(content)


def _responses(change: Callable[[bytes], list[bytes]]) -> Edit:
    """An edit of the responses: what `change` makes of the only one."""

    def edit(fields: Fields) -> None:
        (single,) = der.parts(fields[RESPONSES])
        fields[RESPONSES] = der.element(der.SEQUENCE, *change(single))

    return edit


def _single(place: int, change: Callable[[bytes], bytes]) -> Edit:
    """An edit of one field of the only response."""

    def changed(single: bytes) -> list[bytes]:
        fields = der.parts(single)
        fields[place] = change(fields[place])
        return [der.element(der.SEQUENCE, *fields)]

    return _responses(changed)


def _with_single_extension(single: bytes) -> list[bytes]:
    added = der.element(der.SEQUENCE, extension(NOWHERE, b"?", b"\xff"))
    return [der.element(der.SEQUENCE, *der.parts(single), der.element(0xA1, added))]


def _nonce_twice(fields: Fields) -> None:
    kept = der.parts(der.content(fields[-1]))
    fields[-1] = der.element(0xA1, der.element(der.SEQUENCE, *kept, *kept))


def _named_by(algorithm: bytes) -> Callable[[bytes], bytes]:
    identifier = der.element(der.SEQUENCE, der.element(der.OBJECT_ID, algorithm))
    return lambda named: der.element(der.SEQUENCE, identifier, *der.parts(named)[1:])


def _revoked_for_reason_7(_: bytes) -> bytes:
    reason = der.element(0xA0, der.element(0x0A, b"\7"))
    return der.element(0xA1, der.element(der.GENERALIZED_TIME, b"20260331000000Z"), reason)


@pytest.mark.parametrize(
    "edit",
    [
        _responses(lambda single: []),
        _responses(lambda single: [single, single]),
        _responses(_with_single_extension),
        _single(0, _named_by(b"\x69\x01")),
        _single(1, _revoked_for_reason_7),
        _single(2, lambda _: der.element(der.GENERALIZED_TIME, b"00000101000000Z")),
        _nonce_twice,
    ],
    ids=["none", "two", "critical extension", "unknown hash", "reason 7", "year 0", "two nonces"],
)
def test_unreadable_responses_are_rejected_though_the_delegate_signed_them(edit: Edit) -> None:
    """Rule Q2."""
    with pytest.raises(RevocationDataRejected):
        validate(edited_answer(edit))


_KEY_OF_NOWHERE = der.element(der.SEQUENCE, der.element(der.OBJECT_ID, b"\x69\x01"))
_ALTERNATIVE = extension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, der.element(der.SEQUENCE, der.element(0xA3)))


def _unchanged(_: Fields) -> None:
    pass


def _delegate_with(place: int, value: bytes) -> bytes:
    return edited(
        Card(rsa_key("delegate"), delegate().public_bytes(Encoding.DER)),
        Issuer(CA, authority(), rsa_key("authority")),
        replaced(place, value),
    ).certificate


def test_a_rebuilt_response_without_edits_is_accepted() -> None:
    """Rule Q2."""
    assert validate(edited_answer(_unchanged)) is CertificateStatus.GOOD


@pytest.mark.parametrize(
    ("digest", "algorithm"), [(hashes.SHA1(), der.RSA_SHA1), (hashes.MD5(), der.RSA_MD5)], ids=["sha1", "md5"]
)
def test_a_response_signed_with_a_broken_hash_is_rejected(
    digest: hashes.HashAlgorithm, algorithm: bytes
) -> None:
    """Rule Q2."""
    with pytest.raises(RevocationDataRejected, match="hash"):
        validate(edited_answer(_unchanged, digest=digest, algorithm=algorithm))


@pytest.mark.parametrize(
    "certificate",
    [
        b"\x30\x00",
        _delegate_with(PUBLIC_KEY, der.element(der.SEQUENCE, _KEY_OF_NOWHERE, der.bits(b"?"))),
        _delegate_with(PUBLIC_KEY, spki(ed25519.Ed25519PrivateKey.generate())),
        _delegate_with(PUBLIC_KEY, der.element(der.SEQUENCE)),
        _delegate_with(
            VALIDITY, der.element(der.SEQUENCE, *[der.element(der.GENERALIZED_TIME, b"00000101000000Z")] * 2)
        ),
        _delegate_with(EXTENSIONS, der.element(0xA3, der.element(der.SEQUENCE, *[_ALTERNATIVE] * 2))),
    ],
    ids=["empty", "unknown key", "ed25519 key", "no key", "year 0", "extension twice"],
)
def test_a_response_with_an_unreadable_delegate_is_rejected(certificate: bytes) -> None:
    """Rule Q2."""
    with pytest.raises(RevocationDataRejected):
        validate(edited_answer(_unchanged, certificate=certificate))


@pytest.mark.slow
def test_no_flipped_bit_changes_the_status() -> None:
    """Rule Q2."""
    content = answer()
    for place in range(len(content) * 8):
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << place % 8
        try:
            assert validate(bytes(flipped)) is CertificateStatus.GOOD
        except RevocationDataRejected:
            continue


@given(st.binary(max_size=2000))
def test_arbitrary_bytes_are_rejected(content: bytes) -> None:
    """Rule Q2."""
    with pytest.raises(RevocationDataRejected):
        validate(content)


def test_every_changed_byte_of_a_p384_authoritys_signature_is_rejected() -> None:
    """Rule Q2."""
    ca = authority(P384)
    content = answer(issuer=P384, responder=ca, signer=P384, enclosed=False)
    for place in range(len(content) - 100, len(content)):
        altered = bytearray(content)
        altered[place] ^= 1
        with pytest.raises(RevocationDataRejected):
            validate_ocsp(bytes(altered), ca=ca, serial=SERIAL, nonce=NONCE, now=NOW, max_age=FRESH)


SHA512_WITH_RSA = bytes.fromhex("300d06092a864886f70d01010d0500")
"""AlgorithmIdentifier sha512WithRSAEncryption (RFC 8017 appendix C)."""

ED25519 = bytes.fromhex("300506032b6570")
"""AlgorithmIdentifier id-Ed25519 (RFC 8410), which names no hash."""


def test_a_response_signed_with_sha_512_is_accepted() -> None:
    """Rule Q2."""
    content = edited_answer(_unchanged, digest=hashes.SHA512(), algorithm=SHA512_WITH_RSA)
    assert validate(content) is CertificateStatus.GOOD


def test_a_response_signed_without_a_hash_is_rejected() -> None:
    """Rule Q2."""
    with pytest.raises(RevocationDataRejected, match="unsupported hash"):
        validate(edited_answer(_unchanged, algorithm=ED25519))


def test_j_lis_clock_may_be_a_minute_ahead() -> None:
    """Rules Q1, Q2."""
    assert CLOCK_TOLERANCE.total_seconds() == 60


def test_a_stored_status_never_changes_its_name() -> None:
    """Rule Q4."""
    named = {status.name: status.value for status in CertificateStatus}
    assert named == {"GOOD": "good", "REVOKED": "revoked", "SUSPENDED": "suspended"}
