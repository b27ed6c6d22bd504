"""The ports of a stack's services: the demo's fixed ones, or free ones."""

from __future__ import annotations

import socket
from dataclasses import asdict, dataclass
from typing import Self

from shikaku.processes import StackError

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    """A port for each service; 0 takes a free one."""

    fund: int = 0
    jlis: int = 0
    web_face: int = 0
    screens: int = 0
    insurer: int = 0
    console: int = 0

    @classmethod
    def named(cls, choice: str) -> Self:
        """The ports of `PORTS=…`: `fixed` (also if empty) or `free`. Raises StackError for anything else."""
        if choice in ("", "fixed"):
            return cls(fund=8400, jlis=8410, web_face=8600, screens=8610, insurer=8700, console=8800)
        if choice == "free":
            return cls()
        raise StackError("PORTS is fixed or free.")

    def check(self) -> None:
        """Raise StackError if another program listens at one of the fixed ports."""
        taken = [str(port) for port in asdict(self).values() if port and _is_taken(port)]
        if taken:
            raise StackError(
                f"Another program uses port {', '.join(taken)} of {HOST}. PORTS=free takes free ports:\n"
                "  make demo PORTS=free"
            )


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do, so that connections of an earlier run that still close do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False
