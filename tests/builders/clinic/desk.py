"""The terminal's screens over a fake fund: served for a real browser, or in process for requests without a socket."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
from starlette.types import ASGIApp

from clinic_terminal.card.channel import CardConnection
from clinic_terminal.card.errors import CardError
from clinic_terminal.card.pcsc import Reader
from clinic_terminal.exchange.operator import DeskRole
from clinic_terminal.pages.app import create_app, pages
from clinic_terminal.pages.session import new_operator
from clinic_terminal.pages.site import Pages
from clinic_terminal.pages.terminal import Funds, PagesTerminal
from clinic_terminal.settings import TerminalSettings
from clinic_terminal.store import TerminalStore
from clinic_terminal.store.records import Visit, Way
from clinic_terminal.store.visits import new_visit_id
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.eligibility import EligibilityAnswer
from tests.builders.clinic import samples
from tests.builders.clinic.fake_fund import FakeFund
from tests.builders.event_stream import EventStream, open_stream

ORIGIN = "http://127.0.0.1:8600"
RECEPTION, ADMINISTRATOR = ("見本　受付", "reception-password"), ("見本　管理", "admin-password")

Operator = tuple[str, str]


@dataclass
class Desk:
    """The screens, their fund and store, and the time. `gate`: answers of the fund wait until it is set."""

    site: Pages
    fund: FakeFund
    store: TerminalStore
    gate: threading.Event
    readers: list[Reader]
    skipped: list[float] = field(default_factory=lambda: [0.0])
    url: str = ORIGIN

    def skip(self, seconds: float) -> None:
        """Let time pass."""
        self.skipped[0] += seconds

    def visit(
        self, answer: EligibilityAnswer | None = None, *, at: datetime = samples.NOW, **changes: Any
    ) -> str:
        """Keep a visit of today; returns its id."""
        fields: dict[str, Any] = {"way": Way.CARD, "milliseconds": 210, "answer": answer}
        visit = Visit(visit_id=new_visit_id(), at=at, **fields | changes)
        self.store.keep_visit(visit)
        return visit.visit_id


def _no_card(_reader: str | None, _seconds: float) -> CardConnection:
    raise CardError("reader-missing")


@contextmanager
def open_desk(home: Path, fund: FakeFund | None = None, **settings: Any) -> Iterator[Desk]:
    """A desk with two operators, without a socket."""
    fund = fund or FakeFund()
    gate, skipped, readers = threading.Event(), [0.0], [Reader("見本リーダー", has_card=False)]
    gate.set()

    def handle(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/eligibility/number":
            gate.wait(20)
        return fund.transport().handle_request(request)

    def open_fund() -> FundClient:
        return FundClient(
            samples.AUDIENCE,
            samples.credential(),
            clock=lambda: samples.NOW,
            transport=httpx2.MockTransport(handle),
        )

    fields: dict[str, Any] = {
        "credential": home / "none.json",
        "fund_url": "http://127.0.0.1:1",
        "home": home,
    }
    configured = TerminalSettings(**fields | settings)
    with ExitStack() as stack:
        store = stack.enter_context(TerminalStore.open(home, answer_days=30))
        terminal = PagesTerminal(
            configured,
            store,
            Funds(open_fund),
            clock=lambda: samples.NOW,
            list_readers=lambda: readers,
            open_card=_no_card,
            keep_tap=lambda _outcome, _at, _request: None,
            folders=configured.exchange_root,
        )
        site = Pages(terminal, ticks=lambda: time.monotonic() + skipped[0])
        stack.callback(site.close)
        stack.callback(gate.set)
        for (name, password), role in (
            (RECEPTION, DeskRole.RECEPTION),
            (ADMINISTRATOR, DeskRole.ADMINISTRATOR),
        ):
            site.operators.add(new_operator(name, role, password))
        yield Desk(site, fund, store, gate, readers, skipped)


@contextmanager
def served_desk(home: Path, **options: Any) -> Iterator[Desk]:
    """A desk that a browser can open."""
    with open_desk(home, **options) as desk, pages(desk.site, 0) as url:
        desk.url = url
        yield desk


@dataclass
class Browser:
    """What a person's browser does, without a socket."""

    http: httpx2.AsyncClient
    desk: Desk
    app: ASGIApp

    def stream(self, path: str, page: str = "/desk") -> AbstractAsyncContextManager[EventStream]:
        """The events at a path, for a page."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        return open_stream(self.app, ORIGIN, path, {"Cookie": cookies, "Referer": f"{ORIGIN}{page}"})

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """Get a page, without following redirects."""
        return await self.http.get(path, headers=headers)

    async def post(self, path: str, data: dict[str, str] | None = None, **options: Any) -> httpx2.Response:
        """Send a form."""
        return await self.http.post(path, data=data or {}, **options)

    async def log_in(self, operator: Operator = RECEPTION, **more: str) -> httpx2.Response:
        """Log in."""
        return await self.post("/login", {"name": operator[0], "password": operator[1], **more})


@asynccontextmanager
async def open_browser(home: Path, **options: Any) -> AsyncIterator[Browser]:
    """A browser at a desk without a socket."""
    with open_desk(home, **options) as desk:
        app = create_app(desk.site)
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 5000))
        headers = {"Origin": ORIGIN}
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as http:
            yield Browser(http, desk, app)
