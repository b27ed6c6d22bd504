"""Server-sent events of an application without a socket, one after the other as they are sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from starlette.types import ASGIApp, Message


@dataclass(frozen=True)
class Event:
    """An event: its kind, what is announced, and the part of the page."""

    kind: str
    announced: str
    html: str


class EventStream:
    """A stream that is open. `raised`: what the application raised, once it has ended."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[Message | None] = asyncio.Queue()
        self.raised: BaseException | None = None

    async def next(self) -> Event | None:
        """The next event; None once the stream has ended."""
        while (message := await asyncio.wait_for(self.messages.get(), 10)) is not None:
            head, _, body = message.get("body", b"").decode().partition("\n")
            if head.startswith("event: "):
                announced, *html = [line.removeprefix("data: ") for line in body.rstrip("\n").split("\n")]
                return Event(head.removeprefix("event: "), announced, "\n".join(html))
        return None


@asynccontextmanager
async def open_stream(
    app: ASGIApp, origin: str, path: str, headers: dict[str, str]
) -> AsyncIterator[EventStream]:
    """The stream at a path, closed by the browser at the end of the block."""
    host = origin.removeprefix("http://")
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "scheme": "http", "http_version": "1.1", "asgi": {"version": "3.0"},
        "client": ("127.0.0.1", 5000), "server": (host.split(":")[0], int(host.split(":")[1])),
        "headers": [(name.lower().encode(), value.encode()) for name, value in {"Host": host, **headers}.items()],
    }  # fmt: skip
    stream, closed = EventStream(), asyncio.Event()

    async def receive() -> Message:
        await closed.wait()
        return {"type": "http.disconnect"}

    async def run() -> None:
        try:
            await app(scope, receive, stream.messages.put)
        except Exception as error:
            stream.raised = error
        finally:
            await stream.messages.put(None)

    running = asyncio.create_task(run())
    try:
        yield stream
    finally:
        closed.set()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
