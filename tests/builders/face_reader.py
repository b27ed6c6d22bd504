"""A reader of the text and card-face applications, written from public descriptions and independent of the emulator.

It reads files to their end, strips filler, decodes data objects of any length form, and verifies the signatures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

Transmit = Callable[[bytes], bytes]

TEXT, FACE = "D3921000310001010408", "D3921000310001010402"
_SHA256_PREFIX = "300d060960864801650304020105000440"


@dataclass(frozen=True, slots=True)
class Reader:
    """A card in a reader."""

    transmit: Transmit

    def open(self, application: str, pin_file: int | None = None, pin: str = "") -> None:
        """Select an application, and verify a PIN."""
        assert self._ok(f"00A4040C0A{application}")
        if pin_file is not None:
            assert self._ok(f"00A4020C02{pin_file:04X}")
            assert self._ok(f"00200080{len(pin):02X}{pin.encode().hex()}")

    def file(self, number: int) -> bytes:
        """The bytes of a file, read in pieces of 200 until it ends."""
        assert self._ok(f"00A4020C02{number:04X}")
        content = b""
        while True:
            response = self.transmit(b"\x00\xb0" + len(content).to_bytes(2) + b"\xc8")
            assert response[-2:] in (b"\x90\x00", b"\x62\x82", b"\x6b\x00"), response[-2:].hex()
            content += response[:-2]
            if len(response) - 2 < 200:
                return content

    def items(self, number: int) -> dict[int, bytes]:
        """The data objects of the record in a file, by tag."""
        content = self.file(number)
        tag, value, rest = decode(content)
        assert set(rest) <= {0xFF}, "only filler follows a record"
        found = {}
        while value:
            name, item, value = decode(value)
            found[name] = item
        return {tag: content[: len(content) - len(rest)], **found}

    def _ok(self, command: str) -> bool:
        return self.transmit(bytes.fromhex(command)) == b"\x90\x00"


def decode(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag of two bytes, value and rest; lengths of one to three bytes."""
    tag, size, start = int.from_bytes(data[:2]), data[2], 3
    if size & 0x80:
        count = size & 0x7F
        size, start = int.from_bytes(data[3 : 3 + count]), 3 + count
    assert len(data) >= start + size
    return tag, data[start : start + size], data[start + size :]


def public_key(item: bytes) -> RSAPublicKey:
    """The key of 90 (exponent) and 91 (modulus)."""
    assert item[:2] == b"\x90\x03", item[:2].hex()
    assert item[5:9] == b"\x91\x82\x01\x00"
    return RSAPublicNumbers(int.from_bytes(item[2:5]), int.from_bytes(item[9:])).public_key()


def certified_key(certificate: bytes) -> tuple[bytes, bytes, bytes]:
    """Issuer's key id, subject's key id and the subject's key, of a card-verifiable certificate with its signature."""
    tag, value, rest = decode(certificate)
    assert (tag, set(rest) <= {0xFF}) == (0x7F21, True)
    name, content, value = decode(value)
    assert (name, len(content)) == (0x5F4E, 297)
    name, signature, value = decode(value)
    assert (name, len(signature), value) == (0x5F37, 256, b"")
    return content[:16], content[16:32], content[32:]


def verify_digests(key: RSAPublicKey, signature: bytes, *digests: bytes) -> None:
    """Raise InvalidSignature unless the signature covers these digests in one DigestInfo (RFC 8017, 8.2.2)."""
    joined = b"".join(digests)
    info = bytes.fromhex(_SHA256_PREFIX)[:-1] + bytes([len(joined)]) + joined
    if key.recover_data_from_signature(signature, PKCS1v15(), None) != bytes([0x30, len(info)]) + info:
        raise InvalidSignature


def verify_data(key: RSAPublicKey, signature: bytes, data: bytes) -> None:
    """Raise InvalidSignature unless the signature covers the data."""
    key.verify(signature, data, PKCS1v15(), SHA256())


def read_text(reader: Reader, pin: str) -> dict[int, bytes]:
    """The four items of the text application, verified with the certificate on the card."""
    reader.open(TEXT, 0x0011, pin)
    items, digests = reader.items(0x0002), reader.items(0x0003)
    # The file of the number has 17 bytes; behind them there may be filler.
    number = hashlib.sha256(reader.file(0x0001)[:17]).digest()
    attributes = hashlib.sha256(b"".join(items[tag] for tag in range(0xDF22, 0xDF26))).digest()
    assert (digests[0xDF31], digests[0xDF32]) == (number, attributes)
    _, _, key = certified_key(reader.file(0x0004))
    verify_digests(public_key(key), digests[0xDF33], number, attributes)
    return items


def read_face(reader: Reader, reference_b: str) -> dict[int, bytes]:
    """The ten items of the card face, verified with the certificate on the card."""
    reader.open(FACE, 0x0012, reference_b)
    items = reader.items(0x0002)
    groups = ((0xDF22, 0xDF23, 0xDF24), (0xDF25, 0xDF26), (0xDF27, 0xDF29, 0xDF2A))
    digests = [hashlib.sha256(b"".join(items[tag] for tag in group)).digest() for group in groups]
    _, _, key = certified_key(reader.file(0x0004))
    assert key == items[0xDF24]
    verify_digests(public_key(key), items[0xDF28], *digests)
    return items
