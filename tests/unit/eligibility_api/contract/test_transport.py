"""The permitted URLs of a fund, and its transport."""

from __future__ import annotations

import httpx2
import pytest
from pydantic import TypeAdapter, ValidationError

from eligibility_api.contract.transport import FundUrl, open_transport

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
    ("url", "verify"),
    [("https://fund.example", True), ("HTTPS://fund.example", True), ("http://127.0.0.1:8400", False)],
)
def test_the_trust_store_is_loaded_for_tls_only(
    monkeypatch: pytest.MonkeyPatch, url: str, verify: bool
) -> None:
    made: list[bool] = []
    monkeypatch.setattr(httpx2, "HTTPTransport", lambda *, verify: made.append(verify))
    open_transport(url)
    assert made == [verify]
