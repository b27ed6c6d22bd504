"""Whether a file has been written to its end, by its last bytes.

Clients write in place. A request that ends with the end tag of its root, or a ZIP file with the record at its
end, is complete: nothing that follows could belong to it.
"""

from __future__ import annotations

TAIL_BYTES = 256
"""So many of the last bytes decide."""

_ROOT_END = b"</XmlMsg>"
_ZIP_END = b"PK\x05\x06"
_ZIP_END_BYTES = 22
"""Length of the record at the end of a ZIP file without a comment (APPNOTE 4.3.16)."""


def ends_complete(tail: bytes, *, is_zip: bool) -> bool:
    """Whether the last bytes of a file, `TAIL_BYTES` or the whole file, are those of a complete request.

    White space and line ends may follow the root, and the end-of-file mark of old editors (0x1A).
    """
    if is_zip:
        return tail[-_ZIP_END_BYTES:].startswith(_ZIP_END)
    return tail.rstrip(b" \t\r\n\x1a").endswith(_ROOT_END)
