"""The selected application of a powered card, with the state that is lost when another one is selected."""

from dataclasses import dataclass, field

from jpki_mock.card import status
from jpki_mock.card.files import Application, ElementaryFile
from jpki_mock.card.status import Refused
from jpki_mock.card.terminal_route import TerminalRoute

_CURRENT_OR_SFI = 0x80
"""P2 (or P1 of READ BINARY): this value means the current file; plus 1-30 the file with that short
identifier.
"""


@dataclass(slots=True)
class Selection:
    """The selected application and its state."""

    application: Application
    route: TerminalRoute
    current: int | None = None
    verified: set[int] = field(default_factory=set)

    @property
    def file(self) -> ElementaryFile:
        """The current file. Raises Refused (6986) when there is none."""
        if self.current is None:
            raise Refused(status.NO_CURRENT_FILE)
        return self.application.files[self.current]

    def select(self, number: int) -> None:
        """Make a file the current one. Raises Refused (6A82) when there is no such file."""
        if number not in self.application.files:
            raise Refused(status.FILE_NOT_FOUND)
        self.current = number

    def refer(self, parameter: int) -> None:
        """Resolve a reference parameter: current file, or short identifier. Raises Refused (6A86, 6A82)."""
        if not _CURRENT_OR_SFI <= parameter <= _CURRENT_OR_SFI | 30:
            raise Refused(status.WRONG_PARAMETERS)
        if parameter != _CURRENT_OR_SFI:
            self.select(parameter & 0x1F)
