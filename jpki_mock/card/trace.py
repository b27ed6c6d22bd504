"""What of a card's conversation may be logged: commands with what the holder typed masked, answers as lengths.

Answers are never written out: certificates and attribute files hold names and addresses.
"""

_HEADER = 4
_TYPED = (0x20, 0x24)
"""VERIFY and CHANGE REFERENCE DATA carry PINs."""


def command_text(apdu: bytes) -> str:
    """Return a command in hexadecimal; of VERIFY and its kin only the header, however the rest is formed."""
    if len(apdu) > _HEADER and apdu[1] in _TYPED:
        return f"{apdu[:_HEADER].hex(' ').upper()} [masked]"
    return apdu.hex(" ").upper()


def response_text(response: bytes) -> str:
    """Return the status word of a response and how many data bytes came before it."""
    return f"{response[-2:].hex().upper()} after {len(response) - 2} bytes"
