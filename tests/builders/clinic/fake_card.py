"""A fake card: answers the commands of the JPKI application, records each, and fails on demand."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from tests.builders.clinic.samples import Key, certificate_of, rsa_key

SELECT = "00a4040c"
SELECT_FILE = "00a4020c"
READ = "00b0"
VERIFY = "00200098"
SIGN = "802a0097"
SIGN_MESSAGE = "802a0397"
TERMINAL_CERTIFICATE = "80a206c1"
TERMINAL_CERTIFICATE_CHAINED = "90a206c1"
GET_CHALLENGE = "00840000"
PROVE_TERMINAL = "80a200c1"

CARD_CHALLENGE = bytes(range(32))


@dataclass
class FakeCard:
    """`scripted` responses (hex), by the prefix of a command, take precedence; at `removed_at` the connection
    is lost.
    """

    key: Key = field(default_factory=rsa_key)
    certificate: bytes = b""
    pin: bytes = b"1234"
    tries_left: int = 3
    certificate_needs_pin: bool = False
    scripted: dict[str, list[str]] = field(default_factory=dict)
    removed_at: str | None = None
    reader_name: str = "Fake Reader"
    commands: list[str] = field(default_factory=list)
    closed: int = 0
    verified: bool = False

    def __post_init__(self) -> None:
        self.certificate = self.certificate or certificate_of(self.key)

    def transmit(self, apdu: bytes, /) -> bytes:
        command = apdu.hex()
        self.commands.append(command)
        if self.removed_at and command.startswith(self.removed_at):
            raise ConnectionResetError
        for prefix, answers in self.scripted.items():
            if command.startswith(prefix) and answers:
                return bytes.fromhex(answers.pop(0))
        return self._answer(command, apdu)

    def close(self) -> None:
        self.closed += 1

    def sent(self, prefix: str) -> list[str]:
        return [command for command in self.commands if command.startswith(prefix)]

    def _answer(self, command: str, apdu: bytes) -> bytes:
        if command.startswith(READ):
            return self._read(int.from_bytes(apdu[2:4]), apdu[4] or 256)
        if command == VERIFY:
            return bytes([0x63, 0xC0 + self.tries_left])
        if command.startswith(VERIFY):
            return self._verify(apdu[5:])
        if command.startswith(SIGN):
            return self._sign(apdu[5:-1]) if self.verified else b"\x69\x82"
        if command.startswith(SIGN_MESSAGE):
            return _sign_message(self.key, apdu[5:-1]) + b"\x90\x00"
        if command.startswith(GET_CHALLENGE):
            return CARD_CHALLENGE + b"\x90\x00"
        return b"\x90\x00"

    def _read(self, offset: int, length: int) -> bytes:
        if self.certificate_needs_pin and not self.verified:
            return b"\x69\x82"
        data = self.certificate[offset : offset + length]
        return data + (b"\x90\x00" if len(data) == length else b"\x62\x82")

    def _verify(self, pin: bytes) -> bytes:
        if self.tries_left == 0:
            return b"\x69\x84"
        self.tries_left -= 1
        if pin != self.pin:
            return bytes([0x63, 0xC0 + self.tries_left])
        self.tries_left, self.verified = 3, True
        return b"\x90\x00"

    def _sign(self, prepared: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            signature = self.key.sign(prepared, padding.PKCS1v15(), utils.NoDigestInfo())
        else:
            signature = self.key.sign(prepared, ec.ECDSA(utils.Prehashed(hashes.SHA384())))
        return signature + b"\x90\x00"


def _sign_message(key: Key, message: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(hashlib.sha384(message).digest(), ec.ECDSA(utils.Prehashed(hashes.SHA384())))
