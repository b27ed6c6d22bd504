"""The tokens of programs that have signed in: short-lived, few, kept in memory as digests only."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from clinic_terminal.errors import TerminalError

ID_SECONDS = 1800
"""An idToken's lifetime: operators are signed out after 30 minutes in the real system."""

REFRESH_SECONDS = 3600
"""A refreshToken's lifetime; it is accepted once."""

MAX_SESSIONS = 32
"""The oldest session ends where one more signs in."""

_MAX_TOKEN_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Tokens:
    """The three tokens of a sign-in. Only the idToken opens messages; the accessToken is for nothing here."""

    access: str
    refresh: str
    identity: str


@dataclass(frozen=True, slots=True)
class _Session:
    identity: bytes
    refresh: bytes
    began: float


class Sessions:
    """The sessions of one server; used by one thread. `clock` counts seconds and never goes back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sessions: list[_Session] = []

    def begin(self) -> Tokens:
        """The tokens of a new session."""
        tokens = Tokens(*(secrets.token_urlsafe(32) for _ in range(3)))
        session = _Session(_digest(tokens.identity), _digest(tokens.refresh), self._clock())
        self._sessions = [*self._living(REFRESH_SECONDS), session][-MAX_SESSIONS:]
        return tokens

    def renew(self, refresh_token: str) -> Tokens:
        """The tokens of a session that replaces the one of `refresh_token`, whose tokens end.

        Raises TerminalError `web-token-invalid`.
        """
        digest = _digest(refresh_token)
        former = [one for one in self._living(REFRESH_SECONDS) if hmac.compare_digest(one.refresh, digest)]
        if not former:
            raise TerminalError("web-token-invalid")
        self._sessions = [one for one in self._sessions if one not in former]
        return self.begin()

    def require(self, id_token: str) -> None:
        """Raises TerminalError `web-token-invalid` unless it is the idToken of a living session."""
        digest = _digest(id_token)
        matches = [hmac.compare_digest(one.identity, digest) for one in self._living(ID_SECONDS)]
        if not any(matches):
            raise TerminalError("web-token-invalid")

    def _living(self, seconds: float) -> list[_Session]:
        now = self._clock()
        return [one for one in self._sessions if now - one.began < seconds]


def same_secret(one: str, other: str) -> bool:
    """Whether two secrets are the same; takes the same time wherever they differ."""
    return hmac.compare_digest(_digest(one), _digest(other))


def _digest(token: str) -> bytes:
    """The digest of a token; of a text that is too long to be one, a digest that no token has."""
    return sha256(token[:_MAX_TOKEN_LENGTH].encode("utf-8", "surrogatepass")).digest()
