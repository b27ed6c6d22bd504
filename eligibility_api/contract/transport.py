"""The HTTP transport from a client to its fund, and the permitted URLs."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import httpx2
from pydantic import AfterValidator, AnyHttpUrl, FilePath
from pydantic_core import PydanticCustomError


def is_loopback(url: AnyHttpUrl) -> bool:
    """Whether the URL is certain to be this machine: a literal loopback address, or a name that is reserved for it.

    RFC 6761 section 6.3 reserves `localhost` and the names below it. Any other name could lead elsewhere, today or at the
    next connection.
    """
    host = (url.host or "").strip("[]").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _encrypted_or_local(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.scheme != "https" and not is_loopback(url):
        raise PydanticCustomError(
            "fund_url",
            "https, or http to this machine only, such as http://127.0.0.1:8400 or http://localhost:8400",
        )
    return url


FundUrl = Annotated[AnyHttpUrl, AfterValidator(_encrypted_or_local)]
"""Base URL of a fund: patient data is never sent unencrypted beyond this machine."""


def _is_authorities(path: Path) -> Path:
    _load(ClientTls(authorities=path), "PEM certificates of authorities")
    return path


def _is_certificate(path: Path) -> Path:
    _load(ClientTls(certificate=path), "a PEM certificate with its private key, not encrypted")
    return path


def _load(tls: ClientTls, form: str) -> None:
    try:
        tls.context()
    except (OSError, ValueError):  # an SSLError is an OSError
        raise PydanticCustomError("tls_file", "{form}", {"form": form}) from None


TlsAuthorities = Annotated[FilePath, AfterValidator(_is_authorities)]
"""A setting: the file of the authorities (PEM) whose certificate a fund's proxy must have, instead of the system's."""

TlsCertificate = Annotated[FilePath, AfterValidator(_is_certificate)]
"""A setting: the file with the client's certificate and its private key (PEM), which the fund's proxy asks for."""


@dataclass(frozen=True, slots=True)
class ClientTls:
    """How a client opens TLS connections to its fund; the default trusts the system's authorities."""

    authorities: Path | None = None
    certificate: Path | None = None

    def context(self) -> ssl.SSLContext:
        """The context of connections: TLS 1.3 where a file is set. Raises OSError, ssl.SSLError."""
        if self == ClientTls():
            return httpx2.create_ssl_context()
        if self.authorities is None:
            context = httpx2.create_ssl_context()
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(self.authorities)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, password=_no_password)
        return context


def _no_password() -> str:
    """Without it OpenSSL asks at the terminal for the password of an encrypted key. Raises ValueError."""
    raise ValueError("an encrypted key")


def open_transport(url: str, tls: ClientTls = ClientTls()) -> httpx2.HTTPTransport:
    """A transport to `url`. Raises OSError if a file of `tls` cannot be read.

    The TLS trust store, which takes 15 ms or more to load, is not loaded for http.
    """
    return httpx2.HTTPTransport(verify=False if httpx2.URL(url).scheme == "http" else tls.context())


def is_tls_refusal(error: BaseException | None) -> bool:
    """Whether a failed request was ended by the other side's TLS alert, as for a missing or revoked certificate."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return "ALERT" in (error.reason or "")
        error = error.__cause__ or error.__context__
    return False
