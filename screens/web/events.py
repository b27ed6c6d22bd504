"""Server-sent events: a page receives parts of itself as they change, until it has the last one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from html import escape

from starlette.responses import StreamingResponse

log = logging.getLogger(__name__)

MAX_STREAMS = 32
"""Open streams of one program; a further one is refused with 503."""

MAX_SECONDS = 600.0
"""A stream ends after ten minutes, and the browser opens it again."""

RETRY_MILLISECONDS = 2000
"""So long a browser waits before it opens a stream again that has ended or was cut: as often as pages without script."""


@dataclass(frozen=True, slots=True)
class Update:
    """A part of the page as HTML, a short text for screen readers (or ""), and whether it is the last one."""

    html: str
    announce: str = ""
    last: bool = False


def follow(path: str) -> Update:
    """The last update of a stream: the page goes on to a path."""
    return Update(f'<a data-follow href="{escape(path)}"></a>', last=True)


class Streams:
    """Streams of updates, of which a limited number is open."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: monotonic seconds."""
        self._clock = clock
        self._open = 0

    def respond(self, fetch: Callable[[], Awaitable[Update]], every_seconds: float) -> StreamingResponse:
        """A response that sends what `fetch` returns, as often as it is not what was sent before."""
        if self._open >= MAX_STREAMS:
            return StreamingResponse(iter(()), status_code=503, headers={"Retry-After": "5"})
        return StreamingResponse(self._events(fetch, every_seconds), media_type="text/event-stream")

    async def _events(
        self, fetch: Callable[[], Awaitable[Update]], every_seconds: float
    ) -> AsyncGenerator[bytes, None]:
        self._open += 1
        try:
            yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
            ends, sent = self._clock() + MAX_SECONDS, None
            while self._clock() < ends:
                try:
                    update = await fetch()
                except Exception as error:
                    # The browser says since when nothing came, and opens the stream again.
                    log.error("a stream ended: %s", type(error).__name__)  # without values
                    return
                if sent is None or _is_news(update, sent):
                    yield event(update)
                    sent = update
                if update.last:
                    return
                await asyncio.sleep(every_seconds)
        finally:
            self._open -= 1


def _is_news(update: Update, sent: Update) -> bool:
    """Whether the part of the page differs from what was sent, or there is something else to say about it."""
    differs = (update.html, update.last) != (sent.html, sent.last)
    return differs or update.announce not in ("", sent.announce)


def event(update: Update) -> bytes:
    """An update as it is sent."""
    lines = [f"event: {'last' if update.last else 'update'}"]
    # The first line is for screen readers, the others are the part of the page.
    lines += [f"data: {line}" for line in (update.announce.replace("\n", " "), *update.html.splitlines())]
    return ("\n".join(lines) + "\n\n").encode()
