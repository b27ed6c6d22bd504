"""The web face in this process, over a fake fund and a store of its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from clinic_terminal.exchange.answering import Exchange
from clinic_terminal.exchange.operator import Operator
from clinic_terminal.exchange.web.app import SEARCH_PATH, SIGN_IN_PATH, make_app
from clinic_terminal.exchange.web.sessions import Sessions
from clinic_terminal.exchange.web.workers import Workers
from clinic_terminal.messages import json_codec
from clinic_terminal.messages.headers import Message
from clinic_terminal.store import TerminalStore
from eligibility_api.contract.codes import Category
from eligibility_api.contract.history import HistoryResource, Medications
from tests.builders.clinic import histories
from tests.builders.clinic.clinic_software import DOCTOR
from tests.builders.clinic.exchange_requests import RECEPTION
from tests.builders.clinic.fake_fund import FakeFund
from tests.builders.clinic.samples import NOW
from tests.builders.clinic.store import permit

PORT = 8600
ORIGIN = f"http://127.0.0.1:{PORT}"
KEY = "terminal-key"
PERMIT = permit(
    categories=(Category.MEDICATION, Category.TREATMENT, Category.SURGERY, Category.HEALTH_CHECKUP)
)

Reply = httpx2.Response


@dataclass
class Clock:
    """Seconds that pass only when a test says so."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class WebFaceClient:
    """A program that uses the web face; `tokens` are those of its last sign-in."""

    http: httpx2.AsyncClient
    fund: FakeFund
    clock: Clock
    tokens: dict[str, Any] = field(default_factory=dict)

    async def sign_in(self, key: str | None = KEY, **headers: str) -> Reply:
        if key is not None:
            headers = {"authorization": f"Bearer {key}"} | headers
        reply = await self.http.post(SIGN_IN_PATH, headers=headers)
        if reply.status_code == 200:
            self.tokens = reply.json()["result"]
        return reply

    async def send(self, path: str, content: bytes, **headers: str) -> Reply:
        authorization = {"authorization": str(self.tokens.get("idToken", ""))}
        return await self.http.post(path, content=content, headers=authorization | headers)

    async def ask(self, name: str, message: Message | Mapping[str, Any]) -> Reply:
        """The response to a message, signed in."""
        if not self.tokens:
            await self.sign_in()
        content = json_codec.encode(message) if isinstance(message, Message) else json.dumps(message).encode()
        path = SEARCH_PATH if name == "OQSsiquc01req" else f"/shikaku/messages/{name}"
        return await self.send(path, content)


def exchange_of(fund: FakeFund, store: TerminalStore, staff: Operator | None = DOCTOR) -> Exchange:
    """An exchange at the samples' instant, whose reception numbers are all the same."""
    return Exchange(fund.client(), store, clock=lambda: NOW, staff=staff, new_number=lambda _: RECEPTION)


@asynccontextmanager
async def web_face_client(home: Path, key: str | None = KEY) -> AsyncIterator[WebFaceClient]:
    """A client of a web face, whose store has a permit for the samples' person."""
    fund, clock = FakeFund(), Clock()
    with TerminalStore.open(home) as store, Workers(lambda: exchange_of(fund, store)) as workers:
        store.keep_permit(PERMIT)
        listed = histories.page(Medications, medicines=[histories.medicine()], groups=[])
        fund.history.pages[HistoryResource.MEDICATIONS] = [listed]
        app = make_app(workers, Sessions(clock), PORT, key)
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as http:
            yield WebFaceClient(http, fund, clock)
