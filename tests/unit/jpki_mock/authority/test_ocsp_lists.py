"""OCSP about several certificates in one request: by openssl as it is, and by hand."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jpki_mock.authority.ocsp_lists import MAX_CERTIFICATES, split_request
from jpki_mock.authority.values import CaId, Kind, Reason
from jpki_mock.jlis import Jlis
from jpki_mock.tlv import split, tlv
from tests.unit.jpki_mock.builders import NOW, an_application, check_signed_by

CA = CaId(Kind.AUTHENTICATION, 1)
SEQUENCE = 0x30


def single(jlis: Jlis, serial: int, *, ca: CaId = CA, nonce: bytes | None = None) -> bytes:
    """A request about one certificate, as cryptography builds it."""
    root = jlis.authorities.get(ca).certificate
    blank = jlis.certificates.issue(an_application(jlis, kind=ca.kind, ca=ca), NOW)
    by_certificate = ocsp.OCSPRequestBuilder().add_certificate(blank, root, hashes.SHA256()).build()
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        by_certificate.issuer_name_hash, by_certificate.issuer_key_hash, serial, hashes.SHA256()
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def joined(*requests: bytes) -> bytes:
    """One request about the certificates of several, with the extensions of the first."""
    contents = [split(split(split(request)[0][1])[0][1]) for request in requests]
    listed = b"".join(parts[0][1] for parts in contents)
    rest = b"".join(tlv(*part) for part in contents[0][1:])
    return tlv(SEQUENCE, tlv(SEQUENCE, tlv(SEQUENCE, listed) + rest))


def asked(jlis: Jlis, request: bytes, now: datetime = NOW) -> ocsp.OCSPResponse:
    return ocsp.load_der_ocsp_response(jlis.responder.answer(CA, request, now))


def serials(jlis: Jlis, count: int) -> list[int]:
    return [jlis.certificates.issue(an_application(jlis), NOW).serial_number for _ in range(count)]


def test_each_certificate_has_its_own_status_in_the_order_asked(jlis: Jlis) -> None:
    good, revoked = serials(jlis, 2)
    jlis.certificates.revoke(jlis.authorities.get(CA).certificate_id(revoked), Reason.REQUEST, NOW)
    answer = asked(jlis, joined(*(single(jlis, serial) for serial in (revoked, good, 2**40))))
    assert [(one.serial_number, one.certificate_status.name) for one in answer.responses] == [
        (revoked, "REVOKED"),
        (good, "GOOD"),
        (2**40, "UNKNOWN"),
    ]
    assert {one.next_update_utc for one in answer.responses} == {NOW + timedelta(minutes=5)}


def test_the_joined_response_is_signed_as_a_whole_by_its_delegate(jlis: Jlis) -> None:
    answer = asked(jlis, joined(*(single(jlis, serial) for serial in serials(jlis, 3))))
    (delegate,) = answer.certificates
    delegate.verify_directly_issued_by(jlis.authorities.get(CA).certificate)
    check_signed_by(delegate, answer.signature, answer.tbs_response_bytes)


def test_the_nonce_of_a_request_about_several_is_returned(jlis: Jlis) -> None:
    nonce = b"0123456789abcdef"
    request = joined(single(jlis, 1, nonce=nonce), single(jlis, 2))
    assert asked(jlis, request).extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce


def test_a_request_about_one_certificate_is_one_request(jlis: Jlis) -> None:
    request = single(jlis, 7)
    assert split_request(request) == [request]


@pytest.mark.parametrize(
    ("count", "status"),
    [
        (MAX_CERTIFICATES, ocsp.OCSPResponseStatus.SUCCESSFUL),
        (MAX_CERTIFICATES + 1, ocsp.OCSPResponseStatus.MALFORMED_REQUEST),
    ],
)
def test_the_number_of_certificates_has_a_limit(
    jlis: Jlis, count: int, status: ocsp.OCSPResponseStatus
) -> None:
    assert asked(jlis, joined(*[single(jlis, 1)] * count)).response_status is status


def test_a_request_also_about_another_authority_is_unauthorized(jlis: Jlis) -> None:
    jlis.authorities.add_generation(Kind.AUTHENTICATION, NOW)
    other = single(jlis, 1, ca=CaId(Kind.AUTHENTICATION, 2))
    answer = asked(jlis, joined(single(jlis, 1), other))
    assert answer.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize(
    "request_bytes",
    [
        tlv(SEQUENCE, b""),
        tlv(SEQUENCE, tlv(SEQUENCE, b"")),
        tlv(SEQUENCE, tlv(SEQUENCE, tlv(SEQUENCE, b""))),
        tlv(SEQUENCE, tlv(SEQUENCE, tlv(SEQUENCE, b"") * 2)),
        tlv(SEQUENCE, tlv(SEQUENCE, tlv(SEQUENCE, tlv(SEQUENCE, b"") * 8_000))),
        tlv(0x02, b"\x01"),
    ],
    ids=["empty", "no list", "empty list", "two lists", "too many", "a number"],
)
def test_a_request_of_another_structure_is_malformed(jlis: Jlis, request_bytes: bytes) -> None:
    assert asked(jlis, request_bytes).response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_a_negative_serial_number_is_malformed(jlis: Jlis) -> None:
    request = single(jlis, 7)
    negative = request.replace(b"\x02\x01\x07", b"\x02\x01\x87")
    assert negative != request
    assert asked(jlis, negative).response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mutated_request_never_breaks_the_responder(jlis: Jlis, data: st.DataObject) -> None:
    request = bytearray(joined(single(jlis, 1), single(jlis, 2)))
    for _ in range(data.draw(st.integers(1, 4))):
        request[data.draw(st.integers(0, len(request) - 1))] = data.draw(st.integers(0, 255))
    assert asked(jlis, bytes(request)).response_status in {
        ocsp.OCSPResponseStatus.SUCCESSFUL,
        ocsp.OCSPResponseStatus.MALFORMED_REQUEST,
        ocsp.OCSPResponseStatus.UNAUTHORIZED,
    }


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("digest", ["-sha1", "-sha256"])
def test_openssl_asks_about_several_certificates_and_verifies_the_answer(
    jlis: Jlis, tmp_path: Path, digest: str
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    root = tmp_path / "ca.pem"
    root.write_bytes(jlis.authorities.get(CA).certificate.public_bytes(Encoding.PEM))
    options: list[str] = []
    for name in ("good", "suspended", "other"):
        certificate = jlis.certificates.issue(an_application(jlis), NOW)
        path = tmp_path / f"{name}.pem"
        path.write_bytes(certificate.public_bytes(Encoding.PEM))
        options += [digest, "-issuer", str(root), "-cert", str(path)]
        if name == "suspended":
            jlis.certificates.suspend(jlis.authorities.get(CA).certificate_id(certificate.serial_number), now)
    request, response = tmp_path / "request.der", tmp_path / "response.der"
    _openssl(*options, "-reqout", str(request))
    response.write_bytes(jlis.responder.answer(CA, request.read_bytes(), now))
    # A second request would have another nonce.
    shown = _openssl(*options, "-no_nonce", "-respin", str(response), "-CAfile", str(root))
    assert "Response verify OK" in shown
    assert [line.rsplit("/", 1)[-1] for line in shown.splitlines() if ".pem:" in line] == [
        "good.pem: good",
        "suspended.pem: revoked",
        "other.pem: good",
    ]
    assert "WARNING" not in shown


def _openssl(*options: str) -> str:
    command = ["openssl", "ocsp", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
