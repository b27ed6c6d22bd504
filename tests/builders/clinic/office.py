"""A clinic's software and reader at one terminal of the real fund, and what it asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from clinic_terminal.exchange.answering import Exchange
from clinic_terminal.exchange.face import Tap, record_tap
from clinic_terminal.exchange.operator import Operator
from clinic_terminal.messages.eligibility import SearchInfo
from clinic_terminal.messages.headers import Message
from clinic_terminal.messages.references import Registration
from clinic_terminal.messages.registry import MESSAGES
from clinic_terminal.store import TerminalStore
from clinic_terminal.timings import Stopwatch
from clinic_terminal.visit.consent import ConsentProposal
from clinic_terminal.visit.tap import TapOutcome, TapRequest, tap
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Care, Category, Role
from eligibility_api.contract.consent import ConsentCare
from eligibility_api.domain.dates import day_in_japan
from jpki_mock.card.image import save_image
from jpki_mock.card.in_process import open_card
from tests.builders.clinic.clinic_software import eligibility_request, registration, search_info
from tests.builders.clinic.scripted_prompts import ScriptedPrompts
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, INSURER
from tests.builders.in_process import InProcessTransport, in_thread
from tests.builders.people import Person

PIN = "4321"
DOCTOR = Operator(Role.DOCTOR, "架空 医師")
RECEPTION = Operator(Role.RECEPTION, "架空 受付")
FILES = (Category.MEDICATION, Category.PRESCRIPTION, Category.TREATMENT, Category.HEALTH_CHECKUP)


@dataclass
class Office:
    """A clinic's software and reader at one terminal of the real fund."""

    fund: Fund
    home: Path
    store: TerminalStore

    def client(self) -> FundClient:
        transport = InProcessTransport(self.fund.app)
        return FundClient("http://fund.test", self.fund.clinic, clock=self.fund.clock, transport=transport)

    async def ask(
        self,
        prefix: str,
        request: Message,
        operator: Operator | None = DOCTOR,
        client: FundClient | None = None,
    ) -> Any:
        """The result of a request; not typed, since a prefix decides the type."""
        exchange = Exchange(client or self.client(), self.store, clock=self.fund.clock)
        return await in_thread(partial(exchange.answer, MESSAGES[prefix], request, operator))

    async def tap(self, person: Person, *categories: Category, care: ConsentCare = Care.OUTPATIENT) -> Any:
        """The message of a tap with the right PIN, and a consent to these categories."""
        card = self.home / f"{person.resident.resident_id}.json"
        save_image(person.card, card)
        proposal = ConsentProposal(categories, care) if categories else None
        outcome = await in_thread(partial(self._tap, card, TapRequest(consent=proposal)))
        tapped = Tap(outcome, CLINIC, self.fund.clock(), "ArnHCeDfNjMCFzg=")
        return await in_thread(partial(record_tap, self.store, tapped))

    def _tap(self, card: Path, request: TapRequest) -> TapOutcome:
        return tap(open_card(card), self.client(), ScriptedPrompts([PIN]), request, Stopwatch())


def membership(person: Person, **changes: Any) -> dict[str, Any]:
    """The membership under which `Fund.enrol` enrols a person."""
    items = {
        "insurer_number": INSURER,
        "symbol": "見本",
        "number": person.resident.resident_id[1:],
        "branch": "00",
    }
    return items | changes


def of(person: Person, **changes: Any) -> SearchInfo:
    return search_info(**membership(person, birth_date=person.resident.birth_date) | changes)


def registered(person: Person, **changes: Any) -> Registration:
    return registration(**membership(person) | changes)


def today(fund: Fund) -> date:
    return day_in_japan(fund.clock())


def look_up(fund: Fund, person: Person, day: date | None = None, **changes: Any) -> Message:
    head = {"qualification_confirmation_date": day or today(fund)}
    return eligibility_request(head, **dict(of(person, **changes)))
