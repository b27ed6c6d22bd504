"""The terminal's pages of histories over a fake fund, for requests without a socket or for a real browser."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from clinic_terminal.card.channel import CardConnection
from clinic_terminal.card.errors import CardError
from clinic_terminal.exchange.operator import DeskRole
from clinic_terminal.pages.app import create_app, pages
from clinic_terminal.pages.session import new_operator
from clinic_terminal.pages.site import Pages
from clinic_terminal.pages.terminal import Funds, PagesTerminal
from clinic_terminal.settings import TerminalSettings
from clinic_terminal.store import TerminalStore
from clinic_terminal.store.records import Permit, StoredMembership, StoredPerson, Visit, Way
from clinic_terminal.store.visits import new_visit_id
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Care, Category
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.history import HistoryResource
from tests.builders.clinic import histories, long_history, samples
from tests.builders.clinic.fake_consents import CONSENT
from tests.builders.clinic.fake_fund import FakeFund

ORIGIN = "http://127.0.0.1:8600"
PHARMACIST, DOCTOR = ("見本　薬剤師", "pharmacist-password"), ("見本　医師", "doctor-password")
RECEPTION = ("見本　受付", "reception-password")
_ROLES = {PHARMACIST: DeskRole.PHARMACIST, DOCTOR: DeskRole.DOCTOR, RECEPTION: DeskRole.RECEPTION}

ALL = (Category.MEDICATION, Category.PRESCRIPTION, Category.TREATMENT, Category.HEALTH_CHECKUP)
"""Everything but surgery."""

Operator = tuple[str, str]


@dataclass
class HistoryPages:
    """The pages, their fund and store. `now` is the time of the terminal and of its sessions."""

    site: Pages
    fund: FakeFund
    store: TerminalStore
    gate: threading.Event
    now: list[datetime] = field(default_factory=lambda: [samples.NOW])
    url: str = ORIGIN

    def skip(self, **time: float) -> None:
        """Let time pass."""
        self.now[0] += timedelta(**time)

    def visit(self, answer: EligibilityAnswer | None = None, *, found: bool = True) -> str:
        """Keep a visit of today; returns its id. `found`: whether the fund answered."""
        visit = Visit(
            visit_id=new_visit_id(),
            at=self.now[0],
            way=Way.CARD,
            answer=(answer or samples.answer()) if found else None,
        )
        self.store.keep_visit(visit)
        return visit.visit_id

    def consent(self, *categories: Category, until: timedelta = timedelta(hours=24), **changes: Any) -> None:
        """Keep a consent of the person of `samples`."""
        person = samples.enrolment()
        fields: dict[str, Any] = {
            "permit_id": CONSENT,
            "care": Care.OUTPATIENT,
            "categories": categories or ALL,
            "given_at": self.now[0],
            "available_until": self.now[0] + until,
            "memberships": (
                StoredMembership(
                    insurer_number=person.insurer_number,
                    symbol=person.symbol,
                    number=person.number,
                    branch=person.branch,
                ),
            ),
            "person": StoredPerson(
                name=person.name, name_kana=person.name_kana, birth_date=person.birth_date, sex=person.sex
            ),
        }
        self.store.keep_permit(Permit(**fields | changes))

    def opened(self, until: timedelta = timedelta(hours=24)) -> str:
        """The path of the history of a visit with a consent, until which the fund shows it."""
        self.consent(until=until)
        history, ends = self.fund.history, {"available_until": self.now[0] + until}
        for resource, kept in history.pages.items():
            history.pages[resource] = [page.model_copy(update=ends) for page in kept]
        history.by_date = [page.model_copy(update=ends) for page in history.by_date]
        return f"/history/{self.visit()}"


def _no_card(_reader: str | None, _seconds: float) -> CardConnection:
    raise CardError("reader-missing")


@contextmanager
def open_pages(home: Path) -> Iterator[HistoryPages]:
    """The pages without a socket, with a pharmacist, a doctor and a receptionist."""
    fund, gate, now = FakeFund(), threading.Event(), [samples.NOW]
    gate.set()
    fund.history.pages[HistoryResource.MEDICATIONS] = [long_history.by_ingredient()]
    fund.history.by_date = [long_history.by_date()]
    fund.history.pages[HistoryResource.TREATMENTS] = [histories.visits()]
    fund.history.pages[HistoryResource.HEALTH_CHECKUPS] = [long_history.checkups()]

    def handle(request: httpx2.Request) -> httpx2.Response:
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
    with TerminalStore.open(home) as store:
        terminal = PagesTerminal(
            TerminalSettings(**fields),
            store,
            Funds(open_fund),
            clock=lambda: now[0],
            list_readers=list,
            open_card=_no_card,
            keep_tap=lambda _outcome, _at, _request: None,
        )
        site = Pages(terminal, ticks=lambda: now[0].timestamp())  # noqa: PLW0108 - the time changes
        for (name, password), role in _ROLES.items():
            site.operators.add(new_operator(name, role, password))
        yield HistoryPages(site, fund, store, gate, now)


@contextmanager
def served_pages(home: Path) -> Iterator[HistoryPages]:
    """The pages for a real browser."""
    with open_pages(home) as opened, pages(opened.site, 0) as url:
        opened.url = url
        yield opened


@dataclass
class Browser:
    """What a person's browser does, without a socket."""

    http: httpx2.AsyncClient
    pages: HistoryPages

    async def get(self, path: str) -> httpx2.Response:
        """Get a page."""
        return await self.http.get(path, follow_redirects=True)

    async def post(self, path: str, **data: str) -> httpx2.Response:
        """Send a form, and get the page to which it leads."""
        return await self.http.post(path, data=data, follow_redirects=True)

    async def log_in(self, operator: Operator = PHARMACIST) -> None:
        """Log in."""
        response = await self.http.post("/login", data={"name": operator[0], "password": operator[1]})
        assert response.status_code == 303


@asynccontextmanager
async def open_browser(home: Path) -> AsyncIterator[Browser]:
    """A browser at the pages without a socket."""
    with open_pages(home) as opened:
        app = create_app(opened.site)
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 5000))
        headers = {"Origin": ORIGIN}
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as http:
            yield Browser(http, opened)
