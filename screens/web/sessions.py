"""Sessions of operators: kept in this process only, few, and ended after a while without input."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from starlette.responses import Response

IDLE_SECONDS = 30 * 60.0
"""Without input for so long, a session ends: 30 minutes, as in the field."""

MAX_SECONDS = 12 * 3600.0
"""However busy, a session ends after a working day."""

_TOKEN_BYTES = 32

Value = TypeVar("Value")


@dataclass(slots=True)
class _Session(Generic[Value]):
    owner: str
    value: Value
    began: float
    used: float


class Sessions(Generic[Value]):
    """Open sessions by the digest of their token. Safe for concurrent use.

    An owner has one session, and at most `capacity` are open: a further log-in ends the one that was used least
    recently. `on_end` gets the value of each session that ends, and releases what it holds.
    """

    def __init__(
        self,
        *,
        capacity: int,
        clock: Callable[[], float],
        on_end: Callable[[Value], None],
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """`clock`: monotonic seconds."""
        self._capacity = capacity
        self._clock = clock
        self._on_end = on_end
        self.idle_seconds = idle_seconds
        self._open: dict[bytes, _Session[Value]] = {}
        self._lock = threading.Lock()

    def open(self, owner: str, value: Value) -> str:
        """Begin a session; returns its token, which only the browser has."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        now = self._clock()
        with self._lock:
            ended = [
                key
                for key, session in self._open.items()
                if session.owner == owner or self._is_over(session, now)
            ]
            values = [self._open.pop(key).value for key in ended]
            while len(self._open) >= self._capacity:
                oldest = min(self._open, key=lambda key: self._open[key].used)
                values.append(self._open.pop(oldest).value)
            self._open[_digest(token)] = _Session(owner, value, now, now)
        self._end(values)
        return token

    def find(self, token: str | None, *, is_input: bool = True) -> Value | None:
        """The value of an open session. `is_input`: whether the request is a person's, which keeps it open."""
        self.sweep()
        with self._lock:
            session = self._open.get(_digest(token)) if token else None
            if session is None:
                return None
            if is_input:
                session.used = self._clock()
            return session.value

    def seconds_left(self, token: str | None) -> float:
        """How long a session stays open without further input; 0 for one that is not open. This is no input itself."""
        now = self._clock()
        with self._lock:
            session = self._open.get(_digest(token)) if token else None
            if session is None:
                return 0.0
            return max(min(session.used + self.idle_seconds, session.began + MAX_SECONDS) - now, 0.0)

    def end(self, token: str | None) -> None:
        """End a session, if it is open."""
        with self._lock:
            session = self._open.pop(_digest(token), None) if token else None
        self._end([session.value] if session is not None else [])

    def end_of(self, owner: str) -> None:
        """End an owner's session, if it is open."""
        with self._lock:
            keys = [key for key, session in self._open.items() if session.owner == owner]
            values = [self._open.pop(key).value for key in keys]
        self._end(values)

    def values(self) -> list[Value]:
        """The values of all open sessions."""
        with self._lock:
            return [session.value for session in self._open.values()]

    def sweep(self) -> None:
        """End the sessions whose time is over."""
        now = self._clock()
        with self._lock:
            ended = [key for key, session in self._open.items() if self._is_over(session, now)]
            values = [self._open.pop(key).value for key in ended]
        self._end(values)

    def end_all(self) -> None:
        """End every session."""
        with self._lock:
            values = [session.value for session in self._open.values()]
            self._open.clear()
        self._end(values)

    def _is_over(self, session: _Session[Value], now: float) -> bool:
        return now - session.used > self.idle_seconds or now - session.began > MAX_SECONDS

    def _end(self, values: list[Value]) -> None:
        for value in values:
            self._on_end(value)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def set_session_cookie(response: Response, name: str, token: str) -> None:
    """Give the browser a session's token: for this server alone, unreadable for scripts, until it is closed.

    Not `Secure`: the server is on loopback and speaks HTTP.
    """
    response.set_cookie(name, token, httponly=True, samesite="strict", path="/")
