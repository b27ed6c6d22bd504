"""The messages of the vpcd driver, without a socket."""

import pytest

from jpki_mock.card import profile
from jpki_mock.card.card import CardGone
from jpki_mock.card.vpcd import respond
from tests.builders.cards import AUTHENTICATION_PIN, TestCard, select, verify

OFF, ON, RESET, ATR = b"\x00", b"\x01", b"\x02", b"\x04"
SELECT = bytes.fromhex(select())
VERIFY = bytes.fromhex(verify(profile.AUTHENTICATION_PIN, AUTHENTICATION_PIN))
SIGN = bytes.fromhex("802A0097010000")


def test_a_command_is_answered_and_orders_are_not() -> None:
    card = TestCard()
    assert [respond(card, message) for message in (ON, RESET, OFF, ON, SELECT)] == [None] * 4 + [b"\x90\x00"]


def test_the_presence_poll_gives_the_atr_and_changes_nothing() -> None:
    card = TestCard()
    respond(card, SELECT)
    respond(card, VERIFY)
    assert respond(card, ATR) == profile.ATR
    assert (respond(card, SIGN) or b"")[-2:] == b"\x90\x00"
    respond(card, OFF)
    assert respond(card, ATR) == profile.ATR
    with pytest.raises(CardGone):
        respond(card, SELECT)


@pytest.mark.parametrize(("order", "status"), [(RESET, b"\x90\x00"), (ON, b"\x6a\x82")])
def test_a_reset_keeps_the_pin_and_power_on_starts_anew(order: bytes, status: bytes) -> None:
    card = TestCard()
    respond(card, SELECT)
    respond(card, VERIFY)
    respond(card, order)
    assert (respond(card, SIGN) or b"")[-2:] == status


def test_an_unknown_order_is_passed_over() -> None:
    assert respond(TestCard(), b"\x7f") is None
