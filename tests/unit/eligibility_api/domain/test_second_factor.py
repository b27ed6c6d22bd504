"""Time-based one-time passwords: the values of RFC 6238, and the steps around the present one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidTag

from eligibility_api.clients.second_factor import decrypt_secret, encrypt_secret
from eligibility_api.domain.second_factor import (
    SECRET_BYTES,
    STEP_SECONDS,
    matching_step,
    provisioning_uri,
    step_expires_at,
)

SECRET = b"12345678901234567890"
"""RFC 6238, appendix B; its values have eight digits, of which the last six are ours."""

NAME = ("1311111114", "見本　医師")


@pytest.mark.parametrize(
    ("seconds", "password"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_values_of_rfc_6238_match_their_step(seconds: int, password: str) -> None:
    """Rule W8."""
    assert matching_step(SECRET, password, datetime.fromtimestamp(seconds, UTC)) == seconds // STEP_SECONDS


@pytest.mark.parametrize(
    ("seconds", "good"),
    [(1111111049, False), (1111111050, True), (1111111109, True), (1111111139, True), (1111111140, False)],
)
def test_a_password_is_accepted_from_the_step_before_to_the_step_after(seconds: int, good: bool) -> None:
    """Rule W8: Its own step is from 1111111080 until before 1111111110."""
    step = matching_step(SECRET, "081804", datetime.fromtimestamp(seconds, UTC))
    assert step == (37037036 if good else None)


def test_a_step_expires_when_its_password_is_no_longer_accepted() -> None:
    """Rule W8."""
    over = step_expires_at(1)
    assert matching_step(SECRET, "287082", over - timedelta(microseconds=1)) == 1
    assert matching_step(SECRET, "287082", over) is None


def test_a_wrong_password_matches_no_step() -> None:
    """Rule W8."""
    assert matching_step(SECRET, "287083", datetime.fromtimestamp(59, UTC)) is None


def test_the_provisioning_uri_contains_secret_account_and_issuer() -> None:
    uri = provisioning_uri(SECRET, f"{NAME[1]}@{NAME[0]}")
    assert uri.startswith("otpauth://totp/Shikaku:")
    assert "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" in uri


def test_a_secret_is_encrypted_for_one_operator() -> None:
    key, other = bytes(32), bytes(31) + b"1"
    stored = encrypt_secret(key, SECRET, *NAME)
    assert SECRET not in stored
    assert decrypt_secret(key, stored, *NAME) == SECRET
    assert encrypt_secret(key, SECRET, *NAME) != stored
    for broken in (
        (other, stored, *NAME),
        (key, stored, "0110113719", NAME[1]),
        (key, stored, NAME[0], "見本　看護師"),
    ):
        with pytest.raises(InvalidTag):
            decrypt_secret(*broken)


def test_a_secret_has_the_recommended_length() -> None:
    """RFC 4226 section 4: 160 bits."""
    assert SECRET_BYTES * 8 == 160
