"""A session with the JPKI application: the commands sent, their order and number."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from hypothesis import given
from hypothesis import strategies as st

from clinic_terminal.card.errors import CardError
from clinic_terminal.card.jpki import JpkiApplication, PinNeededError
from tests.builders.clinic.fake_card import (
    CARD_CHALLENGE,
    GET_CHALLENGE,
    PROVE_TERMINAL,
    READ,
    SELECT,
    SELECT_FILE,
    SIGN,
    SIGN_MESSAGE,
    TERMINAL_CERTIFICATE,
    VERIFY,
    FakeCard,
)
from tests.builders.clinic.samples import certificate_of, p256_key, p384_key, rsa_key


def file_of(size: int) -> bytes:
    """A file of `size` bytes that begins as a DER sequence of that size does."""
    return b"\x30\x82" + (size - 4).to_bytes(2) + bytes(index % 251 for index in range(size - 4))


def code_of(caught: pytest.ExceptionInfo[CardError]) -> str:
    return caught.value.code


def test_a_first_select_answered_6f00_is_sent_once_more() -> None:
    card = FakeCard(scripted={SELECT: ["6f00"]})
    JpkiApplication(card).select()
    assert len(card.commands) == 2


def test_a_second_6f00_is_card_not_my_number() -> None:
    card = FakeCard(scripted={SELECT: ["6f00", "6f00"]})
    with pytest.raises(CardError) as caught:
        JpkiApplication(card).select()
    assert code_of(caught) == "card-not-my-number"
    assert len(card.commands) == 2


@pytest.mark.parametrize("size", [4, 255, 256, 257, 511, 512, 513, 768, 1080, 8192])
def test_a_certificate_is_read_in_256_byte_chunks_the_last_exact(size: int) -> None:
    card = FakeCard(certificate=file_of(size))
    assert JpkiApplication(card).read_certificate() == file_of(size)
    reads = card.sent(READ)
    assert len(reads) == max(1, -(-size // 256))
    assert all(command.endswith("00") for command in reads[:-1])
    if size > 256:
        assert int(reads[-1][-2:], 16) == size % 256


@given(st.integers(min_value=4, max_value=8192), st.integers(min_value=0, max_value=600))
def test_a_certificate_of_any_size_is_read_without_trailing_bytes(size: int, behind: int) -> None:
    card = FakeCard(certificate=file_of(size) + bytes(behind))
    assert JpkiApplication(card).read_certificate() == file_of(size)


@given(st.integers(min_value=1, max_value=255))
def test_a_short_read_is_continued(step: int) -> None:
    class Reluctant(FakeCard):
        def _read(self, offset: int, length: int) -> bytes:
            return super()._read(offset, min(length, max(step, 4)))

    assert JpkiApplication(Reluctant(certificate=file_of(700))).read_certificate() == file_of(700)


def test_a_certificate_is_read_from_the_card_once() -> None:
    card = FakeCard()
    jpki = JpkiApplication(card)
    assert jpki.read_certificate() == jpki.read_certificate() == card.certificate
    assert len(card.sent(SELECT_FILE)) == 1


@pytest.mark.parametrize(
    "head", ["9000", "30829000", "000000009000", "3003010203049000", "3082ffff9000", "30821fFD9000"]
)
def test_a_file_without_a_certificate_is_unexpected(head: str) -> None:
    with pytest.raises(CardError) as caught:
        JpkiApplication(FakeCard(scripted={READ: [head]})).read_certificate()
    assert code_of(caught) == "card-unexpected"


def test_a_truncated_file_is_unexpected_and_reading_ends() -> None:
    card = FakeCard(certificate=file_of(1000)[:600])
    with pytest.raises(CardError) as caught:
        JpkiApplication(card).read_certificate()
    assert code_of(caught) == "card-unexpected"


def test_a_phones_certificate_needs_the_pin() -> None:
    jpki = JpkiApplication(FakeCard(certificate_needs_pin=True))
    with pytest.raises(PinNeededError):
        jpki.read_certificate()
    jpki.verify_pin("1234")
    assert jpki.read_certificate()


@pytest.mark.parametrize(("status_word", "tries_left"), [("63c3", 3), ("63c0", 0), ("6984", 0), ("6983", 0)])
def test_reading_the_counter_uses_no_try(status_word: str, tries_left: int) -> None:
    card = FakeCard(scripted={VERIFY: [status_word]})
    assert JpkiApplication(card).tries_left() == tries_left
    assert card.commands == ["00200098"]


@pytest.mark.parametrize("status_word", ["6a82", "6a88", "6986"])
def test_a_card_without_a_pin_is_pin_unset(status_word: str) -> None:
    with pytest.raises(CardError) as caught:
        JpkiApplication(FakeCard(scripted={VERIFY: [status_word]})).tries_left()
    assert code_of(caught) == "pin-unset"


def test_the_counter_is_read_before_verify() -> None:
    card = FakeCard()
    JpkiApplication(card).verify_pin("１２３４")
    assert card.commands == ["00200098", "002000980431323334"]


def test_a_known_counter_is_not_read_again() -> None:
    card = FakeCard()
    jpki = JpkiApplication(card)
    jpki.tries_left()
    jpki.verify_pin("1234")
    assert len(card.commands) == 2


@pytest.mark.parametrize("typed", ["123", "12345", "abcd", ""])
def test_a_malformed_pin_is_not_sent(typed: str) -> None:
    card = FakeCard()
    with pytest.raises(CardError) as caught:
        JpkiApplication(card).verify_pin(typed)
    assert code_of(caught) == "pin-malformed"
    assert card.commands == []


def test_a_locked_pin_is_never_verified() -> None:
    card = FakeCard(tries_left=0)
    with pytest.raises(CardError) as caught:
        JpkiApplication(card).verify_pin("1234")
    assert code_of(caught) == "pin-locked"
    assert card.commands == ["00200098"]


def test_each_wrong_pin_uses_one_verify_until_the_lock() -> None:
    card = FakeCard()
    jpki = JpkiApplication(card)
    codes = []
    for _ in range(4):
        with pytest.raises(CardError) as caught:
            jpki.verify_pin("9999")
        codes.append((code_of(caught), caught.value.tries_left))
    assert codes == [("pin-wrong", 2), ("pin-wrong", 1), ("pin-locked", 0), ("pin-locked", 0)]
    assert len(card.commands) == 1 + 3


def test_a_correct_pin_restores_all_tries() -> None:
    jpki = JpkiApplication(FakeCard(tries_left=1))
    assert jpki.tries_left() == 1
    jpki.verify_pin("1234")
    assert jpki.known_tries_left == 3


def test_after_a_connection_lost_during_verify_nothing_is_sent_again_and_the_counter_is_unknown() -> None:
    card = FakeCard(removed_at=VERIFY + "04")
    jpki = JpkiApplication(card)
    with pytest.raises(CardError) as caught:
        jpki.verify_pin("1234")
    assert code_of(caught) == "card-removed"
    assert len(card.sent(VERIFY + "04")) == 1
    assert jpki.known_tries_left is None


def test_an_rsa_card_signs_pkcs1_v15_with_sha256() -> None:
    jpki = JpkiApplication(FakeCard())
    jpki.verify_pin("1234")
    signature = jpki.sign_for_authentication(b"message")
    rsa_key().public_key().verify(signature, b"message", padding.PKCS1v15(), hashes.SHA256())


def test_a_p384_card_signs_ecdsa_with_sha384() -> None:
    jpki = JpkiApplication(FakeCard(key=p384_key()))
    jpki.verify_pin("1234")
    signature = jpki.sign_for_authentication(b"message")
    p384_key().public_key().verify(signature, b"message", ec.ECDSA(hashes.SHA384()))


def test_signing_without_the_pin_is_unexpected() -> None:
    with pytest.raises(CardError) as caught:
        JpkiApplication(FakeCard()).sign_for_authentication(b"message")
    assert (code_of(caught), caught.value.status_word) == ("card-unexpected", 0x6982)


def test_an_authenticated_terminal_gets_a_signature_without_pin() -> None:
    card = FakeCard()
    jpki = JpkiApplication(card)
    signed: list[bytes] = []

    def sign(message: bytes) -> bytes:
        signed.append(message)
        return b"\xaa" * 70

    jpki.authenticate_terminal(certificate_of(p256_key()), sign)
    signature = jpki.sign_without_pin(b"message")
    assert signed == [b"SHIKAKU terminal authentication v1\0" + CARD_CHALLENGE]
    assert card.sent(PROVE_TERMINAL) == ["80a200c146" + "aa" * 70]
    assert card.sent(VERIFY) == []
    rsa_key().public_key().verify(signature, b"message", padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("refused_at", [TERMINAL_CERTIFICATE, GET_CHALLENGE, PROVE_TERMINAL])
def test_a_card_that_refuses_the_terminal_is_unsupported(refused_at: str) -> None:
    card = FakeCard(scripted={refused_at: ["6d00"]})
    with pytest.raises(CardError) as caught:
        JpkiApplication(card).authenticate_terminal(certificate_of(p256_key()), lambda _: b"signature")
    assert code_of(caught) == "visual-check-unsupported"
    assert card.commands[-1].startswith(refused_at)


def test_a_card_that_refuses_to_sign_without_pin_is_unsupported() -> None:
    with pytest.raises(CardError) as caught:
        JpkiApplication(FakeCard(scripted={SIGN_MESSAGE: ["6982"]})).sign_without_pin(b"message")
    assert code_of(caught) == "visual-check-unsupported"


def test_a_whole_check_takes_five_commands_and_one_for_each_256_bytes_of_the_certificate() -> None:
    card = FakeCard()
    jpki = JpkiApplication(card)
    jpki.select()
    jpki.read_certificate()
    jpki.tries_left()
    jpki.verify_pin("1234")
    jpki.sign_for_authentication(b"message")
    chunks = -(-len(card.certificate) // 256)
    order = [SELECT, SELECT_FILE, *[READ] * chunks, VERIFY, VERIFY + "04", SIGN]
    assert all(command.startswith(begin) for command, begin in zip(card.commands, order, strict=True))
