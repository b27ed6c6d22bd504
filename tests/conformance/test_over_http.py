"""Every bad proof is refused by the whole application, at its instant, before any database access."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
import structlog
from joserfc.jwk import ECKey

from eligibility_api.app import build
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Purpose, Right
from eligibility_api.contract.errors import CATALOGUE, PROBLEM_MEDIA_TYPE, ShikakuError
from eligibility_api.database.coalescing import Coalesced
from eligibility_api.database.connections import Database
from eligibility_api.platform.keys import FundKeys
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import set_up_logging
from eligibility_api.state import State, open_state
from tests.builders.fund import opened
from tests.builders.real_server import serving
from tests.conformance.proof_builder import AT
from tests.conformance.proofs import Collection, PresentedProof

COLLECTION = Collection.load()
ENDPOINTS: dict[Purpose, tuple[str, dict[str, Any]]] = {
    Purpose.ELIGIBILITY: ("/v1/eligibility/card", {}),
    Purpose.FIRST_REGISTRATION: ("/v1/registrations", {"agreed": True}),
    Purpose.VISUAL_REGISTRATION: ("/v1/registrations", {"agreed": True, "operator": "受付"}),
    Purpose.VISUAL_CHECK: ("/v1/eligibility/visual-check", {"operator": "受付"}),
}
"""The path for a proof of each purpose, and the other members of the request."""

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive"),
]


class UntouchedDatabase(Database):
    """A database that refuses every access and records it."""

    def __init__(self) -> None:
        self.touched = False

    async def open(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""

    async def fetch(self, statement: str, parameters: Sequence[Any]) -> list[Any]:
        """Record the access and refuse it."""
        self.touched = True
        raise ShikakuError("database-unavailable", retry_after=1)

    async def fetch_together(self, kind: Coalesced, values: Mapping[str, Any]) -> list[Any]:
        """Record the access and refuse it."""
        return await self.fetch("", ())

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """Record the access and refuse it."""
        await self.fetch("", ())
        yield None


class UnreachableTransport(httpx2.AsyncBaseTransport):
    """A transport to J-LIS that refuses every connection and records it."""

    def __init__(self) -> None:
        self.touched = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.touched = True
        raise httpx2.ConnectError("unreachable")


@dataclass
class FixedClock:
    """A clock with a fixed, settable time."""

    now: datetime = AT

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Fund:
    """The application over a database that records accesses, and a client for it."""

    state: State
    http: httpx2.AsyncClient
    clock: FixedClock
    database: UntouchedDatabase
    jlis: UnreachableTransport

    async def send(self, presented: PresentedProof) -> httpx2.Response:
        """Send a proof as its terminal, at its instant."""
        self.clock.now = presented.at
        self.database.touched = self.jlis.touched = False
        caller = Caller(presented.terminal, presented.institution_code, None, frozenset(Right))
        path, others = ENDPOINTS[presented.purpose]
        body = presented.proof().model_dump(mode="json") | others
        headers = {"Authorization": f"Bearer {self.state.tokens.issue(caller, presented.at)}"}
        return await self.http.post(path, json=body, headers=headers)


def trust_file(folder: Path, name: str, certificates: list[str]) -> Path:
    path = folder / name
    path.write_text("".join(certificates))
    return path


@pytest.fixture(scope="module")
async def fund(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    environment, home = COLLECTION.environment, tmp_path_factory.mktemp("fund")
    settings = Settings(
        home=home,
        audience=environment.audience,
        trust_store=trust_file(home, "authentication.pem", environment.trust.authentication),
        signature_trust_store=trust_file(home, "signature.pem", environment.trust.signature),
    )
    keys = FundKeys(
        token=ECKey.generate_key("P-256"),
        challenge=environment.mac_keys(),
        version=bytes(32),
        second_factor=bytes(32),
        webhook=bytes(32),
        jlis_client=ECKey.generate_key("P-256"),
    )
    clock, database, jlis = FixedClock(), UntouchedDatabase(), UnreachableTransport()
    set_up_logging()
    # Over a socket, since some of the bad proofs are refused by the server already.
    async with (
        open_state(settings, keys, database, clock=clock, transport=jlis) as state,
        serving(build(opened(state))) as (host, port),
        httpx2.AsyncClient(base_url=f"http://{host}:{port}") as http,
    ):
        yield Fund(state, http, clock, database, jlis)


@pytest.fixture(autouse=True)
def logging_to_standard_error() -> Iterator[None]:
    """Log to the standard error of each test, which `capsys` replaces and closes."""
    set_up_logging()
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("presented", COLLECTION.good, ids=lambda proof: proof.name)
async def test_a_good_proof_reaches_the_database_or_the_register(
    fund: Fund, presented: PresentedProof
) -> None:
    response = await fund.send(presented)
    assert fund.database.touched or fund.jlis.touched
    assert response.json()["kind"] == "technical"


@pytest.mark.parametrize("presented", COLLECTION.bad, ids=lambda proof: proof.name)
async def test_a_bad_proof_is_answered_with_its_problem_without_any_access(
    fund: Fund, presented: PresentedProof
) -> None:
    response = await fund.send(presented)

    entry = CATALOGUE[str(presented.over_http or presented.expected)]
    problem = response.json()
    assert (response.status_code, problem.get("code")) == (entry.status, entry.code)
    assert response.headers["content-type"].split(";")[0] == PROBLEM_MEDIA_TYPE
    assert (problem["detail_ja"], problem["detail"], problem["title"]) == (entry.ja, entry.en, entry.engineer)
    assert not fund.database.touched
    assert not fund.jlis.touched


@pytest.mark.parametrize("presented", COLLECTION.bad, ids=lambda proof: proof.name)
async def test_a_refusal_and_its_log_line_contain_nothing_of_the_request(
    fund: Fund, presented: PresentedProof, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging()  # to the captured standard error
    response = await fund.send(presented)

    output = response.text + capsys.readouterr().err
    sent = presented.model_dump(mode="json", include={"challenge", "certificate", "signature"})
    by_the_server = response.json()["code"] == "request-too-large"
    assert ('"event": "request"' in output) is not by_the_server
    assert "Traceback" not in output
    assert not [field for field, text in sent.items() if len(text) >= 8 and json.dumps(text)[1:60] in output]
    known = {"type", "title", "status", "code", "kind", "detail", "detail_ja", "request_id"}
    assert set(response.json()) == known - ({"request_id"} if by_the_server else set())
