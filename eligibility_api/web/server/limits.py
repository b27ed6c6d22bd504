"""The limits of the server: what each is about, which setting has its value, and how a request beyond it is refused.

The table is data. The protocol refuses by its rows, the metric `shikaku_limit_refusals_total` counts by their names,
and the tests in `tests/adversarial/` attack each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.platform.settings import IPNetwork, Settings


class Scope(StrEnum):
    """What a limit applies to."""

    CONNECTION = "a connection"
    REQUEST = "a request of any method"
    BODY = "a request with a body"
    PROTECTED = "a request to a path that needs a token"
    RESPONSE = "a response"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit. `error` is None where the connection is closed without an answer, since nobody reads one."""

    name: str
    scope: Scope
    setting: str
    error: ShikakuError | None
    closes: bool = True
    """Whether the connection ends with the refusal."""
    waits: bool = False
    """Whether an address that exceeds it again and again waits for each refusal."""


_OVERLOADED_RETRY_SECONDS = 1

OVERLOADED = ShikakuError("overloaded", retry_after=_OVERLOADED_RETRY_SECONDS)

MALFORMED = Limit("malformed", Scope.REQUEST, "RFC 9112", ShikakuError("request-malformed"), waits=True)
URL_BYTES = Limit("url-bytes", Scope.REQUEST, "max_url_bytes", ShikakuError("url-too-long"), waits=True)
HEADER_BYTES = Limit(
    "header-bytes", Scope.REQUEST, "max_header_bytes", ShikakuError("headers-too-large"), waits=True
)
HEADER_SECONDS = Limit("header-seconds", Scope.REQUEST, "header_seconds", ShikakuError("request-timeout"))
BODY_BYTES = Limit("body-bytes", Scope.BODY, "BodyLimits", ShikakuError("request-too-large"), waits=True)
BODY_SECONDS = Limit("body-seconds", Scope.BODY, "body_seconds", ShikakuError("request-timeout"))
TOKEN = Limit("token", Scope.PROTECTED, "PROTECTED_PATHS", ShikakuError("token-missing"), closes=False)
REQUESTS = Limit("requests", Scope.REQUEST, "max_requests", OVERLOADED, closes=False)
WAIT_SECONDS = Limit("wait-seconds", Scope.REQUEST, "max_wait_seconds", OVERLOADED, closes=False)
WORK = Limit("work", Scope.REQUEST, "max_requests", OVERLOADED, closes=False)
CONNECTIONS = Limit("connections", Scope.CONNECTION, "max_connections", OVERLOADED)
PIPELINED = Limit("pipelined", Scope.CONNECTION, "MAX_PIPELINED", None)
IDLE_SECONDS = Limit("idle-seconds", Scope.CONNECTION, "idle_seconds", None)
SEND_SECONDS = Limit("send-seconds", Scope.RESPONSE, "send_seconds", None)

LIMITS = (
    MALFORMED,
    URL_BYTES,
    HEADER_BYTES,
    HEADER_SECONDS,
    BODY_BYTES,
    BODY_SECONDS,
    TOKEN,
    REQUESTS,
    WAIT_SECONDS,
    WORK,
    CONNECTIONS,
    PIPELINED,
    IDLE_SECONDS,
    SEND_SECONDS,
)

PROTECTED_PATHS = "/v1/"
"""The beginning of the paths that need a token: it is checked before the application sees the request."""

_OTHER_FILES = 256
"""Open files of a worker that are no connections of clients: databases, metrics, connections that are just ending."""

MAX_PIPELINED = 16
"""Requests of a connection that wait for the response before theirs (RFC 9112 section 9.3.2)."""


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """Maximum sizes of request bodies, in bytes: the usual one, and those of the paths that accept more."""

    usual: int
    larger: Mapping[str, int]

    def of(self, path: str) -> int:
        """The maximum for a path."""
        return self.larger.get(path, self.usual)


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """The values of the limits of one worker; times in seconds, sizes in bytes."""

    bodies: BodyLimits
    max_connections: int
    max_requests: int
    max_wait_seconds: float
    max_url_bytes: int
    max_header_bytes: int
    header_seconds: float
    body_seconds: float
    min_body_bytes_per_second: int
    idle_seconds: float
    send_seconds: float
    proxies: tuple[IPNetwork, ...] = ()
    open_paths: tuple[str, ...] = ()
    """The paths under `/v1/` that need no token; one that ends with a slash stands for all below it."""

    @classmethod
    def of(
        cls,
        settings: Settings,
        bodies: BodyLimits,
        max_open_files: int,
        open_paths: tuple[str, ...] = (),
    ) -> Self:
        """The limits that are configured; fewer connections if the process may open fewer files."""
        return cls(
            bodies,
            max_connections=min(settings.max_connections, max(max_open_files - _OTHER_FILES, 16)),
            max_requests=settings.max_requests,
            max_wait_seconds=settings.max_wait_seconds,
            max_url_bytes=settings.max_url_bytes,
            max_header_bytes=settings.max_header_bytes,
            header_seconds=settings.header_seconds,
            body_seconds=settings.body_seconds,
            min_body_bytes_per_second=settings.min_body_bytes_per_second,
            idle_seconds=settings.idle_seconds,
            send_seconds=settings.send_seconds,
            proxies=settings.proxy_networks,
            open_paths=open_paths,
        )

    def needs_token(self, path: str) -> bool:
        """Whether a path is answered only to clients with a valid token."""
        if not path.startswith(PROTECTED_PATHS):
            return False
        return not any(path == one or (one.endswith("/") and path.startswith(one)) for one in self.open_paths)

    def is_slow(self, received: int) -> bool:
        """Whether so many bytes in a period of `body_seconds` are too few of an unfinished body."""
        return received < self.min_body_bytes_per_second * self.body_seconds
