"""Cursors: encoding, decoding, and rejection of other texts."""

from __future__ import annotations

import base64
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.web import cursor

NUMBERS = st.integers(0, 2**63 - 1)
SECONDS = st.integers(946_684_800, 221_845_000_000) | st.floats(946_684_800, 32_503_680_000)
INSTANTS = SECONDS.map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(place=st.tuples(INSTANTS, NUMBERS, NUMBERS))
def test_a_place_comes_back(place: cursor.Position) -> None:
    assert cursor.decode_position(cursor.encode(place)) == place


@given(number=NUMBERS)
def test_a_number_comes_back(number: int) -> None:
    assert cursor.decode_number(cursor.encode(number)) == number


@given(place=st.tuples(INSTANTS, st.uuids()))
def test_a_place_named_by_an_id_comes_back(place: cursor.NamedPosition) -> None:
    assert cursor.decode_named_position(cursor.encode(place)) == place


@given(
    text=st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
)
def test_any_text_is_a_place_or_refused(text: str) -> None:
    for read in (cursor.decode_position, cursor.decode_number, cursor.decode_named_position):
        with suppress(ShikakuError):
            read(text)


@pytest.mark.parametrize(
    "value",
    [
        ["0001-01-01T00:00:00+14:00", 1, 1],
        ["9999-12-31T23:59:59-14:00", 1, 1],
        ["2026-04-01T00:00:00", 1, 1],
        ["2026-04-01T00:00:00Z", -1, 1],
        ["2026-04-01T00:00:00Z", 1, 2**63],
        ["2026-04-01T00:00:00Z", 1],
    ],
)
def test_a_place_that_cannot_exist_is_rejected(value: list[object]) -> None:
    with pytest.raises(ShikakuError) as caught:
        cursor.decode_position(cursor.encode(value))
    assert caught.value.code == "cursor-invalid"


@pytest.mark.parametrize(
    "value",
    [
        ["0001-01-01T00:00:00+14:00", "019ab000-0000-7000-8000-0000000000c1"],
        ["2026-04-01T00:00:00", "019ab000-0000-7000-8000-0000000000c1"],
        ["2026-04-01T00:00:00Z", "no id"],
        ["2026-04-01T00:00:00Z", 1],
        ["2026-04-01T00:00:00Z"],
        1,
    ],
    ids=str,
)
def test_a_place_named_by_no_id_is_rejected(value: object) -> None:
    with pytest.raises(ShikakuError) as caught:
        cursor.decode_named_position(cursor.encode(value))
    assert caught.value.code == "cursor-invalid"
