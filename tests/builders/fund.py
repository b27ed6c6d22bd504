"""A whole fund for tests: real PostgreSQL, the real J-LIS mock, both applications in this process without a socket."""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from fastapi import FastAPI

from eligibility_api.app import build, open_state
from eligibility_api.contract import consent
from eligibility_api.contract.codes import FacilityKind, Purpose, Right
from eligibility_api.contract.enrolment import IDEMPOTENCY_KEY
from eligibility_api.contract.presence import to_be_signed
from eligibility_api.contract.tokens import Credential, token_form
from eligibility_api.database.connections import Database
from eligibility_api.database.migrate import migrate
from eligibility_api.facilities import service as facilities
from eligibility_api.platform.keys import load_keys
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import set_up_logging
from eligibility_api.presence.mirror import refresh
from eligibility_api.state import State
from jpki_mock.authority.keys import KeyProfile, PrivateKey, make_key
from jpki_mock.card.image import CardImage, KeySlot
from jpki_mock.jlis import Jlis
from jpki_mock.personalisation import CardOrder
from jpki_mock.register.resident import Resident
from jpki_mock.service.app import create_app
from jpki_mock.service.callers import Callers
from jpki_mock.settings import Settings as JlisSettings
from tests.builders.database import Database as TestDatabase

CLINIC, OTHER_CLINIC = "1311111114", "0110113719"
INSURER, OTHER_INSURER = "01130012", "138057"
ALL_RIGHTS = (Right.ELIGIBILITY, Right.REGISTRATION, Right.VISUAL_CHECK, Right.CONSENT)


@dataclass
class TurnableClock:
    """The system's clock, set off by as much as a test wants."""

    offset: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


@dataclass
class JlisLine:
    """The line to J-LIS: it can be cut, and what comes over it can be replaced or listened to."""

    app: FastAPI
    cut: bool = False
    missing: bool = False
    replaced: dict[str, bytes] = field(default_factory=dict)

    heard: dict[str, bytes] = field(default_factory=dict)

    def transport(self) -> httpx2.AsyncBaseTransport:
        """A transport over this line."""
        return _LineTransport(self)


class _LineTransport(httpx2.AsyncBaseTransport):
    def __init__(self, line: JlisLine) -> None:
        self._line = line
        self._app = httpx2.ASGITransport(line.app)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._line.cut:
            raise httpx2.ConnectError("the line is cut")
        if self._line.missing:
            return httpx2.Response(404, html="<h1>Not Found</h1>", request=request)
        for part, content in self._line.replaced.items():
            if part in request.url.path:
                return httpx2.Response(200, content=content, request=request)
        response = await self._app.handle_async_request(request)
        self._line.heard[request.url.path.split("/")[1]] = await response.aread()
        return response


@dataclass
class Person:
    """A synthetic resident with her card."""

    resident: Resident
    card: CardImage


def sign(slot: KeySlot, message: bytes) -> bytes:
    """What the card's key signs over `message`, as its kind of key asks."""
    return sign_with(load_private(slot), message)


