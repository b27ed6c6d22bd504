"""Sends one message to a target: the name is looked up once, its addresses are checked, and one of them is connected to.

Whatever a target does, an attempt ends: no redirect is followed, no body is read, headers and time are bounded, and
neither proxies nor credentials of the environment are used (rules E3 to E5).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address

import httpx2

from eligibility_api.domain.webhooks import (
    ANSWER_SECONDS,
    IPAddress,
    Target,
    TargetFault,
    entry_for,
    may_connect,
    parse_target,
)

USER_AGENT = "shikaku-webhooks/1"

_RESOLVERS = 16
"""Look-ups of names at the same time; in threads of their own, so that a silent name server stops no other job."""

Resolve = Callable[[str, int], Awaitable[Sequence[IPAddress]]]
"""Returns the addresses of a host name. Raises OSError."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attempt: the answer's status, or none, and a word for the list of failures."""

    status: int | None
    result: str


class Connector:
    """Sends messages over connections of their own."""

    def __init__(
        self, http: httpx2.AsyncClient, resolve: Resolve, *, seconds: float = ANSWER_SECONDS
    ) -> None:
        self._http = http
        self._resolve = resolve
        self._seconds = seconds

    async def send(
        self, url: str, entries: Mapping[str, bool], headers: Mapping[str, str], body: bytes
    ) -> Attempt:
        """POST a message, if the URL's target is among the operator's `entries`. Never raises for what a target does."""
        try:
            target = parse_target(url)
            entry = entry_for(target, entries)
        except TargetFault:
            entry = None
        if entry is None:
            return Attempt(None, "target-not-allowed")
        try:
            async with asyncio.timeout(self._seconds):
                return await self._send(target, headers, body, private=entries[entry])
        except TimeoutError:
            return Attempt(None, "timeout")
        except (OSError, httpx2.ConnectError):
            return Attempt(None, "connection")
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
            return Attempt(None, "no-answer")

    async def _send(
        self, target: Target, headers: Mapping[str, str], body: bytes, *, private: bool
    ) -> Attempt:
        addresses = await self._resolve(target.host, target.port)
        # All of them: a name that mixes a forbidden address in is not trusted with the others.
        if not addresses or not all(
            may_connect(address, loopback=target.is_loopback, private=private) for address in addresses
        ):
            return Attempt(None, "address-not-allowed")
        # The address that was checked, whatever the name would resolve to now; certificate and Host are the name's.
        host = str(addresses[0])
        url = f"{target.scheme}://[{host}]" if ":" in host else f"{target.scheme}://{host}"
        request = self._http.build_request(
            "POST",
            f"{url}:{target.port}{target.path}",
            content=body,
            headers={**headers, "host": target.authority, "user-agent": USER_AGENT, "connection": "close"},
            extensions={"sni_hostname": target.host},
        )
        response = await self._http.send(request, stream=True, follow_redirects=False)
        await response.aclose()  # unread
        return Attempt(response.status_code, f"status-{response.status_code}")


def make_connector() -> Connector:
    """A connector with the system's resolver and certificate authorities. It keeps no connection open."""
    http = httpx2.AsyncClient(
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        timeout=httpx2.Timeout(ANSWER_SECONDS),
        trust_env=False,
        follow_redirects=False,
    )
    return Connector(http, _resolver(ThreadPoolExecutor(_RESOLVERS, "webhook-names")))


def _resolver(threads: ThreadPoolExecutor) -> Resolve:
    async def resolve(host: str, port: int) -> Sequence[IPAddress]:
        def look_up() -> Sequence[IPAddress]:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            return [ip_address(info[4][0]) for info in found]

        return await asyncio.get_running_loop().run_in_executor(threads, look_up)

    return resolve
