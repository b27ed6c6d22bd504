"""The JPKI application of a card in one powered session: certificate, PIN, signatures.

Every command costs the patient time: certificate and tries left are cached for the session, so that reading
them again needs no command.
"""

from __future__ import annotations

from collections.abc import Callable

from clinic_terminal.card import apdu, profile
from clinic_terminal.card.apdu import Command
from clinic_terminal.card.channel import CardChannel, CardConnection
from clinic_terminal.card.errors import (
    END_OF_FILE,
    NO_DIAGNOSIS,
    OK,
    PIN_NEEDED,
    CardError,
    Step,
    card_error,
    tries_left_of,
)
from clinic_terminal.card.pin import normalised_pin
from clinic_terminal.card.signature_input import signature_input


class PinNeededError(CardError):
    """The card shows its certificate only after the PIN, as phones do."""

    def __init__(self) -> None:
        super().__init__("card-unexpected", status_word=PIN_NEEDED)


class JpkiApplication:
    """公的個人認証AP. Call `select` first; every method raises CardError, `card-removed` among them."""

    def __init__(self, connection: CardConnection) -> None:
        self._channel = CardChannel(connection)
        self._certificate: bytes | None = None
        self._tries_left: int | None = None

    def select(self) -> None:
        """Select the application, which also shows whether this is a My Number Card.

        On one card the first command after power-up failed with 6F00: it is then sent once more.
        """
        command = apdu.select_application(profile.JPKI_AID)
        response = self._channel.send(command)
        if response.status_word == NO_DIAGNOSIS:
            response = self._channel.send(command)
        if response.status_word != OK:
            raise card_error(response.status_word, Step.SELECT_APPLICATION)

    def read_certificate(self) -> bytes:
        """The user-authentication certificate (DER). Where the PIN must come first: PinNeededError."""
        if self._certificate is None:
            self._certificate = self._read_der_file(profile.AUTHENTICATION_CERTIFICATE)
        return self._certificate

    @property
    def known_tries_left(self) -> int | None:
        """Tries left as far as this session knows: None before `tries_left` and after a lost connection."""
        return self._tries_left

    def tries_left(self) -> int:
        """Tries left of the PIN, 0 when it is locked; reading them uses none. Without a PIN: `pin-unset`."""
        if self._tries_left is None:
            status_word = self._channel.send(apdu.query_tries(profile.AUTHENTICATION_PIN)).status_word
            tries_left = tries_left_of(status_word)
            if tries_left is None:
                raise card_error(status_word, Step.PIN)
            self._tries_left = tries_left
        return self._tries_left

    def verify_pin(self, pin: str) -> None:
        """Send the PIN to the card, once. Raises `pin-malformed` (not sent), `pin-wrong`, `pin-locked`.

        After a lost connection it is unknown whether the try was counted: the cached counter is discarded.
        """
        digits = normalised_pin(pin)
        if self.tries_left() == 0:
            raise CardError("pin-locked", tries_left=0)
        self._tries_left = None
        status_word = self._channel.send(apdu.verify(profile.AUTHENTICATION_PIN, digits)).status_word
        if status_word != OK:
            self._tries_left = tries_left_of(status_word)
            raise card_error(status_word, Step.PIN)
        self._tries_left = profile.PIN_TRIES

    def sign_for_authentication(self, message: bytes) -> bytes:
        """The card's signature over `message`, after the PIN, in the form of its certificate's key."""
        prepared = signature_input(self.read_certificate(), message)
        return self._signature(apdu.compute_signature(profile.AUTHENTICATION_KEY, prepared), Step.SIGN)

    def authenticate_terminal(self, certificate: bytes, sign: Callable[[bytes], bytes]) -> None:
        """Authenticate this terminal to the card for a visual check (目視確認); a procedure of our own.

        `certificate` is the terminal's (DER), `sign` makes a DER-encoded ECDSA-SHA256 signature with its key
        over the bytes that this method builds. Raises `visual-check-unsupported` when the card refuses.
        """
        for command in apdu.present_terminal_certificate(certificate):
            self._data(command, Step.VISUAL_CHECK)
        challenge = self._data(apdu.get_challenge(profile.TERMINAL_CHALLENGE_BYTES), Step.VISUAL_CHECK)
        if len(challenge) != profile.TERMINAL_CHALLENGE_BYTES:
            raise CardError("card-unexpected")
        signature = sign(profile.TERMINAL_AUTHENTICATION_TAG + challenge)
        self._data(apdu.prove_terminal(signature), Step.VISUAL_CHECK)

    def sign_without_pin(self, message: bytes) -> bytes:
        """A signature over the bytes of a visual check, which the card hashes.

        Call `authenticate_terminal` first.
        """
        command = apdu.compute_signature_of_message(profile.AUTHENTICATION_KEY, message)
        return self._signature(command, Step.VISUAL_CHECK)

    def _signature(self, command: Command, step: Step) -> bytes:
        signature = self._data(command, step)
        if not 0 < len(signature) <= profile.MAX_SIGNATURE_BYTES:
            raise CardError("card-unexpected")
        return signature

    def _read_der_file(self, file_id: int) -> bytes:
        self._data(apdu.select_file(file_id), Step.READ)
        data = self._read_chunk(0, apdu.MAX_READ_BYTES)
        size = _der_size(data)
        while len(data) < size:
            data += self._read_chunk(len(data), min(apdu.MAX_READ_BYTES, size - len(data)))
        return data[:size]

    def _read_chunk(self, offset: int, length: int) -> bytes:
        response = self._channel.send(apdu.read_binary(offset, length))
        if response.status_word == PIN_NEEDED:
            raise PinNeededError
        if response.status_word not in (OK, END_OF_FILE) or not response.data:
            raise card_error(response.status_word, Step.READ)
        return response.data

    def _data(self, command: Command, step: Step) -> bytes:
        response = self._channel.send(command)
        if response.status_word != OK:
            raise card_error(response.status_word, step)
        return response.data


def _der_size(head: bytes) -> int:
    """Size of a file that holds one DER sequence with a two-byte length, as every certificate here does."""
    if len(head) < 4 or head[:2] != b"\x30\x82":
        raise CardError("card-unexpected")
    size = 4 + int.from_bytes(head[2:4])
    if size > profile.MAX_CERTIFICATE_BYTES:
        raise CardError("card-unexpected")
    return size
