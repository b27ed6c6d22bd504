"""The error of a message that cannot be read. It names an element and never a value."""

from __future__ import annotations

from clinic_terminal.errors import TerminalError


class MessageFormatError(TerminalError):
    """A message is not what its layout asks. `element` is the element's path, if one is to blame."""

    def __init__(self, code: str, *, element: str | None = None) -> None:
        super().__init__(code, **({"element": element} if element else {}))
        self.element = element
