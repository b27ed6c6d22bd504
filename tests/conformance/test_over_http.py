"""Every bad proof through the whole application, the clock standing at its instant: refused before the database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey

from eligibility_api.app import build, open_state
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Purpose, Right
from eligibility_api.contract.errors import CATALOGUE, PROBLEM_MEDIA_TYPE, ShikakuError
from eligibility_api.database.connections import Database
from eligibility_api.platform.keys import FundKeys
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import set_up_logging
from eligibility_api.state import State
from tests.conformance.proofs import Collection, Presented
from tests.conformance.workshop import AT

COLLECTION = Collection.load()
WHERE: dict[Purpose, tuple[str, dict[str, Any]]] = {
    Purpose.ELIGIBILITY: ("/v1/eligibility/card", {}),
    Purpose.FIRST_REGISTRATION: ("/v1/registrations", {"agreed": True}),
    Purpose.VISUAL_CHECK: ("/v1/eligibility/visual-check", {"operator": "受付"}),
}
"""Where a proof for each purpose is sent, and what goes beside it."""

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive"),
]


class UntouchedDatabase(Database):
    """A database that nobody may reach; whether somebody tried is remembered."""

    def __init__(self) -> None:
        self.touched = False

    async def open(self) -> None:
        """There is nothing to open."""

    async def close(self) -> None:
        """There is nothing to close."""

    async def fetch(self, statement: str, parameters: Sequence[Any]) -> list[Any]:
        """Refuses, and remembers."""
        self.touched = True
        raise ShikakuError("database-unavailable", retry_after=1)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """Refuses, and remembers."""
        await self.fetch("", ())
        yield None


class DeadLine(httpx2.AsyncBaseTransport):
    """A line to J-LIS on which nobody answers; whether somebody called is remembered."""

    def __init__(self) -> None:
        self.touched = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.touched = True
        raise httpx2.ConnectError("nobody is there")


@dataclass
class StandingClock:
    """A clock that stands where it is put."""

    now: datetime = AT

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Fund:
    """The application over an untouched database, and a line to it."""

    state: State
    http: httpx2.AsyncClient
    clock: StandingClock
    database: UntouchedDatabase
    line: DeadLine

    async def send(self, presented: Presented) -> httpx2.Response:
        """Send a proof as the terminal that presents it, at its instant."""
        self.clock.now = presented.at
        self.database.touched = self.line.touched = False
        caller = Caller(presented.terminal, presented.institution_code, None, frozenset(Right))
        path, beside = WHERE[presented.purpose]
        body = presented.proof().model_dump(mode="json") | beside
        headers = {"Authorization": f"Bearer {self.state.tokens.issue(caller, presented.at)}"}
        return await self.http.post(path, json=body, headers=headers)


def trust_file(folder: Path, name: str, certificates: list[str]) -> Path:
    path = folder / name
    path.write_text("".join(certificates))
    return path


@pytest.fixture(scope="module")
async def fund(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    surroundings, home = COLLECTION.surroundings, tmp_path_factory.mktemp("fund")
    settings = Settings(
        home=home,
        audience=surroundings.audience,
        trust_store=trust_file(home, "authentication.pem", surroundings.trust.authentication),
        signature_trust_store=trust_file(home, "signature.pem", surroundings.trust.signature),
    )
    keys = FundKeys(
        token=ECKey.generate_key("P-256"),
        challenge=surroundings.mac_keys(),
        version=bytes(32),
        second_factor=bytes(32),
        jlis_client=ECKey.generate_key("P-256"),
    )
    clock, database, line = StandingClock(), UntouchedDatabase(), DeadLine()
    set_up_logging()
    async with open_state(settings, keys, database, clock=clock, transport=line) as state:
        app = build(lambda: open_state(settings, keys, database, clock=clock, transport=line))
        app.state.fund = state
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://fund.test") as http:
            yield Fund(state, http, clock, database, line)


@pytest.mark.parametrize("presented", COLLECTION.good, ids=lambda proof: proof.name)
async def test_a_good_proof_reaches_the_database_or_the_register(fund: Fund, presented: Presented) -> None:
    response = await fund.send(presented)
    assert fund.database.touched or fund.line.touched
    assert response.json()["kind"] == "technical"


@pytest.mark.parametrize("presented", COLLECTION.bad, ids=lambda proof: proof.name)
async def test_a_bad_proof_is_answered_with_its_problem_and_touches_nothing(
    fund: Fund, presented: Presented
) -> None:
    response = await fund.send(presented)

    entry = CATALOGUE[str(presented.over_http or presented.expected)]
    problem = response.json()
    assert (response.status_code, problem.get("code")) == (entry.status, entry.code)
    assert response.headers["content-type"].split(";")[0] == PROBLEM_MEDIA_TYPE
    assert (problem["detail_ja"], problem["detail"], problem["title"]) == (entry.ja, entry.en, entry.engineer)
    assert not fund.database.touched
    assert not fund.line.touched


@pytest.mark.parametrize("presented", COLLECTION.bad, ids=lambda proof: proof.name)
async def test_a_refusal_and_its_line_in_the_journal_repeat_nothing_of_what_was_sent(
    fund: Fund, presented: Presented, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging()  # to the standard error that is watched
    response = await fund.send(presented)

    told = response.text + capsys.readouterr().err
    sent = presented.model_dump(mode="json", include={"challenge", "certificate", "signature"})
    assert '"event": "request"' in told
    assert "Traceback" not in told
    assert not [field for field, text in sent.items() if len(text) >= 8 and json.dumps(text)[1:60] in told]
    known = {"type", "title", "status", "code", "kind", "detail", "detail_ja", "request_id"}
    assert set(response.json()) == known
