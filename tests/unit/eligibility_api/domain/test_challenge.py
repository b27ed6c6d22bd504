"""Challenges: an issued one is verified, everything else is rejected, and each binding is checked."""

from __future__ import annotations

import base64
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.challenge import (
    NONCE_BYTES,
    Challenge,
    MacKeys,
    check,
    expiry,
    issue,
    parse_unverified,
    verify,
)

NOW = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
AUDIENCE = "urn:shikaku:test"
NEW, FORMER = b"key2", b"key1"
KEYS = MacKeys(current=NEW, keys={NEW: bytes(32), FORMER: bytes([7]) * 32})
CHALLENGE = Challenge(
    purpose=Purpose.ELIGIBILITY,
    expires_at=NOW + timedelta(seconds=60),
    institution_code="1311111114",
    terminal=UUID(int=4711),
    nonce=bytes(range(NONCE_BYTES)),
)
TEXT = issue(CHALLENGE, audience=AUDIENCE, keys=KEYS)
DATA = base64.urlsafe_b64decode(TEXT + "==")

instants = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone itself
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
challenges = st.builds(
    Challenge,
    purpose=st.sampled_from(Purpose),
    expires_at=st.builds(expiry, instants, st.just(timedelta(seconds=60))),
    institution_code=st.from_regex(r"\A[0-9]{10}\Z"),
    terminal=st.uuids(),
    nonce=st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES),
)


def refusal_of(text: str, **changes: Any) -> str:
    known: dict[str, Any] = {"audience": AUDIENCE, "keys": KEYS}
    with pytest.raises(ShikakuError) as refusal:
        verify(text, **(known | changes))
    return refusal.value.code


@example(replace(CHALLENGE, expires_at=datetime(2004, 2, 1, 0, 1, 0, 1000, tzinfo=UTC)), AUDIENCE)
@given(challenges, st.text(max_size=100))
def test_an_issued_challenge_is_verified(challenge: Challenge, audience: str) -> None:
    """Rule A1."""
    text = issue(challenge, audience=audience, keys=KEYS)
    assert verify(text, audience=audience, keys=KEYS) == challenge


@given(challenges)
def test_a_challenge_is_a_short_text_without_padding(challenge: Challenge) -> None:
    text = issue(challenge, audience=AUDIENCE, keys=KEYS)
    assert len(text) == 118
    assert text.replace("-", "").replace("_", "").isalnum()


@given(instants, st.integers(1, 300_000))
def test_an_expiry_is_truncated_by_less_than_a_millisecond(now: datetime, life: int) -> None:
    """Rule A1."""
    end = now + timedelta(milliseconds=life)
    assert timedelta() <= end - expiry(now, timedelta(milliseconds=life)) < timedelta(milliseconds=1)


@pytest.mark.parametrize("key_id", [NEW, FORMER])
def test_a_challenge_under_any_accepted_key_is_verified(key_id: bytes) -> None:
    """Rule A1."""
    text = issue(CHALLENGE, audience=AUDIENCE, keys=MacKeys(key_id, KEYS.keys))
    assert verify(text, audience=AUDIENCE, keys=KEYS) == CHALLENGE


def test_a_challenge_under_a_removed_key_is_rejected() -> None:
    """Rule A1."""
    text = issue(CHALLENGE, audience=AUDIENCE, keys=MacKeys(FORMER, KEYS.keys))
    assert refusal_of(text, keys=MacKeys(NEW, {NEW: KEYS.keys[NEW]})) == "challenge-altered"


@pytest.mark.parametrize("audience", ["", "urn:shikaku:tes", AUDIENCE + "\0", AUDIENCE.upper()])
def test_a_challenge_is_verified_for_its_own_audience_only(audience: str) -> None:
    """Rule A1."""
    assert refusal_of(TEXT, audience=audience) == "challenge-altered"


def test_every_flipped_bit_of_the_bytes_is_rejected() -> None:
    """Rule A1."""
    for offset, bit in product(range(len(DATA)), range(8)):
        data = bytearray(DATA)
        data[offset] ^= 1 << bit
        text = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
        assert refusal_of(text) == "challenge-altered"


def test_every_flipped_bit_of_the_text_is_rejected() -> None:
    """Rule A1."""
    for place, bit in product(range(len(TEXT)), range(8)):
        text = TEXT[:place] + chr(ord(TEXT[place]) ^ (1 << bit)) + TEXT[place + 1 :]
        assert refusal_of(text) == "challenge-altered"


def test_a_challenge_of_an_earlier_worker_stays_valid() -> None:
    """Rule A1: the bytes as they were issued before."""
    text = "AWtleTIBAAABnUaO2OAxMzExMTExMTE0AAAAAAAAAAAAAAAAAAASZwABAgMEBQYHCAkKCwwNDg_wIPXInSjP9BrROAVVF4TsQ2JVxBzVvd7QM8__1cnGWg"
    assert text == TEXT
    assert verify(text, audience=AUDIENCE, keys=KEYS) == CHALLENGE


