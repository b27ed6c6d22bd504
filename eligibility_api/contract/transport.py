"""The line from a client to its fund: which addresses it may lead to, and how it is opened."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated

import httpx2
from pydantic import AfterValidator, AnyHttpUrl
from pydantic_core import PydanticCustomError


def is_loopback(url: AnyHttpUrl) -> bool:
    """Whether it is sure to be this machine, which only a literal address is."""
    try:
        return ip_address((url.host or "").strip("[]")).is_loopback
    except ValueError:
        return False


def _encrypted_or_local(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.scheme != "https" and not is_loopback(url):
        raise PydanticCustomError(
            "line", "https, or http to a loopback address alone, such as http://127.0.0.1:8400"
        )
    return url


FundUrl = Annotated[AnyHttpUrl, AfterValidator(_encrypted_or_local)]
"""Base URL of a fund: nothing of a patient travels in clear beyond this machine."""


def open_transport(url: str) -> httpx2.HTTPTransport:
    """A transport to `url`. The trust for TLS, which takes 15 ms and more to load, is left out for http."""
    return httpx2.HTTPTransport(verify=httpx2.URL(url).scheme != "http")
