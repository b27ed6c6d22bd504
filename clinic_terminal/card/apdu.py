"""Short command APDUs (ISO 7816-4) of the JPKI application, and the parsing of a response.

Each command that the terminal sends is one named function here; nothing here talks to a card.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_CHUNK_BYTES = 255
"""Data bytes that fit one short command."""

MAX_READ_BYTES = 256
"""Bytes that one short READ BINARY can request."""


@dataclass(frozen=True, slots=True)
class Command:
    """CLA INS P1 P2, data, and the number of bytes expected (1 to 256; None: no data come back).

    The data are kept out of the repr: they may be a PIN.
    """

    header: bytes
    data: bytes = field(default=b"", repr=False)
    expected: int | None = None

    def encoded(self) -> bytes:
        """The bytes to transmit."""
        length = bytes([len(self.data)]) + self.data if self.data else b""
        expected = b"" if self.expected is None else bytes([self.expected % 256])
        return self.header + length + expected


@dataclass(frozen=True, slots=True)
class Response:
    """A card's response: data and status word (SW1 SW2 as one number, such as 0x9000)."""

    data: bytes
    status_word: int

    @classmethod
    def parse(cls, raw: bytes) -> Response:
        """Split a response. Raises ValueError when it is shorter than a status word."""
        if len(raw) < 2:
            raise ValueError("a response has at least two bytes")
        return cls(raw[:-2], int.from_bytes(raw[-2:]))


def _reference(file_id: int) -> int:
    """P2 that refers to a PIN or key file by its short identifier, so that it need not be selected."""
    return 0x80 | (file_id & 0x1F)


def select_application(aid: bytes) -> Command:
    """SELECT by name, no file control information wanted."""
    return Command(b"\x00\xa4\x04\x0c", aid)


def select_file(file_id: int) -> Command:
    """SELECT an EF of the current application."""
    return Command(b"\x00\xa4\x02\x0c", file_id.to_bytes(2))


def read_binary(offset: int, length: int) -> Command:
    """READ BINARY of the current EF; the offset has 15 bits."""
    return Command(b"\x00\xb0" + offset.to_bytes(2), expected=length)


def query_tries(pin_file: int) -> Command:
    """VERIFY without data: returns the tries left and uses none."""
    return Command(bytes([0x00, 0x20, 0x00, _reference(pin_file)]))


def verify(pin_file: int, pin: bytes) -> Command:
    """VERIFY a PIN: uses a try when it is wrong."""
    return Command(bytes([0x00, 0x20, 0x00, _reference(pin_file)]), pin)


def compute_signature(key_file: int, prepared: bytes) -> Command:
    """COMPUTE DIGITAL SIGNATURE over input that was hashed and encoded outside (P1 = 00)."""
    return Command(bytes([0x80, 0x2A, 0x00, _reference(key_file)]), prepared, MAX_READ_BYTES)


def compute_signature_of_message(key_file: int, message: bytes) -> Command:
    """COMPUTE DIGITAL SIGNATURE over a message that the card hashes itself (P1 = 03)."""
    return Command(bytes([0x80, 0x2A, 0x03, _reference(key_file)]), message, MAX_READ_BYTES)


def get_challenge(length: int) -> Command:
    """GET CHALLENGE: random bytes of the card."""
    return Command(b"\x00\x84\x00\x00", expected=length)


def present_terminal_certificate(certificate: bytes) -> list[Command]:
    """The terminal's certificate (DER, not empty) in chained commands.

    All but the last have the chaining bit.
    """
    chunks = [
        certificate[start : start + MAX_CHUNK_BYTES] for start in range(0, len(certificate), MAX_CHUNK_BYTES)
    ]
    chained = [Command(b"\x90\xa2\x06\xc1", chunk) for chunk in chunks[:-1]]
    return [*chained, Command(b"\x80\xa2\x06\xc1", chunks[-1])]


def prove_terminal(signature: bytes) -> Command:
    """The terminal's signature over the card's challenge, after which the card signs without a PIN."""
    return Command(b"\x80\xa2\x00\xc1", signature)


def get_response(length: int) -> Command:
    """GET RESPONSE: fetch what a card announced with 61xx."""
    return Command(b"\x00\xc0\x00\x00", expected=length)
