"""A fund on a socket of this machine that answers look-ups by number, and can stand still."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from types import TracebackType
from typing import Self

_ANSWERS = {
    "/v1/token": {"access_token": "token", "expires_in": 300},
    "/v1/eligibility/number": {"validity": "1", "record_id": "record"},
}


class FakeFund:
    """A context manager: a server in a thread of its own. `requests`: their number by path."""

    def __init__(self, *, stands_still: tuple[int, float] | None = None, failing: int = 200) -> None:
        """`stands_still`: after so many look-ups, for so many seconds; `failing`: status of look-ups."""
        self.requests: Counter[str] = Counter()
        self.url = ""
        self._stands_still, self._status = stands_still, failing
        self._answering = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.url = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # lets the connections close

    async def _start(self) -> str:
        self._answering.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        finally:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            lengths = [line for line in head.split("\r\n") if line.lower().startswith("content-length:")]
            await reader.readexactly(int(lengths[0].split(":")[1]) if lengths else 0)
            path = head.split(" ", 2)[1]
            self.requests[path] += 1
            is_look_up = path != "/v1/token"
            if is_look_up:
                await self._stand_still()
            status = self._status if is_look_up else 200
            body = json.dumps(_ANSWERS[path] if status == 200 else {"code": "internal"}).encode()
            writer.write(
                b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                % (status, len(body), body)
            )

    async def _stand_still(self) -> None:
        if (
            self._stands_still is not None
            and self.requests["/v1/eligibility/number"] == self._stands_still[0]
        ):
            self._answering.clear()
            self._loop.call_later(self._stands_still[1], self._answering.set)
        await self._answering.wait()
