"""READ BINARY, and the contents of the JPKI application's files."""

import pytest

from jpki_mock.card import profile
from tests.builders.cards import (
    AUTHENTICATION_PIN,
    SIGNATURE_PIN,
    TestCard,
    card_image,
    select,
    verify,
)


def jpki(**changes: object) -> TestCard:
    card = TestCard(card_image(**changes))
    card.send(select())
    return card


def whole(card: TestCard, number: int) -> bytes:
    card.send(f"00A4020C02{number:04X}")
    response = card.transmit(bytes.fromhex("00B00000000000"))
    assert response[-2:] == b"\x90\x00", response[-2:].hex()
    return response[:-2]


def test_certificates_and_ca_certificates_are_freely_readable() -> None:
    card, image = jpki(), card_image()
    assert image.signature is not None
    assert whole(card, profile.AUTHENTICATION_CERTIFICATE) == image.authentication.certificate
    assert whole(card, profile.AUTHENTICATION_CA) == image.authentication.ca_certificate
    assert whole(card, profile.SIGNATURE_CA) == image.signature.ca_certificate


def test_a_certificate_is_read_in_short_parts_of_exact_length() -> None:
    card, expected = jpki(), card_image().authentication.certificate
    head = card.transmit(bytes.fromhex("00B08A0004"))
    assert head == expected[:4] + b"\x90\x00"
    size, pieces = 4 + int.from_bytes(head[2:4]), b""
    while len(pieces) < size:
        command = b"\x00\xb0" + len(pieces).to_bytes(2) + bytes([min(255, size - len(pieces))])
        pieces += card.transmit(command)[:-2]
    assert pieces == expected


def test_the_signature_certificate_needs_the_signature_pin() -> None:
    card = jpki()
    assert card.send("00B0810004") == "6982"
    card.send(verify(profile.AUTHENTICATION_PIN, AUTHENTICATION_PIN))
    assert card.send("00B0810004") == "6982"
    card.send(verify(profile.SIGNATURE_PIN, SIGNATURE_PIN))
    assert card.status("00B0810004") == "9000"


def test_a_phones_certificate_requires_the_pin() -> None:
    phone = jpki(carrier="android")
    assert phone.send("00B08A0004") == "6982"
    phone.send(verify(profile.AUTHENTICATION_PIN, AUTHENTICATION_PIN))
    assert phone.status("00B08A0004") == "9000"


@pytest.mark.parametrize(
    ("carrier", "label"), [("card", b"JPKIAPICCTOKEN2"), ("android", b"JPKIAPGPSETOKEN")]
)
def test_the_token_information_has_the_carrier_in_its_first_32_bytes(carrier: str, label: bytes) -> None:
    information = whole(jpki(carrier=carrier), profile.TOKEN_INFORMATION)
    assert information[:32] == label.ljust(32)
    assert len(information) == 160
    assert information[96:144].hex() == (
        "0000040d000000010000000000000001000000000000001000000006" + "ffffffff" * 4 + "30333031"
    )
    assert information[144:] == b"9" * 16


def test_a_card_without_a_signature_key_indicates_it_and_has_none_of_its_files() -> None:
    card = jpki(signature=None)
    assert whole(card, profile.AVAILABILITY).hex() == "008f00"
    assert {card.send(f"00A4020C02{number}") for number in ("0001", "0002", "001A", "001B")} == {"6A82"}
    assert whole(jpki(), profile.AVAILABILITY).hex() == "8f8f00"


@pytest.mark.parametrize(
    ("file", "command", "status"),
    [
        ("0006", "00B0000000", "9000"),  # Le 00: all available bytes
        ("0006", "00B000009F", "9000"),
        ("0006", "00B00000A1", "6282"),
        ("0006", "00B0009F01", "9000"),
        ("0006", "00B000A001", "6B00"),
        ("0006", "00B07FFF00", "6B00"),
        ("0006", "00B08AFF01", "9000"),  # by short identifier, the offset is P2 only
        ("0006", "00B0860000", "9000"),
        ("0006", "00B0830000", "6A82"),
        ("0006", "00B0C00000", "6A86"),
        ("0006", "00B00000", "6700"),
        ("0006", "00B00000020102", "6700"),
        ("0009", "00B0000004", "6982"),
        ("0010", "00B0000004", "6982"),
        ("0016", "00B0000004", "6981"),
        ("0017", "00B0000004", "6981"),
        ("0018", "00B0000004", "6981"),
    ],
)
def test_status_words_of_read_binary(file: str, command: str, status: str) -> None:
    card = jpki()
    assert card.send(f"00A4020C02{file}") == "9000"
    assert card.status(command) == status


def test_at_the_end_of_a_file_the_available_bytes_are_returned() -> None:
    card = jpki()
    card.send("00A4020C020006")
    assert card.send("00B0009E10") == "39396282"


def test_reading_by_short_identifier_selects_the_file() -> None:
    card = jpki()
    assert card.send("00B0860001") == card.send("00B0000001") == "4A9000"
