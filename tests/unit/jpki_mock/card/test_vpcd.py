"""The messages of the vpcd driver, and termination by signals, without a socket."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki_mock.card import profile, vpcd
from jpki_mock.card.card import CardGone
from jpki_mock.card.vpcd import respond, serve_card
from tests.builders.cards import AUTHENTICATION_PIN, TestCard, card_file, select, verify

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


class Driver:
    """The driver's end of a connection: its bytes, in parts of any size."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = list(parts)
        self.options: list[int] = []
        self.sent = b""

    def recv(self, size: int) -> bytes:
        if not self._parts:
            return b""
        part, rest = self._parts[0][:size], self._parts[0][size:]
        self._parts[:1] = [rest] if rest else []
        return part

    def setsockopt(self, level: int, option: int, value: int) -> None:
        self.options.append(option)

    def sendall(self, data: bytes) -> None:
        self.sent += data


def messages_of(driver: Driver) -> list[bytes]:
    found = []
    while message := vpcd._receive(driver):  # type: ignore[arg-type]
        found.append(message)
    return found


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=5), st.integers(1, 9))
def test_messages_are_read_however_the_connection_cuts_them(messages: list[bytes], size: int) -> None:
    stream = b"".join(len(message).to_bytes(2) + message for message in messages)
    parts = [stream[place : place + size] for place in range(0, len(stream), size)]
    assert messages_of(Driver(*parts)) == messages


@pytest.mark.parametrize("stream", [b"", b"\x00", b"\x00\x05abc", b"\x00\x00"])
def test_a_connection_that_ends_within_a_message_has_none(stream: bytes) -> None:
    assert messages_of(Driver(*([stream] if stream else []))) == []


def test_an_answer_is_preceded_by_its_length_and_a_card_that_leaves_answers_half() -> None:
    inserted, driver, card = object.__new__(vpcd.InsertedCard), Driver(), TestCard()
    inserted._driver = driver  # type: ignore[assignment]
    inserted._respond(card, SELECT)
    assert driver.sent == b"\x00\x02\x90\x00"
    inserted._respond(card, ON)
    assert driver.sent == b"\x00\x02\x90\x00"  # a reader command has no answer
    card.power_off()
    with pytest.raises(CardGone):
        inserted._respond(card, SELECT)
    assert driver.sent[4:] == vpcd._TRUNCATED_RESPONSE


@pytest.mark.parametrize("error", [ConnectionRefusedError(), TimeoutError(), OSError("no route")])
def test_without_a_driver_the_card_is_free_for_another_reader(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: OSError
) -> None:
    def refuse(*_: object) -> None:
        raise error

    path = card_file(tmp_path, "card.json")
    monkeypatch.setattr(socket, "create_connection", refuse)
    for _ in range(2):  # a card that stayed in use would raise BlockingIOError
        with pytest.raises(ConnectionRefusedError, match="no driver of a virtual reader listens there"):
            vpcd.InsertedCard(path, "127.0.0.1", 1)
