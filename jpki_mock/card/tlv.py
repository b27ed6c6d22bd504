"""BER-TLV (ISO/IEC 8825-1, definite lengths): just the writing that the card's data files need."""


def tlv(tag: int, value: bytes) -> bytes:
    """Return one data object; a tag above 255 takes two bytes."""
    return tag.to_bytes(2 if tag > 0xFF else 1) + _length(len(value)) + value


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([0x80 | len(octets)]) + octets
