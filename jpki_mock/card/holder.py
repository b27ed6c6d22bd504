"""What a card's holder does at a reader, in one call: enter the PIN, and let the card sign.

For programs that have no reader and no APDUs of their own. The card is driven by its commands, so that its retry
counters and faults hold here too.
"""

import re
from dataclasses import dataclass
from typing import Protocol

from jpki_mock.card import profile, signing, status
from jpki_mock.errors import InvalidInput, NotAllowed

MAX_MESSAGE_BYTES = 16_384
"""Bytes that are signed at most; those of a proof or a consent are 60."""

_REFERENCE = 0x80
"""Added to a file's short identifier in P1 or P2."""
_PIN = re.compile("[0-9]{4}")


class Connection(Protocol):
    """A powered card."""

    def transmit(self, apdu: bytes, /) -> bytes:
        """Send one command APDU; return response data followed by SW1 SW2."""
        ...


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A signature by the key for user authentication, and that key's certificate (DER)."""

    certificate: bytes
    signature: bytes


def sign_as_holder(card: Connection, pin: str, message: bytes) -> SignedMessage:
    """Verify the PIN and sign `message`, which the card hashes: SHA-256 with an RSA key, SHA-384 with P-384.

    Raises:
        InvalidInput: the PIN is not four digits, or the message is empty or too long; no try is used.
        NotAllowed: the card refuses, such as a wrong or locked PIN, or leaves the reader (`Faults.pull_at_apdu`).
    """
    if not _PIN.fullmatch(pin):
        raise InvalidInput("The PIN is four digits.")
    if not 1 <= len(message) <= MAX_MESSAGE_BYTES:
        raise InvalidInput(f"A card signs 1 to {MAX_MESSAGE_BYTES} bytes.")
    try:
        return _signed(card, pin, message)
    except ConnectionResetError as error:
        raise NotAllowed("The card left the reader.") from error


def _signed(card: Connection, pin: str, message: bytes) -> SignedMessage:
    select = b"\x00\xa4\x04\x0c" + bytes([len(profile.JPKI)]) + profile.JPKI
    if _status_word(card.transmit(select)) == status.NO_DIAGNOSIS:  # one card's answer to its first command
        card.transmit(select)
    verify = bytes([0x00, 0x20, 0x00, _REFERENCE | profile.AUTHENTICATION_PIN, len(pin)]) + pin.encode()
    _check_pin(_status_word(card.transmit(verify)))
    read = b"\x00\xb0" + bytes([_REFERENCE | profile.AUTHENTICATION_CERTIFICATE, 0]) + bytes(3)
    certificate = _without_padding(_data(card.transmit(read)))
    sign = bytes([0x80, 0x2A, signing.MESSAGE, _REFERENCE | profile.AUTHENTICATION_KEY])
    signature = _data(card.transmit(sign + b"\0" + len(message).to_bytes(2) + message + bytes(2)))
    return SignedMessage(certificate, signature)


def _status_word(response: bytes) -> int:
    return int.from_bytes(response[-2:])


def _check_pin(status_word: int) -> None:
    if status_word == status.OK:
        return
    if status_word & 0xFFF0 == status.TRIES_LEFT:
        raise NotAllowed(f"The PIN is wrong; tries left: {status_word & 0xF}.")
    if status_word == status.LOCKED:
        raise NotAllowed("The PIN is locked.")
    if status_word == status.FILE_NOT_FOUND:
        raise NotAllowed("The card has no PIN: it is for visual checks only.")
    raise _refused(status_word)


def _data(response: bytes) -> bytes:
    if _status_word(response) != status.OK:
        raise _refused(_status_word(response))
    return response[:-2]


def _refused(status_word: int) -> NotAllowed:
    return NotAllowed(f"The card refused a command with {status_word:04X}.")


def _without_padding(der: bytes) -> bytes:
    """The certificate alone: some cards fill their files (`Faults.padded_files`)."""
    return der[: 4 + int.from_bytes(der[2:4])] if der[:2] == b"\x30\x82" else der
