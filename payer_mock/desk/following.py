"""Files on their way to the fund: sent piece by piece, looked at until the fund is done, waited for until they show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO, TypeVar

_PIECE_BYTES = 1 << 18
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.05, 0.5
_LONGEST_LEAD_SECONDS = 5.0
"""The fund's lead is a second or so: what is more is a clock that goes wrong."""

State = TypeVar("State")


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """A file piece by piece."""
    return iter(lambda: file.read(_PIECE_BYTES), b"")


def follow_while(
    at_work: Callable[[State], bool],
    state: State,
    look: Callable[[], State],
    wait: Callable[[float], None],
) -> State:
    """The first state that is not at work: looked for again and again after a `wait`."""
    seconds = _FIRST_WAIT_SECONDS
    while at_work(state):
        wait(seconds)
        seconds = min(1.3 * seconds, _LONGEST_WAIT_SECONDS)
        state = look()
    return state


def wait_until(
    shown_from: datetime | None, clock: Callable[[], datetime], wait: Callable[[float], None]
) -> None:
    """Wait until an instant that the fund fixed a little ahead."""
    if shown_from is not None:
        ahead = (shown_from - clock()).total_seconds()
        if ahead > 0:
            wait(min(ahead, _LONGEST_LEAD_SECONDS))
