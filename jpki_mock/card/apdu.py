"""Parses command APDUs (ISO/IEC 7816-4, 5.1): short and extended length, all four cases.

`commands.py` interprets the commands.
"""

from dataclasses import dataclass

from jpki_mock.card import status
from jpki_mock.card.status import Refused

_HEADER = 4
_SHORT_MAXIMUM = 256
_EXTENDED_MAXIMUM = 65536


@dataclass(frozen=True, slots=True)
class Command:
    """A parsed command APDU."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    expected: int | None = None
    """Ne, the maximum number of response bytes; None: no Le field."""
    open_ended: bool = False
    """Le was all zero: all available bytes, up to `expected`."""
    extended: bool = False

    @property
    def p1p2(self) -> int:
        """Both parameters as one 16-bit number."""
        return self.p1 << 8 | self.p2


def parse(apdu: bytes) -> Command:
    """Parse a command APDU.

    Raises:
        Refused: 6700, the bytes do not form a command APDU.
    """
    if len(apdu) < _HEADER:
        raise Refused(status.WRONG_LENGTH)
    body = apdu[_HEADER:]
    # A zero in the place of Lc or Le, followed by more bytes, announces three-byte lengths.
    extended = len(body) > 1 and body[0] == 0
    data, length = _split(body[1:], 2) if extended else _split(body, 1)
    cla, ins, p1, p2 = apdu[:_HEADER]
    maximum = _EXTENDED_MAXIMUM if extended else _SHORT_MAXIMUM
    expected = int.from_bytes(length) or maximum if length else None
    return Command(cla, ins, p1, p2, data, expected, length.strip(b"\0") == b"" and bool(length), extended)


def _split(body: bytes, width: int) -> tuple[bytes, bytes]:
    """Split a body whose length fields are `width` bytes wide into data and Le field (empty: none)."""
    if len(body) <= width:
        if len(body) not in (0, width):
            raise Refused(status.WRONG_LENGTH)
        return b"", body
    size = int.from_bytes(body[:width])
    data, length = body[width : width + size], body[width + size :]
    if size == 0 or len(data) != size or len(length) not in (0, width):
        raise Refused(status.WRONG_LENGTH)
    return data, length
