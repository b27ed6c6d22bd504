"""The messages of the vpcd driver, and termination by signals, without a socket."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from jpki_mock.card import profile, vpcd
from jpki_mock.card.card import CardGone
from jpki_mock.card.vpcd import respond, serve_card
from tests.builders.cards import AUTHENTICATION_PIN, TestCard, select, verify

OFF, ON, RESET, ATR = b"\x00", b"\x01", b"\x02", b"\x04"
SELECT = bytes.fromhex(select())
VERIFY = bytes.fromhex(verify(profile.AUTHENTICATION_PIN, AUTHENTICATION_PIN))
SIGN = bytes.fromhex("802A0097010000")


def test_commands_are_answered_and_reader_commands_are_not() -> None:
    card = TestCard()
    assert [respond(card, message) for message in (ON, RESET, OFF, ON, SELECT)] == [None] * 4 + [b"\x90\x00"]


def test_the_presence_poll_returns_the_atr_and_changes_nothing() -> None:
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
def test_a_reset_keeps_the_pin_and_power_on_clears_it(order: bytes, status: bytes) -> None:
    card = TestCard()
    respond(card, SELECT)
    respond(card, VERIFY)
    respond(card, order)
    assert (respond(card, SIGN) or b"")[-2:] == status


def test_an_unknown_reader_command_is_ignored() -> None:
    assert respond(TestCard(), b"\x7f") is None


class InsertedAt:
    """A fake card during whose insertion a signal may arrive."""

    is_out = True

    def __init__(self, number: signal.Signals | None) -> None:
        if number is not None:
            signal.raise_signal(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing."""


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM])
def harmless_signal(request: pytest.FixtureRequest) -> Iterator[signal.Signals]:
    """A signal that fails the test if Python handles it."""
    number: signal.Signals = request.param

    def fail(*_: object) -> None:
        pytest.fail("interrupted")

    former = signal.signal(number, fail)
    yield number
    signal.signal(number, former)


def test_a_signal_during_insertion_ends_serving_cleanly(
    monkeypatch: pytest.MonkeyPatch, harmless_signal: signal.Signals
) -> None:
    def inserted(*_: Any) -> InsertedAt:
        return InsertedAt(harmless_signal)

    monkeypatch.setattr(vpcd, "InsertedCard", inserted)
    serve_card(Path("card.json"), "127.0.0.1", 1)


def test_a_card_that_leaves_by_itself_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vpcd, "InsertedCard", lambda *_: InsertedAt(None))
    with pytest.raises(CardGone):
        serve_card(Path("card.json"), "127.0.0.1", 1)