def load_private(slot: KeySlot) -> PrivateKey:
    """The private key of a slot."""
    key = serialization.load_pem_private_key(slot.private_key.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return key


def sign_with(key: PrivateKey, message: bytes) -> bytes:
    """A signature as cards make it: PKCS#1 v1.5 with SHA-256, or ECDSA with SHA-384."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(message, ec.ECDSA(hashes.SHA384()))


@dataclass
class Fund:
    """The fund and its surroundings, with the few calls that tests make over and over."""

    state: State
    app: FastAPI
    http: httpx2.AsyncClient
    jlis: Jlis
    line: JlisLine
    clock: TurnableClock
    database: TestDatabase
    owner: Database
    batch: Database
    clinic: Credential
    insurer: Credential
    home: Path
    _people: int = 0
    _tokens: dict[str, str] = field(default_factory=dict)

    async def turn(self, offset: timedelta) -> None:
        """Set every clock off by `offset`, the database's for windows and records included. Never before the real time:
        challenges are held against the database's own clock.
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
    async def turned(self, offset: timedelta) -> AsyncIterator[None]:
        """Every clock off by `offset` for a while. What was recorded ahead goes, or windows would be judged by it."""
        await self.turn(offset)
        try:
            yield
        finally:
            await self.turn(timedelta())
            await self.owner.fetch("DELETE FROM audit_record WHERE recorded_at > now()", ())

    async def mirror(self) -> bool:
        """Bring the revocation mirror up to date, as the keeper does; whether every list was believed."""
        believed = [
            await refresh(self.batch, self.state.jlis, ca, authority, self.clock)
            for authority, ca in self.state.verifier.trust.authentication.items()
        ]
        return all(believed)

    def person(self, *, birth_date: date = date(1980, 5, 17), **order: Any) -> Person:
        """A new resident with a card of her own; unknown to any insurer."""
        self._people += 1
        serial = f"{self._people:04d}-{secrets.token_hex(3)}"
        resident = Resident(
            resident_id=f"T{serial}",
            name=f"試験　見本{serial}",
            name_kana="シケン ミホン",
            birth_date=birth_date,
            sex="2",
            postal_code="000-0000",
            address=f"架空県見本市{serial}",
        )
        self.jlis.register.add([resident])
        card = self.jlis.cards.issue(CardOrder(resident_id=resident.resident_id, **order), self.clock())
        return Person(resident, card)

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

    async def post(
        self,
        path: str,
        body: dict[str, Any],
        credential: Credential | None = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] = {},
    ) -> httpx2.Response:
        """POST as an admitted client (the clinic's terminal unless another is named), each time under a new key."""
        sent = {
            "Authorization": f"Bearer {await self.token(credential or self.clinic)}",
            IDEMPOTENCY_KEY: key or secrets.token_urlsafe(16),
        }
        return await self.http.post(path, json=body, headers=sent | dict(headers))

    async def get(
        self, path: str, credential: Credential | None = None, *, etag: str | None = None, **query: Any
    ) -> httpx2.Response:
        """GET as an admitted client (the insurer's program unless another is named), unless it has this entity tag."""
        headers = {"Authorization": f"Bearer {await self.token(credential or self.insurer)}"}
        if etag is not None:
            headers["If-None-Match"] = etag
        return await self.http.get(path, params=query, headers=headers)

    async def challenge(
        self, purpose: Purpose = Purpose.ELIGIBILITY, credential: Credential | None = None
    ) -> str:
        """A fresh challenge."""
        response = await self.post("/v1/presence/challenges", {"purpose": purpose.value}, credential)
        assert response.status_code == 200, response.text
        return str(response.json()["challenge"])

    def message(
        self, challenge: str, purpose: Purpose = Purpose.ELIGIBILITY, credential: Credential | None = None
    ) -> bytes:
        """The bytes that a card signs for `challenge` at a terminal."""
        terminal = credential or self.clinic
        assert terminal.institution_code is not None
        return to_be_signed(
            purpose,
            audience=terminal.audience,
            institution_code=terminal.institution_code,
            terminal_id=terminal.client_id,
            challenge=challenge,
        )

    async def proof(
        self,
        card: CardImage,
        purpose: Purpose = Purpose.ELIGIBILITY,
        credential: Credential | None = None,
    ) -> dict[str, Any]:
        """A good proof by `card`, as a request's body."""
        challenge = await self.challenge(purpose, credential)
        signature = sign(card.authentication, self.message(challenge, purpose, credential))
        return {
            "challenge": challenge,
            "certificate": base64.b64encode(card.authentication.certificate).decode(),
            "signature": base64.b64encode(signature).decode(),
        }

    async def tap(
        self, card: CardImage, credential: Credential | None = None, **more: Any
    ) -> httpx2.Response:
        """A whole tap: challenge, signature, question."""
        body = await self.proof(card, Purpose.ELIGIBILITY, credential)
        return await self.post("/v1/eligibility/card", body | more, credential)

    async def consent_request(
        self,
        card: CardImage,
        categories: Sequence[str] = ("medication",),
        credential: Credential | None = None,
        *,
        presence: str | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """The body of a good consent by `card`, after a tap or the `presence` with this record; `more` goes into the
        request for its challenge (care, language, visual_check).
        """
        record = presence or (await self.tap(card, credential)).json()["record_id"]
        wish = {"presence_record": record, "categories": list(categories)} | more
        response = await self.post("/v1/consents/challenges", wish, credential)
        assert response.status_code == 200, response.text
        return self.signed_consent(card, response.json(), record, credential, **more)

    def signed_consent(
        self,
        card: CardImage,
        given: dict[str, Any],
        presence: str,
        credential: Credential | None = None,
        *,
        visual_check: bool = False,
        **_: Any,
    ) -> dict[str, Any]:
        """What a terminal sends for the `given` challenge and statement, signed by `card` over its words."""
        terminal = credential or self.clinic
        message = consent.to_be_signed(
            consent.ConsentStatement.model_validate(given["statement"]),
            visual_check=visual_check,
            audience=terminal.audience,
            terminal_id=terminal.client_id,
            challenge=given["challenge"],
            presence_record=UUID(presence),
        )
        body = {
            "challenge": given["challenge"],
            "certificate": base64.b64encode(card.authentication.certificate).decode(),
            "signature": base64.b64encode(sign(card.authentication, message)).decode(),
            "presence_record": presence,
            "statement": given["statement"],
        }
        return body | ({"operator": "受付　見本"} if visual_check else {})

    async def consent(
        self,
        card: CardImage,
        categories: Sequence[str] = ("medication",),
        credential: Credential | None = None,
        **more: Any,
    ) -> httpx2.Response:
        """A whole consent: tap, challenge, words, signature."""
        body = await self.consent_request(card, categories, credential, **more)
        return await self.post("/v1/consents", body, credential)

    def asked(self, person: Person, **more: Any) -> dict[str, Any]:
        """What `person`'s certificate shows, as a look-up by number asks; None leaves a field out."""
        body: dict[str, Any] = {
            "insurer_number": self.insurer.insurer_number,
            "symbol": "見本",
            "number": person.resident.resident_id[1:],
            "branch": "00",
            "birth_date": person.resident.birth_date.isoformat(),
        }
        return {name: value for name, value in (body | more).items() if value is not None}

    async def ask(self, person: Person, credential: Credential | None = None, **more: Any) -> httpx2.Response:
        """A look-up of `person` by number; `more` replaces fields of the request."""
        return await self.post("/v1/eligibility/number", self.asked(person, **more), credential)

    async def register(self, card: CardImage, **more: Any) -> httpx2.Response:
        """A first registration."""
        body = await self.proof(card, Purpose.FIRST_REGISTRATION)
        return await self.post("/v1/registrations", body | {"agreed": True} | more)

    def told(self, person: Person, *, insurer: Credential | None = None, **more: Any) -> dict[str, Any]:
        """What an insurer says of a person as an insured member; `more` replaces fields."""
        resident = person.resident
        body: dict[str, Any] = {
            "insurer_number": (insurer or self.insurer).insurer_number,
            "symbol": "見本",
            "number": resident.resident_id[1:],
            "branch": "00",
            "relationship": "1",
            "name": resident.name,
            "name_kana": resident.name_kana,
            "sex": resident.sex,
            "birth_date": resident.birth_date.isoformat(),
            "address": resident.address,
            "acquired_on": "2024-04-01",
        }
        return body | more

    async def enrol(
        self, person: Person, *, credential: Credential | None = None, key: str | None = None, **more: Any
    ) -> httpx2.Response:
        """Enrol a person as an insured member; `more` replaces fields of the request."""
        insurer = credential or self.insurer
        return await self.post("/v1/enrolments", self.told(person, insurer=insurer, **more), insurer, key=key)

    async def change(
        self,
        person: Person,
        action: str,
        *,
        credential: Credential | None = None,
        key: str | None = None,
        **more: Any,
    ) -> httpx2.Response:
        """Another call about the person's membership; `more` are the fields of the request beside it."""
        path = f"/v1/enrolments/{action}"
        return await self.post(path, self.asked(person, **more), credential or self.insurer, key=key)

    async def insured(self, **order: Any) -> Person:
        """A person who is enrolled and whose card is registered."""
        person = self.person(**order)
        assert (await self.enrol(person)).status_code == 201
        assert (await self.register(person.card)).status_code == 201
        return person

    async def records(self, where: str = "true", *values: Any) -> list[dict[str, Any]]:
        """Audit records, oldest first."""
        statement = f"SELECT * FROM audit_record WHERE {where} ORDER BY record_id"
        return [dict(row) for row in await self.owner.fetch(statement, values)]


class _KeyStock:
    """RSA keys are slow to make: authorities have keys of their own, cards share a stock, neighbours never."""

    _AUTHORITIES, _SIZE = 4, 16

    def __init__(self) -> None:
        self._made: dict[KeyProfile, list[PrivateKey]] = {}
        self._next = 0

    def __call__(self, profile: KeyProfile) -> PrivateKey:
        made = self._made.setdefault(profile, [])
        if len(made) < self._AUTHORITIES + self._SIZE:
            made.append(make_key(profile))
            return made[-1]
        self._next += 1
        return made[self._AUTHORITIES + self._next % self._SIZE]


@asynccontextmanager
async def open_fund(database: TestDatabase, home: Path, **settings: Any) -> AsyncIterator[Fund]:
    """A fund over an empty database, with one clinic and one insurer admitted and a fresh mirror."""
    set_up_logging()
    clock = TurnableClock()
    fund_home, jlis_home = home / "fund", home / "jpki"
    await migrate(database.dsn("owner"))
    keys = load_keys(fund_home)
    with Jlis(JlisSettings(home=jlis_home), clock(), _KeyStock()) as jlis:
        Callers(jlis.store).admit((fund_home / "keys" / "jlis-client.pub.pem").read_bytes())
        line = JlisLine(create_app(jlis, clock))
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
        async with open_state(configured, keys, api, clock=clock, transport=line.transport()) as state:
            app = build(_opened(state))
            app.state.fund = state
            transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=transport, base_url="http://fund.test") as http:
                nobody = Credential.model_construct(client_id="", audience="", private_key={})
                fund = Fund(state, app, http, jlis, line, clock, database, owner, batch, nobody, nobody, home)
                fund.clinic = await fund.terminal()
                fund.insurer = await fund.admit_insurer(INSURER)
                assert await fund.mirror()
                yield fund
        await owner.close()
        await batch.close()


def _opened(state: State) -> Any:
    @asynccontextmanager
    async def given() -> AsyncIterator[State]:
        yield state

    return given
