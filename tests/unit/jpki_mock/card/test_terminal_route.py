"""The PIN-less route: only for a certified terminal, a visual check, and one selection."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from jpki_mock.card import profile
from tests.builders.cards import (
    NOW,
    TestCard,
    card_image,
    key_slot,
    p256_key,
    p384_key,
    pin,
    pins,
    rsa_key,
    select,
    terminal_certificate,
)

VISUAL_CHECK = profile.VISUAL_CHECK_TAGS[0] + bytes(32)


def jpki(**changes: object) -> TestCard:
    card = TestCard(card_image(**changes))
    card.send(select())
    return card


def present(card: TestCard, certificate: bytes) -> str:
    pieces = [certificate[start : start + 255] for start in range(0, len(certificate), 255)]
    for piece in pieces[:-1]:
        assert card.send(f"90A206C1{len(piece):02X}{piece.hex()}") == "9000"
    return card.send(f"80A206C1{len(pieces[-1]):02X}{pieces[-1].hex()}")


def prove(card: TestCard, key_number: int = 7, tag: bytes = profile.TERMINAL_AUTHENTICATION_TAG) -> str:
    challenge = card.transmit(bytes.fromhex("0084000020"))[:-2]
    signature = p256_key(key_number).sign(tag + challenge, ECDSA(SHA256()))
    return card.send(f"80A200C1{len(signature):02X}{signature.hex()}")


def sign(card: TestCard, message: bytes = VISUAL_CHECK, header: str = "802A0397") -> bytes:
    return card.transmit(bytes.fromhex(f"{header}{len(message):02X}{message.hex()}00"))


def opened(**changes: object) -> TestCard:
    card = jpki(**changes)
    assert present(card, terminal_certificate()) == "9000"
    assert prove(card) == "9000"
    return card


def test_a_certified_terminal_gets_a_visual_check_signed_without_a_pin() -> None:
    signature = sign(opened())
    assert signature[-2:] == b"\x90\x00"
    rsa_key(1).public_key().verify(signature[:-2], VISUAL_CHECK, PKCS1v15(), SHA256())


def test_a_p384_card_hashes_with_sha384() -> None:
    signature = sign(opened(authentication=key_slot(p384_key())))
    p384_key().public_key().verify(signature[:-2], VISUAL_CHECK, ECDSA(SHA384()))


def test_the_route_works_for_a_card_without_a_pin() -> None:
    assert sign(opened(pins=pins(authentication=pin(None, 3))))[-2:] == b"\x90\x00"


@pytest.mark.parametrize(
    ("message", "header"),
    [
        (b"SHIKAKU presence v1\0" + bytes(32), "802A0397"),
        (b"SHIKAKU visual-check v1", "802A0397"),
        (b"x" + VISUAL_CHECK, "802A0397"),
        (VISUAL_CHECK, "802A0097"),  # unhashed: the card would not know what it signs
        (VISUAL_CHECK, "802A0297"),
        (VISUAL_CHECK, "802A039A"),  # the signature key
    ],
)
def test_everything_else_requires_the_pin(message: bytes, header: str) -> None:
    assert sign(opened(), message, header) == b"\x69\x82"


def reselect(card: TestCard) -> None:
    card.send(select())


def power_cycle(card: TestCard) -> None:
    card.power_off()
    card.power_on()
    card.send(select())


@pytest.mark.parametrize("end", [reselect, power_cycle])
def test_the_route_ends_with_the_selection(end: Callable[[TestCard], None]) -> None:
    card = opened()
    end(card)
    assert sign(card) == b"\x69\x82"


@pytest.mark.parametrize(
    ("certificate", "status"),
    [
        (terminal_certificate(issuer_key=p256_key(6)), "6982"),
        (terminal_certificate(issuer="ANOTHER CA"), "6982"),
        (terminal_certificate(end=NOW - timedelta(seconds=1)), "6982"),
        (terminal_certificate(start=NOW + timedelta(seconds=1)), "6982"),
        (terminal_certificate(key=rsa_key(1)), "6982"),
        (terminal_certificate(key=generate_private_key(SECP384R1())), "6982"),
        (b"rubbish", "6A80"),
        (terminal_certificate()[:-1], "6A80"),
    ],
    ids=["key", "issuer", "expired", "not yet", "RSA", "P-384", "rubbish", "cut short"],
)
def test_a_certificate_that_the_card_does_not_trust_leaves_no_state(certificate: bytes, status: str) -> None:
    card = opened()
    assert present(card, certificate) == status
    assert sign(card) == b"\x69\x82"
    assert prove(card) == "6985"


def test_an_invalid_authority_certificate_trusts_no_terminal() -> None:
    assert present(jpki(terminal_authority=b"rubbish"), terminal_certificate()) == "6982"


def test_a_card_without_the_route_refuses_it() -> None:
    card = jpki(terminal_authority=None)
    assert present(card, terminal_certificate()) == "6A88"
    assert card.send("00A4020C020016") == "6A82"


def test_a_wrong_signature_ends_the_attempt() -> None:
    card = jpki()
    present(card, terminal_certificate())
    assert prove(card, key_number=6) == "6982"
    assert prove(card) == "6985"
    assert sign(card) == b"\x69\x82"


def test_the_signature_covers_the_tag() -> None:
    card = jpki()
    present(card, terminal_certificate())
    assert prove(card, tag=b"") == "6982"


def test_a_challenge_is_answered_once() -> None:
    card = jpki()
    present(card, terminal_certificate())
    challenge = card.transmit(bytes.fromhex("0084000020"))[:-2]
    signature = p256_key(7).sign(profile.TERMINAL_AUTHENTICATION_TAG + challenge, ECDSA(SHA256()))
    command = f"80A200C1{len(signature):02X}{signature.hex()}"
    assert [card.send(command), card.send(command)] == ["9000", "6985"]


def test_a_challenge_of_another_length_is_not_for_terminals() -> None:
    card = jpki()
    present(card, terminal_certificate())
    assert card.send("0084000008") == "00010203040506079000"
    assert card.send("80A200C10101") == "6985"


def test_a_certificate_can_be_sent_in_one_extended_command() -> None:
    certificate = terminal_certificate()
    assert jpki().send(f"80A206C100{len(certificate):04X}{certificate.hex()}") == "9000"


def test_another_command_breaks_the_chain() -> None:
    card, certificate = jpki(), terminal_certificate()
    assert card.send(f"90A206C1{100:02X}{certificate[:100].hex()}") == "9000"
    card.send("00200098")
    assert card.send(f"80A206C100{len(certificate) - 100:04X}{certificate[100:].hex()}") == "6A80"


def test_a_chain_that_is_too_long_is_discarded() -> None:
    card = jpki()
    piece = f"90A206C1FF{'30' * 255}"
    assert [card.send(piece) for _ in range(17)] == ["9000"] * 16 + ["6700"]
    assert present(card, terminal_certificate()) == "9000"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("80A206C1", "6700"),
        ("80A200C1", "6700"),
        ("80A200C10101", "6985"),
        ("90A200C10101", "6E00"),
        ("80A201C10101", "6A86"),
        ("80A206C20101", "6A86"),
        ("0084000100", "6A86"),
        ("0084000000", "9000"),
        ("00840000000020", "6985"),
        ("00840000", "6700"),
        ("00840000010100", "6700"),
    ],
)
def test_status_words_of_the_route(command: str, status: str) -> None:
    assert jpki().status(command) == status


def test_only_the_jpki_application_has_the_route() -> None:
    card = jpki()
    card.send(select(profile.TEXT_ATTRIBUTES))
    assert card.send("80A206C10101") == "6985"
