"""A card file as a connection: the terminal's protocol, and exclusive locking."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from jpki_mock.card import profile
from jpki_mock.card.card_file import CardFile
from jpki_mock.card.image import Faults, load_image
from jpki_mock.card.in_process import open_card
from tests.builders.cards import card_file, key_slot, rsa_key, select, verify

SELECT = bytes.fromhex(select())
WRONG = bytes.fromhex(verify(profile.AUTHENTICATION_PIN, "0000"))


def test_a_card_file_answers_commands(tmp_path: Path) -> None:
    connection = open_card(card_file(tmp_path))
    assert connection.reader_name == "card file card.json"
    assert connection.atr == profile.ATR
    assert connection.transmit(SELECT) == b"\x90\x00"
    connection.close()


def test_counters_are_saved_immediately_and_persist_over_connections(tmp_path: Path) -> None:
    path = card_file(tmp_path)
    for tries_left in (2, 1):
        connection = open_card(path)
        connection.transmit(SELECT)
        assert connection.transmit(WRONG) == bytes([0x63, 0xC0 | tries_left])
        assert load_image(path).pins.authentication.tries_left == tries_left
        connection.close()


def test_a_card_can_be_in_one_reader_only(tmp_path: Path) -> None:
    path = card_file(tmp_path)
    (tmp_path / "alias.json").symlink_to(path)
    first = open_card(path)
    first.transmit(SELECT)
    first.transmit(WRONG)  # the file has been replaced now
    for name in (path, tmp_path / "alias.json"):
        with pytest.raises(BlockingIOError):
            open_card(name)
    first.close()
    open_card(path).close()


def test_a_closed_connection_fails_and_can_be_closed_again(tmp_path: Path) -> None:
    connection = open_card(card_file(tmp_path))
    connection.close()
    connection.close()
    with pytest.raises(ConnectionResetError):
        connection.transmit(SELECT)


def test_a_removed_card_is_a_lost_connection(tmp_path: Path) -> None:
    connection = open_card(card_file(tmp_path, faults=Faults(pull_at_apdu=1)))
    with pytest.raises(ConnectionResetError):
        connection.transmit(SELECT)
    connection.close()


def test_a_wrong_pin_is_counted_even_if_the_response_is_lost(tmp_path: Path) -> None:
    path = card_file(tmp_path, faults=Faults(lose_answer_at_apdu=2))
    connection = open_card(path)
    connection.transmit(SELECT)
    with pytest.raises(ConnectionResetError):
        connection.transmit(WRONG)
    assert load_image(path).pins.authentication.tries_left == 2
    connection.close()


def test_temporary_faults_apply_and_are_not_saved(tmp_path: Path) -> None:
    path = card_file(tmp_path, faults=Faults(delay_ms=1))
    with CardFile(path, Faults(first_command_6f00=True)) as opened:
        opened.card.power_on()
        assert [opened.card.transmit(SELECT) for _ in range(2)] == [b"\x6f\x00", b"\x90\x00"]
        opened.card.transmit(WRONG)
    saved = load_image(path)
    assert (saved.faults, saved.pins.authentication.tries_left) == (Faults(delay_ms=1), 2)


def test_a_card_with_an_encrypted_key_is_rejected(tmp_path: Path) -> None:
    slot = key_slot(rsa_key(1))
    encrypted = rsa_key(1).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    path = card_file(tmp_path, authentication=slot.model_copy(update={"private_key": encrypted.decode()}))
    with pytest.raises(ValueError, match="not readable"):
        open_card(path)


def test_an_invalid_card_file_is_rejected_and_not_locked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_card(tmp_path / "none.json")
    path = tmp_path / "card.json"
    path.write_text("{}")
    for _ in range(2):
        with pytest.raises(ValueError, match="expires_on"):
            open_card(path)
