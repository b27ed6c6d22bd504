"""Requests whose clients have gone while they waited reach the database no more, and end nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database import coalescing
from eligibility_api.database.coalescing import Coalesced, Coalescer, InProgress
from eligibility_api.platform.sql import Statement
from tests.builders.real_server import real_server, request

pytestmark = pytest.mark.anyio


class Reading:
    """An application whose requests read something by their path, together with others."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.statements: list[Any] = []
        self.arrived = 0
        kind = Coalesced("kind", Statement.of(":path"), Statement.of("many :path"))
        self.coalescer = Coalescer(kind, self.fetch, InProgress())

    async def fetch(self, text: str, parameters: Sequence[Any]) -> list[Any]:
        """The rows of one statement; the first one waits."""
        [paths] = parameters
        self.statements.append(paths)
        await self.go_on.wait()
        many = paths if text.startswith("many") else [paths]
        return [{"place": place, "path": path} for place, path in enumerate(many, 1)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        self.arrived += 1
        try:
            [row] = await self.coalescer.fetch({"path": scope["path"]})
            status, body = 200, row["path"].encode()
        except ShikakuError:
            status, body = 503, b""
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(b"content-length", b"%d" % len(body))],
            }
        )
        await send({"type": "http.response.body", "body": body})


async def test_who_has_gone_is_left_out_of_the_next_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing, "PATIENCE_SECONDS", 60.0)
    app = Reading()
    async with real_server(app, max_requests=2048) as server:
        slow = await server.send(request("GET", "/slow"))
        await server.until(lambda: app.arrived == 1)
        gone = [await server.send(request("GET", f"/gone/{number}")) for number in range(3)]
        staying = [await server.send(request("GET", f"/staying/{number}")) for number in range(3)]
        await server.until(lambda: app.arrived == 7)
        connections = len(server.admission.table)
        for client in gone:
            await client.close()
        await server.until(lambda: len(server.admission.table) == connections - 3)
        app.go_on.set()
        answers = [await client.answer() for client in (slow, *staying)]
    assert [(answer.status, answer.body) for answer in answers] == [
        (200, b"/slow"),
        *((200, f"/staying/{number}".encode()) for number in range(3)),
    ]
    slow_one, others = app.statements
    assert slow_one == "/slow"
    assert sorted(others) == [f"/staying/{number}" for number in range(3)]
