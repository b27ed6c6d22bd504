"""Encodes the records of the text and card-face applications, and the digests over which J-LIS signs them.

Layouts as public readers of these cards expect them. Which items the three digests of the card face cover is not
public: `face_digests` is our choice, in this one place.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jpki_mock.tlv import tlv

KEY_ID_BYTES = 16
_OFFSET_BYTES = 2


def record(tag: int, items: Iterable[tuple[int, bytes]], *, three_byte_length: bool = False) -> bytes:
    """Return a record of data objects.

    `three_byte_length`: its length has the form `82 hh ll`, also where fewer bytes would do, as on some real cards.
    """
    content = b"".join(tlv(name, value) for name, value in items)
    return tlv(tag, content, long_form_octets=2 if three_byte_length else 0)


def record_with_offsets(
    tag: int, items: Sequence[tuple[int, bytes]], *, three_byte_length: bool = False
) -> bytes:
    """Return a record that begins with a table: the offset of each item, from the start of the file.

    The table has the tag before that of the first item.
    """
    table_tag = items[0][0] - 1
    encoded = [tlv(name, value) for name, value in items]
    empty = (table_tag, bytes(_OFFSET_BYTES * len(items)))
    whole = record(tag, [empty, *items], three_byte_length=three_byte_length)
    offsets = _offsets(encoded, len(whole) - sum(map(len, encoded)))
    table = (table_tag, b"".join(offset.to_bytes(_OFFSET_BYTES) for offset in offsets))
    return record(tag, [table, *items], three_byte_length=three_byte_length)


def _offsets(items: Iterable[bytes], start: int) -> Iterator[int]:
    for item in items:
        yield start
        start += len(item)


def public_key_item(key: RSAPublicKey) -> bytes:
    """Return a public key as the applications hold it: exponent (90) and modulus (91); 265 bytes for RSA-2048."""
    numbers = key.public_numbers()
    return tlv(0x90, _unsigned(numbers.e)) + tlv(0x91, _unsigned(numbers.n))


def key_id(key_item: bytes) -> bytes:
    """Return the identifier of a key, 16 bytes of its digest."""
    return hashlib.sha256(key_item).digest()[:KEY_ID_BYTES]


def certificate_content(issuer: bytes, subject: bytes) -> bytes:
    """Return what a card-verifiable certificate says: issuer's and subject's key ids, subject's key; 297 bytes.

    Both are keys as by `public_key_item`.
    """
    return key_id(issuer) + key_id(subject) + subject


def text_digests(number_record: bytes, items: Iterable[bytes]) -> tuple[bytes, bytes]:
    """Return the digests of 券面事項入力補助AP: of the file of the number, of the values of the four items."""
    return hashlib.sha256(number_record).digest(), hashlib.sha256(b"".join(items)).digest()


def face_digests(
    *,
    birth_date: bytes,
    sex: bytes,
    key: bytes,
    name: bytes,
    address: bytes,
    photo: bytes,
    expiry: bytes,
    code: bytes,
) -> tuple[bytes, bytes, bytes]:
    """Return the three digests that the signature of the card face covers, over values without their tags."""
    groups = (birth_date + sex + key, name + address, photo + expiry + code)
    first, second, third = (hashlib.sha256(group).digest() for group in groups)
    return first, second, third


def digest_info(*digests: bytes) -> bytes:
    """Return a DigestInfo for SHA-256 whose value is one digest or several in sequence (RFC 8017, A.2.4)."""
    algorithm = bytes.fromhex("300D06096086480165030402010500")
    return tlv(0x30, algorithm + tlv(0x04, b"".join(digests)))


def _unsigned(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)
