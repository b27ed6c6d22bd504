"""The public URL: its form, and the names of the fund that follow from it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from eligibility_api.platform.settings import Settings


@pytest.mark.parametrize(
    ("given", "issuer"),
    [
        ("https://fund.example", "https://fund.example"),
        ("https://fund.example/", "https://fund.example"),
        ("https://fund.example:8443/fund/", "https://fund.example:8443/fund"),
        ("http://127.0.0.1:8400", "http://127.0.0.1:8400"),
        ("http://[::1]:8400", "http://[::1]:8400"),
    ],
)
def test_the_public_url_is_the_issuer_and_names_the_token_endpoint(given: str, issuer: str) -> None:
    settings = Settings(public_url=given, audience="urn:shikaku:test")
    assert (settings.public_url, settings.issuer) == (issuer, issuer)
    assert settings.assertion_audiences == {"urn:shikaku:test", issuer, f"{issuer}/v1/token"}


def test_without_a_public_url_the_fund_has_its_urn_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FUND_PUBLIC_URL", raising=False)
    settings = Settings(audience="urn:shikaku:test")
    assert settings.issuer == "urn:shikaku:test"
    assert settings.assertion_audiences == {"urn:shikaku:test"}


@pytest.mark.parametrize(
    "text",
    [
        "", "fund.example", "urn:shikaku:fund", "ftp://fund.example", "https://", "https:///path", "https://a b",
        "https://fund.example?x=y", "https://fund.example/#top", "https://user@fund.example", "https://x\n",
        "https://fund.example\\@evil.example", "https://" + "x" * 200,
    ],
    ids=lambda text: text[:40],
)  # fmt: skip
def test_what_is_no_issuer_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Settings(public_url=text)
