"""The HTTP transport from a client to its fund, and the permitted URLs."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated

import httpx2
from pydantic import AfterValidator, AnyHttpUrl
from pydantic_core import PydanticCustomError


def is_loopback(url: AnyHttpUrl) -> bool:
    """Whether the URL is certain to be this machine: only a literal loopback address is."""
    try:
        return ip_address((url.host or "").strip("[]")).is_loopback
    except ValueError:
        return False


def _encrypted_or_local(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.scheme != "https" and not is_loopback(url):
        raise PydanticCustomError(
            "fund_url", "https, or http to a loopback address only, such as http://127.0.0.1:8400"
        )
    return url


FundUrl = Annotated[AnyHttpUrl, AfterValidator(_encrypted_or_local)]
"""Base URL of a fund: patient data is never sent unencrypted beyond this machine."""


def open_transport(url: str) -> httpx2.HTTPTransport:
    """A transport to `url`.

    The TLS trust store, which takes 15 ms or more to load, is not loaded for http.
    """
    return httpx2.HTTPTransport(verify=httpx2.URL(url).scheme != "http")
