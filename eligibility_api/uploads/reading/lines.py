"""Cutting a stream of bytes into blocks of whole lines, in flat memory whatever comes."""

from __future__ import annotations

LONGEST_LINE = 64 * 1024
"""Bytes of a line. A row of a member file has some hundred."""


class LineCutter:
    """Keeps what stands behind the last line break until the rest comes.

    Of a line that is too long only as much is kept as shows that it is.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, part: bytes) -> bytes:
        """The whole lines that end in `part`, each with its line break; empty where none does."""
        end = part.rfind(b"\n") + 1
        if not end:
            self._keep(self._rest + part[: LONGEST_LINE + 1])
            return b""
        block = self._rest + part[:end]
        self._keep(part[end:])
        return block

    def finish(self) -> bytes:
        """What stands behind the last line break, as far as it was kept."""
        rest, self._rest = self._rest, b""
        return rest

    def _keep(self, rest: bytes) -> None:
        self._rest = rest[: LONGEST_LINE + 1]
