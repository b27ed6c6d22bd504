"""Challenges: what is minted is read again, whatever else is refused, and each binding is held."""

from __future__ import annotations

import base64
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
def test_what_is_minted_is_read_again(challenge: Challenge, audience: str) -> None:
    text = issue(challenge, audience=audience, keys=KEYS)
    assert verify(text, audience=audience, keys=KEYS) == challenge


@given(challenges)
def test_a_challenge_is_one_short_text_without_padding(challenge: Challenge) -> None:
    text = issue(challenge, audience=AUDIENCE, keys=KEYS)
    assert len(text) == 118
    assert text.replace("-", "").replace("_", "").isalnum()


@given(instants, st.integers(1, 300_000))
def test_an_expiry_is_at_most_a_millisecond_before_the_end_of_its_life(now: datetime, life: int) -> None:
    end = now + timedelta(milliseconds=life)
    assert timedelta() <= end - expiry(now, timedelta(milliseconds=life)) < timedelta(milliseconds=1)


@pytest.mark.parametrize("key_id", [NEW, FORMER])
def test_a_challenge_under_any_accepted_key_is_read(key_id: bytes) -> None:
    text = issue(CHALLENGE, audience=AUDIENCE, keys=MacKeys(key_id, KEYS.keys))
    assert verify(text, audience=AUDIENCE, keys=KEYS) == CHALLENGE


def test_a_challenge_under_a_key_that_was_dropped_is_refused() -> None:
    text = issue(CHALLENGE, audience=AUDIENCE, keys=MacKeys(FORMER, KEYS.keys))
    assert refusal_of(text, keys=MacKeys(NEW, {NEW: KEYS.keys[NEW]})) == "challenge-altered"


@pytest.mark.parametrize("audience", ["", "urn:shikaku:tes", AUDIENCE + "\0", AUDIENCE.upper()])
def test_a_challenge_is_read_by_its_own_audience_only(audience: str) -> None:
    assert refusal_of(TEXT, audience=audience) == "challenge-altered"


@pytest.mark.parametrize("offset", range(len(DATA)))
def test_no_bit_of_any_byte_can_be_flipped(offset: int) -> None:
    for bit in range(8):
        data = bytearray(DATA)
        data[offset] ^= 1 << bit
        text = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
        assert refusal_of(text) == "challenge-altered"


@pytest.mark.parametrize("place", range(len(TEXT)))
def test_no_bit_of_any_character_can_be_flipped(place: int) -> None:
    for bit in range(8):
        text = TEXT[:place] + chr(ord(TEXT[place]) ^ (1 << bit)) + TEXT[place + 1 :]
        assert refusal_of(text) == "challenge-altered"


@given(st.text() | st.text("ABCxyz019-_=+/", min_size=110, max_size=130))
def test_any_other_text_is_refused(text: str) -> None:
    assert refusal_of(text) == "challenge-altered"


@given(st.binary(min_size=len(DATA), max_size=len(DATA)))
def test_any_other_bytes_of_its_length_are_refused(data: bytes) -> None:
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
def test_its_own_terminal_may_present_it_until_its_expiry(now: datetime) -> None:
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
def test_whoever_else_presents_it_or_later_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ShikakuError) as refusal:
        check(CHALLENGE, **(RIGHT | changes))
    assert refusal.value.code == code


@given(challenges)
def test_who_has_no_key_reads_what_a_challenge_says(challenge: Challenge) -> None:
    assert parse_unverified(issue(challenge, audience=AUDIENCE, keys=KEYS)) == challenge


@given(st.binary(min_size=len(DATA) - 1, max_size=len(DATA) - 1))
def test_whatever_else_stands_there_is_read_or_refused(rest: bytes) -> None:
    text = base64.urlsafe_b64encode(DATA[:1] + rest).rstrip(b"=").decode()
    # Nothing but the family may come of it.
    with suppress(ShikakuError):
        parse_unverified(text)


def test_several_faults_are_told_in_a_fixed_order() -> None:
    wrong = {
        "institution_code": "0110113719",
        "terminal": UUID(int=4712),
        "purpose": Purpose.VISUAL_CHECK,
        "now": CHALLENGE.expires_at,
    }
    told = []
    for name in wrong:
        with pytest.raises(ShikakuError) as refusal:
            check(CHALLENGE, **(RIGHT | wrong))
        told.append(refusal.value.code)
        wrong = wrong | {name: RIGHT[name]}
    assert told == [
        "challenge-other-facility",
        "challenge-other-terminal",
        "challenge-other-purpose",
        "challenge-expired",
    ]
