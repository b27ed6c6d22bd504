"""Power, deliberate faults, and logging."""

import logging

import pytest

from jpki_mock.card import profile
from jpki_mock.card.card import CardGone
from jpki_mock.card.image import Faults
from tests.builders.cards import (
    ATTRIBUTES_PIN,
    AUTHENTICATION_PIN,
    SIGNATURE_PIN,
    TestCard,
    card_image,
    select,
    verify,
)


def test_power_on_and_reset_return_the_atr() -> None:
    card = TestCard()
    assert card.power_on() == card.reset() == card.atr == bytes.fromhex("3B888001000005E0B381A1007F")


def test_a_card_without_power_does_not_respond() -> None:
    card = TestCard()
    card.power_off()
    with pytest.raises(ConnectionResetError):
        card.send(select())


def test_a_reset_powers_a_card_without_power() -> None:
    card = TestCard()
    card.power_off()
    card.reset()
    assert card.send(select()) == "9000"


def test_power_on_selects_the_issuer_domain() -> None:
    card = TestCard()
    card.send(select())
    card.power_on()
    assert card.send("00A4020C020018") == "6A82"


def test_retry_counters_persist_over_power_cycles() -> None:
    card = TestCard()
    card.send(select())
    card.send(verify(profile.AUTHENTICATION_PIN, "0000"))
    card.power_off()
    card.power_on()
    card.send(select())
    assert card.send("00200098") == "63C2"


def test_a_card_without_faults_has_no_delay() -> None:
    card = TestCard()
    card.send(select())
    assert card.waited == []


def test_a_slow_card_delays_every_command() -> None:
    card = TestCard(card_image(faults=Faults(delay_ms=60)))
    card.send(select())
    card.send("00200098")
    assert card.waited == [0.06, 0.06]


def test_a_card_leaves_at_the_configured_command_and_stays_out() -> None:
    card = TestCard(card_image(faults=Faults(pull_at_apdu=2)))
    assert card.send(select()) == "9000"
    for _ in range(2):
        with pytest.raises(CardGone):
            card.send(verify(profile.AUTHENTICATION_PIN, "0000"))
        card.power_on()
    assert card.saved == []


def test_a_card_can_execute_a_command_and_leave_before_it_responds() -> None:
    card = TestCard(card_image(faults=Faults(lose_answer_at_apdu=2)))
    assert card.send(select()) == "9000"
    with pytest.raises(CardGone):
        card.send(verify(profile.AUTHENTICATION_PIN, "0000"))
    card.power_on()
    with pytest.raises(CardGone):
        card.send(select())
    assert [image.pins.authentication.tries_left for image in card.saved] == [2]


def test_a_card_can_return_6f00_once_after_each_power_on() -> None:
    card = TestCard(card_image(faults=Faults(first_command_6f00=True)))
    assert [card.send(select()) for _ in range(3)] == ["6F00", "9000", "9000"]
    card.reset()
    assert card.send(select()) == "9000"
    card.power_on()
    assert card.send(select()) == "6F00"


def test_the_log_has_commands_and_status_words_but_no_secrets(caplog: pytest.LogCaptureFixture) -> None:
    card = TestCard()
    with caplog.at_level(logging.DEBUG, logger="jpki_mock.card.card"):
        card.send(select())
        card.send(verify(profile.AUTHENTICATION_PIN, AUTHENTICATION_PIN))
        card.send(f"01200098 000006 {SIGNATURE_PIN.encode().hex()}")
        card.send(f"00240180 04 {AUTHENTICATION_PIN.encode().hex()}")
        card.send(select(profile.TEXT_ATTRIBUTES))
        card.send(verify(profile.ATTRIBUTES_PIN, ATTRIBUTES_PIN))
        card.send("00B0820000")
    assert caplog.messages == [
        "00 A4 04 0C 0A D3 92 F0 00 26 01 00 00 00 01 -> 9000 after 0 bytes",
        "00 20 00 98 [masked] -> 9000 after 0 bytes",
        "01 20 00 98 [masked] -> 6881 after 0 bytes",
        "00 24 01 80 [masked] -> 6D00 after 0 bytes",
        "00 A4 04 0C 0A D3 92 10 00 31 00 01 01 04 08 -> 9000 after 0 bytes",
        "00 20 00 91 [masked] -> 9000 after 0 bytes",
        "00 B0 82 00 00 -> 9000 after 86 bytes",
    ]
