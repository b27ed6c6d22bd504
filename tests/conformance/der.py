"""Minimal DER (X.690): decompose a certificate, and reassemble it with errors."""

from __future__ import annotations

SEQUENCE, SET, INTEGER, BIT_STRING, OCTET_STRING, NULL = 0x30, 0x31, 0x02, 0x03, 0x04, b"\x05\x00"
BOOLEAN, OBJECT_ID, UTC_TIME, GENERALIZED_TIME = 0x01, 0x06, 0x17, 0x18
RSA_SHA1 = bytes.fromhex("300d06092a864886f70d0101050500")
RSA_MD5 = bytes.fromhex("300d06092a864886f70d0101040500")
"""AlgorithmIdentifiers (RFC 8017 appendix A.2.4)."""


def element(tag: int, *contents: bytes) -> bytes:
    """One element of that tag around its contents."""
    content = b"".join(contents)
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def integer(value: int) -> bytes:
    """An INTEGER."""
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def bits(content: bytes) -> bytes:
    """A BIT STRING of whole octets."""
    return element(BIT_STRING, b"\0", content)


def _header(data: bytes) -> tuple[int, int]:
    """Lengths of an element's header and of its content."""
    if data[1] < 0x80:
        return 2, data[1]
    header = 2 + (data[1] & 0x7F)
    return header, int.from_bytes(data[2:header], "big")


def content(data: bytes) -> bytes:
    """The content of an element."""
    header, length = _header(data)
    return data[header : header + length]


def parts(data: bytes) -> list[bytes]:
    """The elements inside a constructed element."""
    rest, found = content(data), []
    while rest:
        size = sum(_header(rest))
        found.append(rest[:size])
        rest = rest[size:]
    return found
