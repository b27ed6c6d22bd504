"""Measures the time of a tap: steps, card, network, waiting for a person, and the software's own share.

`card` is the time between a command and its response: card, reader link, driver and PC/SC service, which
cannot be separated from here. With an emulated card without a delay of its own all of it is software, so that
the software's whole share is then `card` and `software` together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

import httpx2

from clinic_terminal.card.channel import CardConnection


@dataclass(frozen=True, slots=True)
class Timings:
    """A reading in milliseconds.

    `software` is the share of this program: the total less card, network and waiting.
    """

    total: float
    waiting: float
    card: float
    network: float
    software: float
    apdus: int
    steps: dict[str, float]


class Stopwatch:
    """Runs from its construction. `step` and the two meters below add to its parts."""

    def __init__(self, monotonic: Callable[[], float] = perf_counter) -> None:
        self.monotonic = monotonic
        self.card_seconds = 0.0
        self.network_seconds = 0.0
        self.apdus = 0
        self._waiting_seconds = 0.0
        self._steps: dict[str, float] = {}
        self._started = monotonic()

    @contextmanager
    def step(self, name: str, *, waiting: bool = False) -> Iterator[None]:
        """Measure a step; repetitions add up. `waiting`: the time of a person."""
        started = self.monotonic()
        try:
            yield
        finally:
            seconds = self.monotonic() - started
            self._steps[name] = self._steps.get(name, 0.0) + seconds
            if waiting:
                self._waiting_seconds += seconds

    def timings(self) -> Timings:
        """The reading at this instant."""
        total = self.monotonic() - self._started
        software = total - self._waiting_seconds - self.card_seconds - self.network_seconds
        return Timings(
            total=_milliseconds(total),
            waiting=_milliseconds(self._waiting_seconds),
            card=_milliseconds(self.card_seconds),
            network=_milliseconds(self.network_seconds),
            software=_milliseconds(software),
            apdus=self.apdus,
            steps={name: _milliseconds(seconds) for name, seconds in self._steps.items()},
        )


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)


class MeteredConnection:
    """A card connection that counts its commands and measures the card's time."""

    def __init__(self, connection: CardConnection, watch: Stopwatch) -> None:
        self._connection = connection
        self._watch = watch

    @property
    def reader_name(self) -> str:
        """The reader's name."""
        return self._connection.reader_name

    def transmit(self, apdu: bytes, /) -> bytes:
        """Exchange one command. Raises what the wrapped connection raises."""
        started = self._watch.monotonic()
        self._watch.apdus += 1
        try:
            return self._connection.transmit(apdu)
        finally:
            self._watch.card_seconds += self._watch.monotonic() - started

    def close(self) -> None:
        """Power the card down; this counts as the card's time."""
        started = self._watch.monotonic()
        try:
            self._connection.close()
        finally:
            self._watch.card_seconds += self._watch.monotonic() - started


class MeteredTransport(httpx2.BaseTransport):
    """An HTTP transport that measures the time of network and fund, the response body included."""

    def __init__(self, transport: httpx2.BaseTransport, watch: Stopwatch) -> None:
        self._transport = transport
        self._watch = watch

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and read the whole response."""
        started = self._watch.monotonic()
        try:
            response = self._transport.handle_request(request)
            response.read()
            return response
        finally:
            self._watch.network_seconds += self._watch.monotonic() - started

    def close(self) -> None:
        """Close the wrapped transport."""
        self._transport.close()
