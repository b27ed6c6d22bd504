"""The photo of a synthetic card: a grey silhouette, generated as a PNG."""

import struct
import zlib

_WIDTH, _HEIGHT = 60, 76
_BACKGROUND, _FIGURE = 0xD8, 0x80


def silhouette() -> bytes:
    """Return an 8-bit grey PNG of 60 x 76 pixels: a head and shoulders."""
    rows = b"".join(b"\0" + bytes(_shade(x, y) for x in range(_WIDTH)) for y in range(_HEIGHT))
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _shade(x: int, y: int) -> int:
    head = ((x - 30) / 14) ** 2 + ((y - 28) / 18) ** 2 <= 1
    shoulders = ((x - 30) / 27) ** 2 + ((y - 78) / 26) ** 2 <= 1
    return _FIGURE if head or shoulders else _BACKGROUND


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
