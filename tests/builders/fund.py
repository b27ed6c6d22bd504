"""A whole fund for tests: real PostgreSQL, the real J-LIS mock, both applications in this process without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from eligibility_api.app import OpenState, build
from eligibility_api.contract.tokens import Credential
from eligibility_api.database.connections import Database
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.keys import load_keys
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import set_up_logging
from eligibility_api.state import State, open_state
from jpki_mock.jlis import Jlis
from jpki_mock.service.app import create_app
from jpki_mock.service.callers import Callers
from jpki_mock.settings import Settings as JlisSettings
from tests.builders.consent_requests import ConsentRequests
from tests.builders.database import Database as TestDatabase
from tests.builders.described import check_described
from tests.builders.fund_clients import INSURER, AdjustableClock
from tests.builders.jlis_connection import JlisConnection
from tests.builders.membership_requests import MembershipRequests
from tests.builders.people import KeyStock, Person

if TYPE_CHECKING:
    from eligibility_api.platform.export import Export

PUBLISHERS = ("claims.writer", "uploads.publish", "uploads.undo")
"""The modules that publish files ahead of their commit."""

PUBLICATION_LEAD = timedelta(milliseconds=50)
"""How far ahead they do it here; a real fund's second is waited for after each file."""


class Fund(ConsentRequests, MembershipRequests):
    """The fund with its clients, and the requests that tests make."""

    async def insured(self, **order: Any) -> Person:
        """A person who is enrolled and whose card is registered."""
        person = self.person(**order)
        assert (await self.enrol(person)).status_code == 201
        assert (await self.register(person.card)).status_code == 201
        return person

    async def expiring(self, days: int, **order: Any) -> Person:
        """A person who is enrolled, and whose certificate's last day is so many days after today (before: negative).

        It was issued five birthdays before, and is bound as if its first registration had been made then; by a fund
        that did not store carriers if `carrier_stored` is false.
        """
        stored = order.pop("carrier_stored", True)
        last_day = day_in_japan(self.clock()) + timedelta(days=days)
        issued_at = datetime.combine(last_day - timedelta(days=1820), time(12), JAPAN)
        birth_date = date(1980, last_day.month, last_day.day)
        person = self.person(birth_date=birth_date, issued_at=issued_at, **order)
        assert (await self.enrol(person)).status_code == 201
        certificate = self.state.verifier.certificate(person.card.authentication.certificate)
        assert day_in_japan(certificate.not_after) == last_day
        holder = await self.state.jlis.holder(certificate.id)
        assert holder is not None
        await self.owner.fetch(
            "INSERT INTO binding (authority, serial, person_key, basis, not_after, carrier, record_id)"
            " VALUES ($1, $2, $3, 'first-registration', $4, $5, uuidv7())",
            [
                certificate.id.authority,
                certificate.id.serial_bytes,
                holder.person_key,
                certificate.not_after,
                holder.carrier if stored else None,
            ],
        )
        return person


@asynccontextmanager
async def open_fund(database: TestDatabase, home: Path, **settings: Any) -> AsyncIterator[Fund]:
    """A fund over a migrated database without data, with one clinic and one insurer admitted and a fresh mirror.

    `settings`: the fund's, and `export`: where its log and traces go.
    """
    export: Export | None = settings.pop("export", None)
    set_up_logging(export)
    clock = AdjustableClock()
    fund_home, jlis_home = home / "fund", home / "jpki"
    keys = load_keys(KeyFiles.below(fund_home))
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
        owner, batch = (Database(database.dsn(role)) for role in ("owner", "jobs"))
        api = _api(database.dsn("api"), export)
        await owner.open()
        await batch.open()
        async with open_state(configured, keys, api, clock=clock, transport=connection.transport()) as state:
            app = build(opened(state), export=export)
            app.state.fund = state
            transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
            async with httpx2.AsyncClient(
                transport=transport, base_url="http://fund.test", event_hooks={"response": [check_described]}
            ) as http:
                none = Credential.model_construct(client_id="", audience="", private_key={})
                fund = Fund(
                    state, app, http, jlis, connection, clock, database, owner, batch, none, none, home
                )
                fund.clinic = await fund.terminal()
                fund.insurer = await fund.admit_insurer(INSURER)
                assert await fund.mirror()
                with pytest.MonkeyPatch.context() as patch:
                    for publisher in PUBLISHERS:
                        patch.setattr(f"eligibility_api.{publisher}.PUBLICATION_LEAD", PUBLICATION_LEAD)
                    yield fund
        await owner.close()
        await batch.close()


def _api(dsn: str, export: Export | None) -> Database:
    if export is None:
        return Database(dsn)
    from eligibility_api.database.traced import TracedDatabase

    return TracedDatabase(dsn, tracer=export.tracer)


def opened(state: State) -> OpenState:
    """Give an application a state that is open already."""

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[State]:
        yield state

    return lifespan
