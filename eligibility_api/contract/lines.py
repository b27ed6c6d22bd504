"""Cuts a stream of bytes into whole lines, in flat memory."""

from __future__ import annotations

MAX_LINE_BYTES = 64 * 1024
"""A row of a member file has some hundred bytes."""

MAX_FAULTS = 10_000
"""Faults of a file that are kept with their place; further ones are only counted."""


class LineCutter:
    """Cuts a stream into blocks of whole lines; the bytes behind the last line break wait for the next part.

    Of a line that is too long, only as much is buffered as shows that it is.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, part: bytes) -> bytes:
        """The lines that end in `part`, each with its line break; empty if none does."""
        end = part.rfind(b"\n") + 1
        if not end:
            self._buffer(self._rest + part[: MAX_LINE_BYTES + 1])
            return b""
        block = self._rest + part[:end]
        self._buffer(part[end:])
        return block

    def finish(self) -> bytes:
        """The bytes behind the last line break, as far as they were buffered."""
        rest, self._rest = self._rest, b""
        return rest

    def _buffer(self, rest: bytes) -> None:
        self._rest = rest[: MAX_LINE_BYTES + 1]
