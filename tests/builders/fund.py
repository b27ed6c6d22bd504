"""A whole fund for tests: real PostgreSQL, the real J-LIS mock, both applications in this process without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from eligibility_api.app import OpenState, build, open_state
from eligibility_api.contract.tokens import Credential
from eligibility_api.database.connections import Database
from eligibility_api.database.migrate import migrate
from eligibility_api.platform.keys import load_keys
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import set_up_logging
from eligibility_api.state import State
from jpki_mock.jlis import Jlis
from jpki_mock.service.app import create_app
from jpki_mock.service.callers import Callers
from jpki_mock.settings import Settings as JlisSettings
from tests.builders.consent_requests import ConsentRequests
from tests.builders.database import Database as TestDatabase
from tests.builders.fund_clients import INSURER, AdjustableClock
from tests.builders.jlis_connection import JlisConnection
from tests.builders.membership_requests import MembershipRequests
from tests.builders.people import KeyStock, Person


class Fund(ConsentRequests, MembershipRequests):
    """The fund with its clients, and the requests that tests make."""

    async def insured(self, **order: Any) -> Person:
        """A person who is enrolled and whose card is registered."""
        person = self.person(**order)
        assert (await self.enrol(person)).status_code == 201
        assert (await self.register(person.card)).status_code == 201
        return person


@asynccontextmanager
async def open_fund(database: TestDatabase, home: Path, **settings: Any) -> AsyncIterator[Fund]:
    """A fund over an empty database, with one clinic and one insurer admitted and a fresh mirror."""
    set_up_logging()
    clock = AdjustableClock()
    fund_home, jlis_home = home / "fund", home / "jpki"
    await migrate(database.dsn("owner"))
    keys = load_keys(fund_home)
    with Jlis(JlisSettings(home=jlis_home), clock(), KeyStock()) as jlis:
        Callers(jlis.store).admit((fund_home / "keys" / "jlis-client.pub.pem").read_bytes())
        connection = JlisConnection(create_app(jlis, clock))
        configured = Settings(
            home=fund_home,
            jlis_url="http://jlis.test",
            trust_store=jlis_home / "trust" / "authentication.pem",
            signature_trust_store=jlis_home / "trust" / "signature.pem",
            **settings,
        )
        api, owner, batch = (Database(database.dsn(role)) for role in ("api", "owner", "jobs"))
        await owner.open()
        await batch.open()
        async with open_state(configured, keys, api, clock=clock, transport=connection.transport()) as state:
            app = build(opened(state))
            app.state.fund = state
            transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=transport, base_url="http://fund.test") as http:
                none = Credential.model_construct(client_id="", audience="", private_key={})
                fund = Fund(
                    state, app, http, jlis, connection, clock, database, owner, batch, none, none, home
                )
                fund.clinic = await fund.terminal()
                fund.insurer = await fund.admit_insurer(INSURER)
                assert await fund.mirror()
                yield fund
        await owner.close()
        await batch.close()


def opened(state: State) -> OpenState:
    """Give an application a state that is open already."""

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[State]:
        yield state

    return lifespan
