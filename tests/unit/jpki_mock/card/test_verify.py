"""VERIFY: tries, locks, and the duration of a verified PIN."""

from collections.abc import Callable

import pytest

from jpki_mock.card import profile
from jpki_mock.card.image import Faults
from tests.builders.cards import (
    AUTHENTICATION_PIN,
    SIGNATURE_PIN,
    TestCard,
    card_image,
    pin,
    pins,
    select,
    verify,
)

RIGHT = verify(profile.AUTHENTICATION_PIN, AUTHENTICATION_PIN)
WRONG = verify(profile.AUTHENTICATION_PIN, "9999")
QUERY = "00200098"
SIGN = f"802A009701{'00'}00"


def jpki(**changes: object) -> TestCard:
    card = TestCard(card_image(**changes))
    card.send(select())
    return card


def test_querying_the_tries_left_uses_none_and_never_returns_9000() -> None:
    card = jpki()
    assert [card.send(QUERY), card.send(RIGHT), card.send(QUERY), card.send(QUERY)] == [
        "63C3",
        "9000",
        "63C3",
        "63C3",
    ]


def test_a_pin_locks_after_its_last_try_and_counts_no_further() -> None:
    card = jpki()
    assert [card.send(WRONG) for _ in range(5)] == ["63C2", "63C1", "63C0", "6984", "6984"]
    assert card.send(QUERY) == "63C0"


def test_the_correct_pin_does_not_unlock() -> None:
    card = jpki(pins=pins(authentication=pin(AUTHENTICATION_PIN, 3, tries_left=0)))
    assert card.send(RIGHT) == "6984"
    assert card.send(SIGN) == "6982"


def test_some_cards_return_6983_for_a_locked_pin() -> None:
    locked = pins(authentication=pin(AUTHENTICATION_PIN, 3, tries_left=0))
    assert jpki(pins=locked, faults=Faults(locked_status="6983")).send(RIGHT) == "6983"


def test_success_resets_the_tries() -> None:
    card = jpki()
    assert [card.send(command) for command in (WRONG, WRONG, RIGHT, QUERY)] == [
        "63C2",
        "63C1",
        "9000",
        "63C3",
    ]


@pytest.mark.parametrize("typed", ["1", "12345", "１２３４", "x" * 200])
def test_a_malformed_pin_uses_a_try_like_a_wrong_one(typed: str) -> None:
    data = typed.encode()
    assert jpki().send(f"00200098{len(data):02X}{data.hex()}") == "63C2"


def test_each_pin_has_its_own_counter() -> None:
    card = jpki()
    assert card.send(verify(profile.SIGNATURE_PIN, "WRONG1")) == "63C4"
    assert card.send(QUERY) == "63C3"
    assert card.send(verify(profile.SIGNATURE_PIN, SIGNATURE_PIN)) == "9000"


def test_counters_are_saved_immediately_and_only_on_change() -> None:
    card = jpki()
    card.send(RIGHT)
    assert card.saved == []
    card.send(WRONG)
    card.send(RIGHT)
    assert [image.pins.authentication.tries_left for image in card.saved] == [2, 3]
    assert card.saved[-1] == card.image


def reselect(card: TestCard) -> None:
    card.send(select())


def other_application(card: TestCard) -> None:
    card.send(select(profile.COMMON_CARD))
    card.send(select())


def power_cycle(card: TestCard) -> None:
    card.power_off()
    card.power_on()
    card.send(select())


def wrong_pin(card: TestCard) -> None:
    card.send(WRONG)


def warm_reset(card: TestCard) -> None:
    card.reset()


def unknown_application(card: TestCard) -> None:
    card.send(select(b"\x01"))


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (reselect, "6982"),
        (other_application, "6982"),
        (power_cycle, "6982"),
        (wrong_pin, "6982"),
        (warm_reset, "9000"),
        (unknown_application, "9000"),
    ],
)
def test_events_that_end_a_verified_pin(event: Callable[[TestCard], None], status: str) -> None:
    card = jpki()
    card.send(RIGHT)
    event(card)
    assert card.status(SIGN) == status


@pytest.mark.parametrize(
    ("file", "command", "status"),
    [
        ("0018", "00200080", "63C3"),
        ("0018", "0020008004 31323334", "9000"),
        ("001B", "00200080", "63C5"),
        ("0017", "00200080", "6981"),
        ("000A", "0020008004 31323334", "6981"),
        ("0018", "00200180", "6A86"),
        ("0018", "00200000", "6A86"),
        ("0018", "0020009F", "6A86"),
        ("0018", "00200083", "6A82"),
    ],
)
def test_a_pin_is_referenced_by_current_file_or_short_identifier(
    file: str, command: str, status: str
) -> None:
    card = jpki()
    card.send(f"00A4020C02{file}")
    assert card.send(command) == status


def test_a_card_without_the_pin_has_no_such_file_and_does_not_sign() -> None:
    card = jpki(pins=pins(authentication=pin(None, 3)), signature=None)
    assert card.send("00A4020C020018") == "6A82"
    assert card.send(QUERY) == "6A82"
    assert card.send(RIGHT) == "6A82"
    assert card.send(SIGN) == "6982"
