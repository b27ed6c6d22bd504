"""PC/SC calls from a separate process: the library locates its service once per process, tests need it per
test.
"""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Self

from smartcard import scard


class RemoteScard:
    """pyscard's `smartcard.scard` (the same constants and functions), called in another process.

    Handles are numbers, valid as long as this context; calls are made one after another.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        self._pool = ProcessPoolExecutor(
            max_workers=1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_set_environment,
            initargs=(environment,),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def __getattr__(self, name: str) -> Any:
        value = getattr(scard, name)
        return self._remote(name) if callable(value) else value

    def _remote(self, name: str) -> Callable[..., Any]:
        return lambda *arguments: self._pool.submit(_call, name, arguments).result()


def _set_environment(environment: dict[str, str]) -> None:
    os.environ.update(environment)


def _call(name: str, arguments: tuple[Any, ...]) -> Any:
    return getattr(scard, name)(*arguments)


class Service:
    """A PC/SC client: plain calls that return result codes, as the C interface does."""

    def __init__(self, remote: RemoteScard) -> None:
        self.scard = remote
        result, self._context = remote.SCardEstablishContext(remote.SCARD_SCOPE_USER)
        assert result == remote.SCARD_S_SUCCESS

    def connect(self, reader: str) -> tuple[int, int]:
        """Power the card in a reader and connect exclusively; returns result code and handle."""
        result, card, _ = self.scard.SCardConnect(
            self._context, reader, self.scard.SCARD_SHARE_EXCLUSIVE, self.scard.SCARD_PROTOCOL_ANY
        )
        return result, card

    def transmit(self, card: int, command: str) -> tuple[int, str]:
        """Send a command in hexadecimal; returns result code and response."""
        result, response = self.scard.SCardTransmit(
            card, self.scard.SCARD_PCI_T1, list(bytes.fromhex(command))
        )
        return result, bytes(response).hex().upper()

    def disconnect(self, card: int, disposition: int | None = None) -> int:
        """Release the card, unpowered by default; returns the result code."""
        action = self.scard.SCARD_UNPOWER_CARD if disposition is None else disposition
        return int(self.scard.SCardDisconnect(card, action))

    def has_card(self, reader: str) -> bool:
        """Whether a card is in the reader."""
        unaware = [(reader, self.scard.SCARD_STATE_UNAWARE)]
        _, ((_, state, _),) = self.scard.SCardGetStatusChange(self._context, 0, unaware)
        return bool(state & self.scard.SCARD_STATE_PRESENT)

    def wait_until_empty(self, reader: str) -> None:
        """Wait until no card is in the reader (at most 20 seconds)."""
        rows: list[Any] = [(reader, self.scard.SCARD_STATE_PRESENT)]
        result, ((_, state, _),) = self.scard.SCardGetStatusChange(self._context, 20_000, rows)
        assert result == self.scard.SCARD_S_SUCCESS
        assert state & self.scard.SCARD_STATE_EMPTY
