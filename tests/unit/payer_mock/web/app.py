"""The desk's application over a fake fund, without a socket, and a browser that keeps its cookies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from payer_mock.web.app import create_app
from payer_mock.web.desk import Desk
from payer_mock.web.keys import Role, seal_key
from tests.unit.payer_mock.builders import FUND, INSURER, credential
from tests.unit.payer_mock.fake_uploads import FakeUploads

ORIGIN = "http://127.0.0.1:8500"
SENDER, APPROVER = ("見本　送信", "sender-password"), ("見本　承認", "approver-password")
NOW = datetime(2026, 11, 30, 5, 5, tzinfo=UTC)


@dataclass
class Browser:
    """What a person's browser does at the desk."""

    http: httpx2.AsyncClient
    desk: Desk
    fund: FakeUploads
    ticks: list[float] = field(default_factory=lambda: [0.0])

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """Get a page, without following redirects."""
        return await self.http.get(path, headers=headers)

    async def post(self, path: str, data: dict[str, str] | None = None, **options: Any) -> httpx2.Response:
        """Send a form."""
        return await self.http.post(path, data=data or {}, **options)

    async def log_in(self, operator: tuple[str, str] = SENDER, **more: str) -> httpx2.Response:
        """Log in."""
        return await self.post("/enrolment/login", {"name": operator[0], "password": operator[1], **more})


def new_desk(home: Path, fund: FakeUploads, ticks: Callable[[], float]) -> Desk:
    """A desk with a sender and an approver."""
    desk = Desk(home, FUND, make_transport=fund.transport, clock=lambda: NOW, ticks=ticks)
    program = credential()
    approver = program.model_copy(update={"client_id": f"approver-{INSURER}"})
    for (name, password), role, key in ((SENDER, Role.SENDER, program), (APPROVER, Role.APPROVER, approver)):
        desk.operators.add(seal_key(name, role, password, key))
    return desk


@asynccontextmanager
async def open_browser(home: Path, fund: FakeUploads) -> AsyncIterator[Browser]:
    """A browser at such a desk."""
    ticks = [0.0]
    desk = new_desk(home, fund, lambda: ticks[0])
    transport = httpx2.ASGITransport(create_app(desk), raise_app_exceptions=False, client=("127.0.0.1", 5000))
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers={"Origin": ORIGIN}) as http:
        yield Browser(http, desk, fund, ticks)
    desk.sessions.end_all()
