"""BER-TLV data objects of definite length (ISO/IEC 8825-1): of the card's files, and of OCSP (DER)."""

from datetime import UTC, datetime

_GENERALIZED_TIME = 0x18


def tlv(tag: int, value: bytes) -> bytes:
    """Encode one data object; a tag above 255 has two bytes."""
    return tag.to_bytes(2 if tag > 0xFF else 1) + _length(len(value)) + value


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([0x80 | len(octets)]) + octets


def generalized_time(instant: datetime) -> bytes:
    """Encode an instant as GeneralizedTime in DER, to the second (RFC 5280 section 4.1.2.5.2)."""
    return tlv(_GENERALIZED_TIME, f"{instant.astimezone(UTC):%Y%m%d%H%M%SZ}".encode())


def split(content: bytes) -> list[tuple[int, bytes]]:
    """Decode consecutive data objects with tags of one byte: tag and value of each.

    Raises ValueError if they do not fill `content` exactly.
    """
    found, start = [], 0
    while start < len(content):
        tag, end, value_start = _head(content, start)
        found.append((tag, content[value_start:end]))
        start = end
    return found


def _head(content: bytes, start: int) -> tuple[int, int, int]:
    """Return the tag of the object at `start`, its end, and the start of its value."""
    if len(content) < start + 2:
        raise ValueError("a data object is truncated")
    size, value_start = content[start + 1], start + 2
    if size >= 0x80:
        length_start, value_start = value_start, value_start + (size & 0x7F)
        size = int.from_bytes(content[length_start:value_start])
    if value_start + size > len(content):
        raise ValueError("a data object is truncated")
    return content[start], value_start + size, value_start
