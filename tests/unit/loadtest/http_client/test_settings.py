"""The generator's TLS settings: the context of https, and what is refused."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from loadtest.http_client.pool import ConnectionPool
from loadtest.http_client.settings import client_context
from tests.builders.devices import client_file, open_devices


def test_the_context_has_the_named_authorities(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    devices = open_devices(tmp_path)
    monkeypatch.setenv("LOADTEST_TLS_CERTIFICATE", str(client_file(devices, tmp_path / "one.pem")))
    monkeypatch.setenv("LOADTEST_TLS_AUTHORITIES", str(devices.trust_path))
    context = client_context()
    assert len(context.get_ca_certs()) == 1
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3


def test_a_wrong_file_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOADTEST_TLS_CERTIFICATE", str(tmp_path / "none.pem"))
    with pytest.raises(ValueError, match="tls_certificate"):
        client_context()
    with pytest.raises(ValueError, match="tls_certificate"):
        ConnectionPool("https://fund.example", max_connections=1, timeout_seconds=1)


@pytest.mark.parametrize(
    ("url", "port"),
    [("https://fund.example", 443), ("http://127.0.0.1", 80), ("https://fund.example:8443", 8443)],
)
def test_the_port_is_the_schemes_unless_named(url: str, port: int) -> None:
    assert ConnectionPool(url, max_connections=1, timeout_seconds=1).port == port
