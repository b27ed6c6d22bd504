"""The permitted URLs of a fund, and its transport."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx2
import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from pydantic import TypeAdapter, ValidationError

from eligibility_api.contract.transport import (
    ClientTls,
    FundUrl,
    TlsAuthorities,
    TlsCertificate,
    is_tls_refusal,
    open_transport,
)
from jpki_mock.authority.keys import KeyProfile, make_key, private_key_pem
from tests.builders.devices import client_file, open_devices

CERTIFICATE = b"-----BEGIN CERTIFICATE-----"

FUND_URL: TypeAdapter[FundUrl] = TypeAdapter(FundUrl)


@pytest.mark.parametrize(
    "url",
    [
        "https://fund.example",
        "https://192.0.2.1:8400/prefix",
        "https://localhost",
        "http://127.0.0.1:8400",
        "http://127.1.2.3:1/prefix",
        "http://[::1]:8400",
        "http://localhost:8400",
        "http://fund.localhost:8400/prefix",
    ],
)
def test_https_and_loopback_urls_are_accepted(url: str) -> None:
    assert str(FUND_URL.validate_python(url)).startswith(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://fund.example",
        "http://192.0.2.1:8400",
        "http://0.0.0.0:8400",
        "http://localhost.fund.example",
        "http://notlocalhost:8400",
        "http://localhost@fund.example",
        "http://127.0.0.1.fund.example",
        "http://127.0.0.1@fund.example",
        "http://[2001:db8::1]:8400",
        "ftp://127.0.0.1",
        "no address",
    ],
)
def test_other_urls_are_rejected(url: str) -> None:
    with pytest.raises(ValidationError):
        FUND_URL.validate_python(url)


@pytest.mark.parametrize(
    ("url", "verifies"),
    [("https://fund.example", True), ("HTTPS://fund.example", True), ("http://127.0.0.1:8400", False)],
)
def test_the_trust_store_is_loaded_for_tls_only(
    monkeypatch: pytest.MonkeyPatch, url: str, verifies: bool
) -> None:
    made: list[object] = []
    monkeypatch.setattr(httpx2, "HTTPTransport", lambda *, verify: made.append(verify))
    open_transport(url)
    assert [isinstance(verify, ssl.SSLContext) for verify in made] == [verifies]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a client's certificate, its authority, and files that are none."""
    folder = tmp_path_factory.mktemp("tls")
    devices = open_devices(folder)
    pem = client_file(devices, folder / "client.pem").read_bytes()
    (folder / "authorities.pem").write_bytes(devices.trust_path.read_bytes())
    (folder / "empty.pem").write_bytes(b"")
    (folder / "text.pem").write_bytes(b"no certificate")
    (folder / "without-key.pem").write_bytes(devices.trust_path.read_bytes())
    (folder / "other-key.pem").write_bytes(
        private_key_pem(make_key(KeyProfile.P256)) + pem[pem.index(CERTIFICATE) :]
    )
    encrypted = make_key(KeyProfile.P256).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    (folder / "encrypted.pem").write_bytes(encrypted + pem[pem.index(CERTIFICATE) :])
    return folder


def test_without_files_the_systems_authorities_count_and_no_certificate_is_sent() -> None:
    context = ClientTls().context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_the_named_authorities_count_alone(files: Path) -> None:
    context = ClientTls(authorities=files / "authorities.pem").context()
    [authority] = context.get_ca_certs()
    assert "Synthetic devices" in str(authority["subject"])
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3


def test_a_certificate_is_read_with_its_key(files: Path) -> None:
    assert TypeAdapter(TlsCertificate).validate_python(str(files / "client.pem")) == files / "client.pem"
    context = ClientTls(certificate=files / "client.pem").context()
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    "name", ["none.pem", "empty.pem", "text.pem", "without-key.pem", "other-key.pem", "encrypted.pem", "."]
)
def test_another_file_is_no_certificate(files: Path, name: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(TlsCertificate).validate_python(str(files / name))


@pytest.mark.parametrize("name", ["none.pem", "empty.pem", "text.pem", "."])
def test_another_file_has_no_authorities(files: Path, name: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(TlsAuthorities).validate_python(str(files / name))


def chained(cause: BaseException) -> httpx2.ReadError:
    error = httpx2.ReadError("lost")
    error.__cause__ = OSError("read")
    error.__cause__.__context__ = cause
    return error


def ssl_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (chained(ssl_error("TLSV13_ALERT_CERTIFICATE_REQUIRED")), True),
        (chained(ssl_error("SSLV3_ALERT_CERTIFICATE_EXPIRED")), True),
        (chained(ssl_error("CERTIFICATE_VERIFY_FAILED")), False),
        (chained(ssl_error("")), False),
        (chained(ConnectionResetError()), False),
        (httpx2.ConnectError("refused"), False),
        (None, False),
    ],
    ids=["required", "expired", "server", "no reason", "reset", "connect", "none"],
)
def test_the_other_sides_alert_is_a_refusal(error: BaseException | None, refused: bool) -> None:
    assert is_tls_refusal(error) is refused
