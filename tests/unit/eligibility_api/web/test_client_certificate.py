"""What a proxy reports of a client certificate: both spellings give one thumbprint, anything else none."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.web.client_certificate import (
    CERTIFICATE_HEADER,
    client_certificate,
    set_certificate,
    thumbprint_of,
)
from tests.builders.devices import client_file, open_devices


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> x509.Certificate:
    folder: Path = tmp_path_factory.mktemp("devices")
    return x509.load_pem_x509_certificate(client_file(open_devices(folder), folder / "one.pem").read_bytes())


def reported(*values: bytes) -> str | None:
    scope: dict[str, Any] = {}
    set_certificate(scope, [(b"host", b"fund"), *((CERTIFICATE_HEADER, value) for value in values)])
    return client_certificate(scope)


def test_the_thumbprint_is_that_of_rfc_8705(certificate: x509.Certificate) -> None:
    der = certificate.public_bytes(Encoding.DER)
    expected = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
    assert thumbprint_of(der) == expected
    assert len(expected) == 43


def test_both_spellings_of_proxies_give_one_thumbprint(certificate: x509.Certificate) -> None:
    thumbprint = thumbprint_of(certificate.public_bytes(Encoding.DER))
    pem = certificate.public_bytes(Encoding.PEM).decode()
    assert reported(thumbprint.encode()) == thumbprint
    for escaped in (quote(pem, safe=""), quote(pem.strip(), safe=""), quote(pem, safe="+/=")):
        assert reported(escaped.encode()) == thumbprint


def test_without_a_trusted_report_there_is_no_certificate() -> None:
    assert client_certificate({}) is None
    assert reported() is None


def test_a_repeated_header_counts_as_none() -> None:
    assert reported(b"A" * 43) == "A" * 43
    assert reported(b"A" * 43, b"A" * 43) is None
    assert reported(b"A" * 43, b"B" * 43) is None


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"A" * 42,
        b"A" * 44,
        b"A" * 42 + b"=",
        b"A" * 43 + b"\n",
        b"-----BEGIN%20CERTIFICATE-----",
        b"-----BEGIN%20CERTIFICATE-----%0A-----END%20CERTIFICATE-----",
        b"-----BEGIN%20CERTIFICATE-----%0A$$$$%0A-----END%20CERTIFICATE-----",
        b"-----BEGIN%20CERTIFICATE-----%0AAAA%0A-----END%20CERTIFICATE-----",
        b"-----BEGIN%20CERTIFICATE-----%0A" + b"A" * 9_000 + b"%0A-----END%20CERTIFICATE-----",
    ],
    ids=["empty", "short", "long", "padded", "line end", "begin", "nothing", "characters", "cut", "too long"],
)
def test_another_text_counts_as_none(value: bytes) -> None:
    assert reported(value) is None


@given(st.binary(max_size=300))
def test_no_text_is_more_than_a_thumbprint_or_none(value: bytes) -> None:
    found = reported(value)
    assert found is None or len(found) == 43
