"""The HTTP transport from a client to its fund, and the permitted URLs."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated

import httpx2
from pydantic import AfterValidator, AnyHttpUrl
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


def open_transport(url: str) -> httpx2.HTTPTransport:
    """A transport to `url`.

    The TLS trust store, which takes 15 ms or more to load, is not loaded for http.
    """
    return httpx2.HTTPTransport(verify=httpx2.URL(url).scheme != "http")
