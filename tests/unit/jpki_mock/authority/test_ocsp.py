"""The OCSP responder."""

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from jpki_mock.authority.values import CaId, Kind, Reason
from jpki_mock.errors import NotFound
from jpki_mock.jlis import Jlis
from tests.unit.jpki_mock.builders import NOW, an_application, check_signed_by, issued

CA = CaId(Kind.AUTHENTICATION, 1)
UNKNOWN_SERIAL = 2**40


def a_request(
    jlis: Jlis,
    serial: int,
    *,
    ca: CaId = CA,
    nonce: bytes | None = None,
    sha: hashes.HashAlgorithm | None = None,
) -> bytes:
    root = jlis.authorities.get(ca).certificate
    algorithm = sha or hashes.SHA256()
    blank = jlis.certificates.issue(an_application(jlis, kind=ca.kind, ca=ca), NOW)
    by_certificate = ocsp.OCSPRequestBuilder().add_certificate(blank, root, algorithm).build()
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        by_certificate.issuer_name_hash, by_certificate.issuer_key_hash, serial, algorithm
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def asked(jlis: Jlis, request: bytes, now: datetime = NOW, ca: CaId = CA) -> ocsp.OCSPResponse:
    return ocsp.load_der_ocsp_response(jlis.responder.answer(ca, request, now))


@pytest.mark.parametrize("sha", [hashes.SHA1(), hashes.SHA256()])
def test_a_valid_certificate_is_good(jlis: Jlis, sha: hashes.HashAlgorithm) -> None:
    name = issued(jlis)
    answer = asked(jlis, a_request(jlis, name.serial, sha=sha))
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert answer.serial_number == name.serial
    assert (answer.this_update_utc, answer.next_update_utc) == (NOW, NOW + timedelta(minutes=5))


def test_a_revoked_certificate_has_time_and_reason(jlis: Jlis) -> None:
    name = issued(jlis)
    jlis.certificates.suspend(name, NOW)
    answer = asked(jlis, a_request(jlis, name.serial), NOW + timedelta(hours=1))
    assert answer.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert answer.revocation_time_utc == NOW
    assert answer.revocation_reason is x509.ReasonFlags.certificate_hold


def test_a_certificate_that_was_never_issued_is_unknown(jlis: Jlis) -> None:
    answer = asked(jlis, a_request(jlis, UNKNOWN_SERIAL))
    assert answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN


def test_the_response_is_signed_by_a_delegated_certificate_that_it_includes(jlis: Jlis) -> None:
    answer = asked(jlis, a_request(jlis, UNKNOWN_SERIAL))
    (delegate,) = answer.certificates
    delegate.verify_directly_issued_by(jlis.authorities.get(CA).certificate)
    usage = delegate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    assert (
        answer.responder_key_hash == x509.SubjectKeyIdentifier.from_public_key(delegate.public_key()).digest
    )
    check_signed_by(delegate, answer.signature, answer.tbs_response_bytes)


def test_the_nonce_is_returned(jlis: Jlis) -> None:
    nonce = b"0123456789abcdef"
    answer = asked(jlis, a_request(jlis, UNKNOWN_SERIAL, nonce=nonce))
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce


def test_without_a_nonce_none_is_returned(jlis: Jlis) -> None:
    assert len(asked(jlis, a_request(jlis, UNKNOWN_SERIAL)).extensions) == 0


def test_the_delegated_certificate_is_reused_and_reissued_before_it_expires(jlis: Jlis) -> None:
    first = jlis.responder.certificate(CA, NOW)
    assert jlis.responder.certificate(CA, NOW + timedelta(days=28)) == first
    second = jlis.responder.certificate(CA, NOW + timedelta(days=29))
    assert second != first
    assert second.public_key() == first.public_key()


@pytest.mark.parametrize("request_bytes", [b"", b"rubbish", b"\x30\x03\x02\x01\x00"])
def test_an_unreadable_request_is_malformed(jlis: Jlis, request_bytes: bytes) -> None:
    answer = asked(jlis, request_bytes)
    assert answer.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_a_request_about_another_authority_is_unauthorized(jlis: Jlis) -> None:
    jlis.authorities.add_generation(Kind.AUTHENTICATION, NOW)
    other = a_request(jlis, 1, ca=CaId(Kind.AUTHENTICATION, 2))
    assert asked(jlis, other).response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED


def test_the_same_serial_in_two_generations_is_distinguished_by_key(jlis: Jlis) -> None:
    second_ca = jlis.authorities.add_generation(Kind.AUTHENTICATION, NOW).id
    first, second = issued(jlis, ca=CA, serial=9), issued(jlis, serial=9)
    jlis.certificates.revoke(first, Reason.REQUEST, NOW)
    states = [
        asked(jlis, a_request(jlis, second.serial, ca=ca), ca=ca).certificate_status for ca in (CA, second_ca)
    ]
    assert states == [ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.GOOD]


def test_an_unknown_authority_has_no_responder(jlis: Jlis) -> None:
    with pytest.raises(NotFound):
        jlis.responder.answer(CaId(Kind.SIGNATURE, 9), b"", NOW)


@pytest.mark.parametrize("revoked", [False, True])
def test_a_response_states_since_when_it_knows_of_expired_certificates(jlis: Jlis, revoked: bool) -> None:
    """Rule Q6: the archive cutoff (RFC 6960 section 4.4.4), with each certificate's own status."""
    name = issued(jlis)
    if revoked:
        jlis.certificates.revoke(name, Reason.REQUEST, NOW)
    end = jlis.certificates.records.find(name).period.end
    answer = asked(jlis, a_request(jlis, name.serial), end + timedelta(days=40))
    wanted = ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
    assert answer.certificate_status is wanted
    [cutoff] = [one for one in answer.single_extensions if one.oid.dotted_string == "1.3.6.1.5.5.7.48.1.6"]
    assert isinstance(cutoff.value, x509.UnrecognizedExtension)
    # 17 February 2031 and forty days are in March: certificates that expired in December or later.
    assert (cutoff.critical, cutoff.value.value) == (False, bytes([0x18, 15]) + b"20301130150000Z")
    check_signed_by(answer.certificates[0], answer.signature, answer.tbs_response_bytes)
