"""The console of a sandbox over scripted services: a fund and two terminals, of which one is away."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import httpx2

from eligibility_api.sandbox.faults import REFUSALS, FaultName
from sandbox.console import Console
from sandbox.persons import Persons
from sandbox.services import FundSandbox, VirtualReader
from shikaku.persons.dataset import load_dataset
from shikaku.persons.listing import listing

FUND_URL, TERMINAL_URL = "http://fund.test", "http://terminal.test"
HOSTILE = "<script>alert(1)</script>"


def exchange(number: int, **more: Any) -> dict[str, Any]:
    """A request of the log; `more` replaces its parts."""
    row: dict[str, Any] = {
        "id": number, "at": 1_796_000_000.0 + number, "client_id": "00000000-0000-4000-8000-000000000001",
        "caller": "1311111114", "rights": "eligibility", "method": "POST", "path": "/v1/eligibility/number", "query": "",
        "headers": json.dumps({"content-type": "application/json"}), "body": '{"number":"7701","branch":"00"}',
        "status": 200, "milliseconds": 12.34, "code": "", "faults": "", "answer": '{"validity":"1"}', "replay_of": None,
    }  # fmt: skip
    return row | more


def event(kind: str, **more: Any) -> dict[str, Any]:
    """An event of a webhook; `more` replaces its parts."""
    row: dict[str, Any] = {
        "type": kind, "occurred_at": "2026-11-30T03:00:00+00:00", "attempts": 1, "url": "http://127.0.0.1:9000/events", "data": {},
        "owner": "01130012", "state": "delivered", "last_result": "status-204",
    }  # fmt: skip
    return row | more


@dataclass
class ScriptedServices:
    """What fund and terminal answer, and what they were sent."""

    log: list[dict[str, Any]] = field(default_factory=list)
    switches: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    placed: str | None = None
    sent: list[tuple[str, str, Any]] = field(default_factory=list)
    away: bool = False
    cards: tuple[str, ...] = ("P01-valid", "P02-valid-family")

    def fund(self, request: httpx2.Request) -> httpx2.Response:
        """The fund's part of the sandbox."""
        if self.away:
            raise httpx2.ConnectError("away")
        path = request.url.path
        body: Any = json.loads(request.content) if request.content else None
        if request.method == "POST":
            self.sent.append((request.method, path, body))
        if path == "/sandbox/faults" and request.method == "POST":
            if not body["caller"].isdecimal() and body["caller"] != "*":
                return httpx2.Response(422)
            until = datetime.now(UTC) + timedelta(seconds=body["for_seconds"])
            self.switches.append(
                {"fault": body["fault"], "caller": body["caller"], "until": until.isoformat()}
            )
            return httpx2.Response(200, json={})
        if path == "/sandbox/faults/end":
            self.switches = [one for one in self.switches if one["fault"] != body["fault"]]
            return httpx2.Response(204)
        if path == "/sandbox/faults":
            return httpx2.Response(
                200, json={"faults": list(FaultName), "refusals": REFUSALS, "switches": self.switches}
            )
        if path == "/sandbox/events":
            return httpx2.Response(200, json={"events": self.events})
        if path == "/sandbox/requests":
            return httpx2.Response(200, json={"requests": self.log[::-1]})
        return self._one(request)

    def _one(self, request: httpx2.Request) -> httpx2.Response:
        number = int(request.url.path.split("/")[3])
        found = next((one for one in self.log if one["id"] == number), None)
        if found is None:
            return httpx2.Response(404)
        if request.method == "POST":
            again = found | {"id": self.log[-1]["id"] + 1, "replay_of": number}
            self.log.append(again)
            return httpx2.Response(200, json={"number": again["id"], "status": 200})
        former = [one for one in self.log if one["id"] < number and one["path"] == found["path"]]
        return httpx2.Response(200, json={"request": found, "former": former[-1] if former else None})

    def terminal(self, request: httpx2.Request) -> httpx2.Response:
        """The terminal's virtual reader."""
        if request.method == "POST":
            self.sent.append((request.headers["origin"], request.url.path, request.content.decode()))
            self.placed = httpx2.QueryParams(request.content.decode()).get("card") or None
            return httpx2.Response(303)
        return httpx2.Response(200, json={"cards": self.cards, "placed": self.placed})


def _no_terminal(_request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("away")


@cache
def all_persons() -> Persons:
    """The test persons as a stack lists them on a fixed day."""
    return Persons.model_validate(listing(load_dataset(date(2026, 11, 30)), "4321"))


def console_of(services: ScriptedServices) -> Console:
    """A console over these services."""
    return Console(
        FundSandbox(FUND_URL, lambda: httpx2.MockTransport(services.fund)),
        [
            VirtualReader("架空診療所", TERMINAL_URL, lambda: httpx2.MockTransport(services.terminal)),
            VirtualReader("見本薬局", "http://away.test", lambda: httpx2.MockTransport(_no_terminal)),
        ],
        all_persons(),
    )
