"""One-time passwords by time: the standard's own values, and the steps beside the present one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidTag

from eligibility_api.clients.second_factor import decrypt_secret, encrypt_secret
from eligibility_api.domain.second_factor import (
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
def test_the_standards_values_are_of_their_step(seconds: int, password: str) -> None:
    assert matching_step(SECRET, password, datetime.fromtimestamp(seconds, UTC)) == seconds // STEP_SECONDS


@pytest.mark.parametrize(
    ("seconds", "good"),
    [(1111111049, False), (1111111050, True), (1111111109, True), (1111111139, True), (1111111140, False)],
)
def test_a_password_is_good_from_one_step_before_its_own_to_one_after(seconds: int, good: bool) -> None:
    """Its own step is from 1111111080 until before 1111111110."""
    step = matching_step(SECRET, "081804", datetime.fromtimestamp(seconds, UTC))
    assert step == (37037036 if good else None)


def test_a_step_is_over_when_it_is_accepted_no_more() -> None:
    over = step_expires_at(1)
    assert matching_step(SECRET, "287082", over - timedelta(microseconds=1)) == 1
    assert matching_step(SECRET, "287082", over) is None


def test_a_wrong_password_is_of_no_step() -> None:
    assert matching_step(SECRET, "287083", datetime.fromtimestamp(59, UTC)) is None


def test_an_authenticator_reads_the_secret_with_who_and_where() -> None:
    uri = provisioning_uri(SECRET, f"{NAME[1]}@{NAME[0]}")
    assert uri.startswith("otpauth://totp/Shikaku:")
    assert "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" in uri


def test_a_secret_lies_encrypted_for_one_operator() -> None:
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
