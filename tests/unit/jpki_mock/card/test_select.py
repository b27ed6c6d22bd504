"""Selecting applications and files; classes, channels and instructions."""

import pytest

from jpki_mock.card import profile
from tests.builders.cards import TestCard, card_image, select

APPLICATIONS = [
    profile.JPKI,
    profile.TEXT_ATTRIBUTES,
    profile.CARD_FACE,
    profile.RESIDENT_REGISTER,
    profile.COMMON_CARD,
]


@pytest.mark.parametrize("aid", APPLICATIONS)
def test_every_application_is_selected_by_its_full_aid(aid: bytes) -> None:
    assert TestCard().send(select(aid)) == "9000"


@pytest.mark.parametrize(
    "aid",
    [
        "D392F0002601",  # a prefix: real cards accept it; the emulator is strict, so that terminals send the full AID
        "D392F00026010000000100",
        "D392F000260100000002",
        "A000000308000010000100",
        "A0000000790100",
        "D27600012401",
        "E82B0601040181C31F0201",
    ],
)
def test_any_other_aid_returns_6a82(aid: str) -> None:
    assert TestCard().send(select(bytes.fromhex(aid))) == "6A82"


def test_a_select_without_an_aid_fails() -> None:
    assert TestCard().send("00A4040C") == "6A82"


def test_a_failed_select_keeps_the_selected_application() -> None:
    card = TestCard()
    card.send(select())
    assert card.send(select(b"\x01\x02")) == "6A82"
    assert card.send("00A4020C02000A") == "9000"


def test_file_control_information_is_returned_if_requested() -> None:
    assert TestCard().send(f"00A404000A{profile.JPKI.hex()}00") == f"6F0C840A{profile.JPKI.hex().upper()}9000"


def test_another_occurrence_of_an_application_is_not_supported() -> None:
    card = TestCard()
    assert card.send(f"00A404020A{profile.JPKI.hex()}") == "6A86"
    assert card.send("00A4020C020018") == "6A82"


def test_a_phone_has_the_jpki_application_only() -> None:
    phone = TestCard(card_image(carrier="android"))
    assert [phone.send(select(aid)) for aid in APPLICATIONS] == ["9000", "6A82", "6A82", "6A82", "6A82"]


@pytest.mark.parametrize(
    ("command", "issuer_domain", "application"),
    [
        ("00A40000", "6A86", "9000"),
        ("00A40000023F00", "6A86", "9000"),
        ("00A40000022F00", "6A86", "6A82"),
        ("00A4020C02000A", "6A82", "9000"),
        ("00A4020C027777", "6A82", "6A82"),
        ("00A4020C0100", "6700", "6700"),
        ("00A4080C02000A", "6A86", "6A86"),
        ("00B0000004", "6986", "6986"),
        ("00200080", "6986", "6986"),
        ("00200098", "6A82", "63C3"),
        ("802A00800401020304", "6986", "6986"),
        ("00CADF3005", "6A88", "6A88"),
        ("00CA5F5100", "6A88", "6A88"),
        ("00B2010400", "6A83", "6A83"),
        ("0088008008010203040506070800", "6985", "6985"),
        ("0088008001FF00", "6985", "6985"),
        (f"00880080F5{'00' * 245}00", "6985", "6985"),
        (f"00880080F6{'00' * 246}00", "6700", "6700"),
        ("00880080080102030405060708", "6700", "6700"),
        ("0088008000", "6700", "6700"),
        ("00880080", "6700", "6700"),
    ],
)
def test_files_are_selectable_only_in_their_application(
    command: str, issuer_domain: str, application: str
) -> None:
    card = TestCard()
    assert card.status(command) == issuer_domain
    card.send(select())
    assert card.status(command) == application


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("01A4040C", "6881"),
        ("03200080", "6881"),
        ("812A0080", "6881"),
        ("40A4040C", "6881"),
        ("0CA4040C", "6882"),
        ("842A0080", "6882"),
        ("20A4040C", "6E00"),
        ("80A4040C", "6E00"),
        ("10A4040C", "6E00"),
        ("902A0080", "6E00"),
        ("A0A40000", "6E00"),
        ("FFA40000", "6E00"),
        ("002A9E9A", "6E00"),
        ("00010000", "6D00"),
        ("00240180", "6D00"),
        ("0022F301", "6D00"),
        ("00CB3FFF00", "6D00"),
        ("80AE0000", "6D00"),
    ],
)
def test_class_and_instruction_are_checked(command: str, status: str) -> None:
    card = TestCard()
    card.send(select())
    assert card.send(command) == status
