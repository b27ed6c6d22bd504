"""The services of a sandbox over HTTP: the fund's `/sandbox/…`, and the virtual readers of terminals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2

TIMEOUT_SECONDS = 70.0
"""Longer than the slowest answer that a fault may cause."""

_READER_SECONDS = 3.0


class ServiceFailed(Exception):
    """A service does not answer, or refuses. `status`: its HTTP status, if it answered."""

    def __init__(self, service: str, status: int | None = None) -> None:
        super().__init__(f"{service}: {status or 'no answer'}")
        self.service, self.status = service, status


class FundSandbox:
    """The fund's own part of the sandbox."""

    def __init__(
        self, url: str, make_transport: Callable[[], httpx2.BaseTransport] = httpx2.HTTPTransport
    ) -> None:
        self.url = url.rstrip("/")
        self._http = httpx2.Client(base_url=self.url, transport=make_transport(), timeout=TIMEOUT_SECONDS)

    def faults(self) -> dict[str, Any]:
        """Every fault, and the switches that are on. Raises ServiceFailed."""
        return self._call("GET", "/sandbox/faults")

    def turn_on(self, fault: str, caller: str, for_seconds: int) -> None:
        """Turn a fault on. Raises ServiceFailed."""
        self._call("POST", "/sandbox/faults", {"fault": fault, "caller": caller, "for_seconds": for_seconds})

    def turn_off(self, fault: str, caller: str) -> None:
        """Turn a fault off. Raises ServiceFailed."""
        self._call("POST", "/sandbox/faults/end", {"fault": fault, "caller": caller})

    def requests(self, limit: int) -> list[dict[str, Any]]:
        """The latest requests, newest first. Raises ServiceFailed."""
        found: list[dict[str, Any]] = self._call("GET", f"/sandbox/requests?limit={limit}")["requests"]
        return found

    def request(self, number: int) -> dict[str, Any]:
        """A request, and the former one of its kind. Raises ServiceFailed."""
        return self._call("GET", f"/sandbox/requests/{number}")

    def replay(self, number: int) -> int:
        """Send a request again; returns the number of the new one. Raises ServiceFailed."""
        return int(self._call("POST", f"/sandbox/requests/{number}/replay")["number"])

    def events(self, limit: int) -> list[dict[str, Any]]:
        """The latest events of webhooks, newest first. Raises ServiceFailed."""
        found: list[dict[str, Any]] = self._call("GET", f"/sandbox/events?limit={limit}")["events"]
        return found

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        try:
            response = self._http.request(method, path, json=body)
        except httpx2.RequestError as error:
            raise ServiceFailed("fund") from error
        if not response.is_success:
            raise ServiceFailed("fund", response.status_code)
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer


@dataclass(frozen=True, slots=True)
class ReaderState:
    """What is known of a virtual reader now; `cards` is empty and `answers` false where its terminal is away."""

    name: str
    url: str
    answers: bool
    placed: str | None = None
    cards: frozenset[str] = frozenset()


class VirtualReader:
    """The reader of a terminal in tests, in which a click puts a card."""

    def __init__(
        self, name: str, url: str, make_transport: Callable[[], httpx2.BaseTransport] = httpx2.HTTPTransport
    ) -> None:
        """`name`: of the facility. `url`: of the terminal's screens."""
        self.name, self.url = name, url.rstrip("/")
        # The terminal takes changes from its own pages only: those of other sites cannot have its origin.
        headers = {"Origin": self.url}
        self._http = httpx2.Client(
            base_url=self.url, transport=make_transport(), timeout=_READER_SECONDS, headers=headers
        )

    def state(self) -> ReaderState:
        """Its cards, and the one in it."""
        try:
            response = self._http.get("/reader/shelf")
            response.raise_for_status()
        except httpx2.HTTPError:
            return ReaderState(self.name, self.url, answers=False)
        shelf = response.json()
        return ReaderState(
            self.name, self.url, answers=True, placed=shelf["placed"], cards=frozenset(shelf["cards"])
        )

    def place(self, card: str) -> None:
        """Put a card in, or take it out if `card` is empty. Raises ServiceFailed."""
        try:
            response = self._http.post("/reader/shelf", data={"card": card})
        except httpx2.RequestError as error:
            raise ServiceFailed("terminal") from error
        if response.status_code >= 400:
            raise ServiceFailed("terminal", response.status_code)