NUMBERS = {
    1: Purpose.ELIGIBILITY,
    2: Purpose.FIRST_REGISTRATION,
    3: Purpose.VISUAL_CHECK,
    4: Purpose.CONSENT,
    5: Purpose.VISUAL_CONSENT,
    6: Purpose.VISUAL_REGISTRATION,
    7: Purpose.OWN_ACCESS,
}


def test_the_number_of_a_purpose_never_changes() -> None:
    """Rule A1: workers of two releases share the key."""
    for purpose in range(256):
        data = DATA[:5] + bytes([purpose]) + DATA[6:]
        text = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
        if purpose in NUMBERS:
            assert parse_unverified(text).purpose is NUMBERS[purpose]
        else:
            with pytest.raises(ShikakuError, match="challenge-other-purpose"):
                parse_unverified(text)


@pytest.mark.parametrize(
    "data",
    [
        bytes([2]) + DATA[1:],
        DATA[:6] + bytes([0x7F]) + DATA[7:],
        DATA[:14] + bytes([0xFF]) * 10 + DATA[24:],
    ],
    ids=["another layout", "beyond the years of a calendar", "no text"],
)
def test_what_has_not_the_form_of_a_challenge_is_refused_without_a_key_too(data: bytes) -> None:
    """Rule A1."""
    with pytest.raises(ShikakuError, match="challenge-altered"):
        parse_unverified(base64.urlsafe_b64encode(data).rstrip(b"=").decode())


@given(st.text() | st.text("ABCxyz019-_=+/", min_size=110, max_size=130))
def test_arbitrary_text_is_rejected(text: str) -> None:
    """Rule A1."""
    assert refusal_of(text) == "challenge-altered"


@given(st.binary(min_size=len(DATA), max_size=len(DATA)))
def test_arbitrary_bytes_of_the_right_length_are_rejected(data: bytes) -> None:
    """Rule A1."""
    assert refusal_of(base64.urlsafe_b64encode(data).rstrip(b"=").decode()) == "challenge-altered"


RIGHT: dict[str, Any] = {
    "purpose": CHALLENGE.purpose,
    "institution_code": CHALLENGE.institution_code,
    "terminal": CHALLENGE.terminal,
    "now": NOW,
}


@pytest.mark.parametrize(
    "now", [NOW - timedelta(days=1), NOW, CHALLENGE.expires_at - timedelta(microseconds=1)]
)
def test_the_terminal_may_present_it_before_its_expiry(now: datetime) -> None:
    """Rule A1."""
    check(CHALLENGE, **(RIGHT | {"now": now}))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"institution_code": "0110113719"}, "challenge-other-facility"),
        ({"terminal": UUID(int=4712)}, "challenge-other-terminal"),
        ({"purpose": Purpose.VISUAL_CHECK}, "challenge-other-purpose"),
        ({"purpose": Purpose.FIRST_REGISTRATION}, "challenge-other-purpose"),
        ({"now": CHALLENGE.expires_at}, "challenge-expired"),
        ({"now": CHALLENGE.expires_at + timedelta(days=1)}, "challenge-expired"),
    ],
)
def test_another_caller_purpose_or_instant_is_rejected(changes: dict[str, Any], code: str) -> None:
    """Rule A1."""
    with pytest.raises(ShikakuError) as refusal:
        check(CHALLENGE, **(RIGHT | changes))
    assert refusal.value.code == code


@given(challenges)
def test_a_challenge_is_parsed_without_a_key(challenge: Challenge) -> None:
    assert parse_unverified(issue(challenge, audience=AUDIENCE, keys=KEYS)) == challenge


@given(st.binary(min_size=len(DATA) - 1, max_size=len(DATA) - 1))
def test_unverified_bytes_are_parsed_or_rejected(rest: bytes) -> None:
    text = base64.urlsafe_b64encode(DATA[:1] + rest).rstrip(b"=").decode()
    # Nothing but the family may come of it.
    with suppress(ShikakuError):
        parse_unverified(text)


def test_several_faults_are_reported_in_a_fixed_order() -> None:
    """Rule A1."""
    wrong = {
        "institution_code": "0110113719",
        "terminal": UUID(int=4712),
        "purpose": Purpose.VISUAL_CHECK,
        "now": CHALLENGE.expires_at,
    }
    codes = []
    for name in wrong:
        with pytest.raises(ShikakuError) as refusal:
            check(CHALLENGE, **(RIGHT | wrong))
        codes.append(refusal.value.code)
        wrong = wrong | {name: RIGHT[name]}
    assert codes == [
        "challenge-other-facility",
        "challenge-other-terminal",
        "challenge-other-purpose",
        "challenge-expired",
    ]
