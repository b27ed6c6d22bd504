"""The admitted clients of a test's fund: admission, tokens, requests, and the clock that all of them share."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI

from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.contract.enrolment import IDEMPOTENCY_KEY
from eligibility_api.contract.tokens import Credential, token_form
from eligibility_api.database.connections import Database
from eligibility_api.facilities import service as facilities
from eligibility_api.presence.mirror import refresh
from eligibility_api.state import State
from jpki_mock.jlis import Jlis
from tests.builders.database import Database as TestDatabase
from tests.builders.jlis_connection import JlisConnection
from tests.builders.people import Person, register_person

CLINIC, OTHER_CLINIC = "1311111114", "0110113719"
HOSPITAL, OTHER_HOSPITAL = "1310100126", "1310200132"
INSURER, OTHER_INSURER = "01130012", "138057"
ALL_RIGHTS = (Right.ELIGIBILITY, Right.REGISTRATION, Right.VISUAL_CHECK, Right.CONSENT)


@dataclass
class AdjustableClock:
    """The system's clock with an offset that tests set."""

    offset: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


@dataclass
class FundClients:
    """The fund's application with its database, J-LIS and clients."""

    state: State
    app: FastAPI
    http: httpx2.AsyncClient
    jlis: Jlis
    jlis_connection: JlisConnection
    clock: AdjustableClock
    database: TestDatabase
    owner: Database
    batch: Database
    clinic: Credential
    insurer: Credential
    home: Path
    _people: int = 0
    _tokens: dict[str, str] = field(default_factory=dict)

    async def set_clock_offset(self, offset: timedelta) -> None:
        """Set every clock off by `offset`, the database's for windows and records included. `offset` is not negative:
        challenges are checked against the database's own clock.
        """
        self.clock.offset = offset
        self._tokens.clear()
        ahead = f"interval ''{offset.total_seconds()} seconds''"
        for statement in (
            f"CREATE OR REPLACE FUNCTION fund_clock() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now() + {ahead}'",
            "ALTER TABLE audit_record ALTER recorded_at SET DEFAULT fund_clock()",
            "ALTER TABLE audit_record ALTER record_id SET DEFAULT uuidv7(fund_clock() - now())",
        ):
            await self.owner.fetch(statement, ())

    @asynccontextmanager
    async def clock_offset(self, offset: timedelta) -> AsyncIterator[None]:
        """Set every clock off by `offset` inside the context. Then deletes the records of the future, since rate limits
        would count them.
        """
        await self.set_clock_offset(offset)
        try:
            yield
        finally:
            await self.set_clock_offset(timedelta())
            await self.alter_records("DELETE FROM audit_record WHERE recorded_at > now()")

    async def alter_records(self, statement: str, *values: Any) -> None:
        """Change or delete audit records, as only an administrator of the database can who disables its trigger."""
        await self.owner.fetch("ALTER TABLE audit_record DISABLE TRIGGER only_grows", ())
        try:
            await self.owner.fetch(statement, values)
        finally:
            await self.owner.fetch("ALTER TABLE audit_record ENABLE ALWAYS TRIGGER only_grows", ())

    async def mirror(self) -> bool:
        """Bring the revocation mirror up to date, as the scheduler does; whether every list was accepted."""
        accepted = [
            await refresh(self.batch, self.state.jlis, ca, authority, self.clock)
            for authority, ca in self.state.verifier.trust.authentication.items()
        ]
        return all(accepted)

    def person(
        self, *, birth_date: date = date(1980, 5, 17), issued_at: datetime | None = None, **order: Any
    ) -> Person:
        """A new resident with a card of her own, issued now by default; unknown to any insurer."""
        self._people += 1
        return register_person(self.jlis, self._people, birth_date, issued_at or self.clock(), **order)

    async def terminal(
        self,
        *,
        institution_code: str = CLINIC,
        kind: FacilityKind = FacilityKind.CLINIC,
        rights: tuple[Right, ...] = ALL_RIGHTS,
    ) -> Credential:
        """Admit one more terminal."""
        async with self.owner.transaction() as connection:
            return await facilities.admit_terminal(
                connection,
                self.state.jlis,
                audience=self.state.settings.audience,
                institution_code=institution_code,
                name="試験医院",
                kind=kind,
                rights=rights,
            )

    async def admit_insurer(self, insurer_number: str, name: str = "試験健康保険組合") -> Credential:
        """Admit one more insurer."""
        async with self.owner.transaction() as connection:
            return await facilities.admit_insurer(
                connection,
                audience=self.state.settings.audience,
                insurer_number=insurer_number,
                name=name,
            )

    async def token(self, credential: Credential) -> str:
        """An access token, from memory if there is one."""
        token = self._tokens.get(credential.client_id)
        if token is None:
            form = token_form(credential, now=self.clock(), jti=secrets.token_urlsafe(16))
            response = await self.http.post("/v1/token", data=form)
            assert response.status_code == 200, response.text
            token = self._tokens[credential.client_id] = str(response.json()["access_token"])
        return token

    def reset_clock(self) -> None:
        """Set the fund's clock right again, and forget the tokens that were issued at the wrong time."""
        if self.clock.offset:
            self.clock.offset = timedelta()
            self._tokens.clear()

    async def post(
        self,
        path: str,
        body: dict[str, Any],
        credential: Credential | None = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] = {},
    ) -> httpx2.Response:
        """POST as an admitted client (the clinic's terminal by default), with a new idempotency key by default."""
        sent = {
            "Authorization": f"Bearer {await self.token(credential or self.clinic)}",
            IDEMPOTENCY_KEY: key or secrets.token_urlsafe(16),
        }
        return await self.http.post(path, json=body, headers=sent | dict(headers))

    async def get(
        self, path: str, credential: Credential | None = None, *, etag: str | None = None, **query: Any
    ) -> httpx2.Response:
        """GET as an admitted client (the insurer's program by default), with `If-None-Match` if `etag` is given."""
        headers = {"Authorization": f"Bearer {await self.token(credential or self.insurer)}"}
        if etag is not None:
            headers["If-None-Match"] = etag
        return await self.http.get(path, params=query, headers=headers)

    async def records(self, where: str = "true", *values: Any) -> list[dict[str, Any]]:
        """Audit records, oldest first."""
        statement = f"SELECT * FROM audit_record WHERE {where} ORDER BY record_id"
        return [dict(row) for row in await self.owner.fetch(statement, values)]
