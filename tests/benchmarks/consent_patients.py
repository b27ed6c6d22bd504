"""A fund with a bulk population and patients with cards, for `consent_cost`."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from eligibility_api.claims.tables import CLAIM_COLUMNS, claim_row
from eligibility_api.contract import consent
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.history import ROLE_HEADER
from eligibility_api.contract.identifiers import membership_key
from eligibility_api.domain.claims import Claim, Member
from eligibility_api.drug_master import store as drug_master_store
from eligibility_api.embedded_postgres.cluster import provision
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from jpki_mock.card.image import KeySlot
from jpki_mock.register.resident import Resident
from loadtest.scenario.consents import CATEGORIES
from tests.benchmarks.history_country import months_back
from tests.benchmarks.history_look_up import ordinary
from tests.benchmarks.in_process import Caller, Request
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.fund_clients import INSURER
from tests.builders.people import load_private, sign_with

NAME = "consents"

_BULK_PATIENTS = """
WITH people AS (
    SELECT n, sha256(int8send(n)) AS hash, date '1930-01-01' + (n % 34000)::int AS born FROM generate_series(1, $1::bigint) n
), revised AS (
    INSERT INTO revision (insurer_number, client_id, kind, published_at)
    SELECT insurer_number, client_id, 'file', now() FROM client WHERE insurer_number IS NOT NULL
    RETURNING revision
), entitled AS (
    INSERT INTO entitlement (insurer_number, symbol_key, number_key, branch_key, birth_date)
    SELECT '01130012', '見本', n::text, '00', born FROM people RETURNING entitlement, number_key::bigint AS n
), bound AS (
    INSERT INTO binding (authority, serial, person_key, basis, record_id)
    SELECT decode(repeat('00', 32), 'hex'), int8send(n + 72057594037927936), substr(hash, 1, 16), 'first-registration',
           uuidv7() FROM people
)
INSERT INTO enrolment (entitlement, opened_by, person_key, register_match, insurer_name, certificate_kind, symbol, number,
                       branch, relationship, name, name_kana, sex, birth_date, postal_code, address, acquired_on, digest)
SELECT e.entitlement, r.revision, substr(p.hash, 1, 16), 'one', '架空健康保険協会', '01', '見本', p.n::text, '00', '1',
       '試験　見本' || p.n, 'シケン　ミホン', '1', p.born, '000-0000', '架空県見本市' || p.n || '番', '2015-04-01',
       substr(p.hash, 17)
FROM people p JOIN entitled e USING (n) CROSS JOIN revised r
"""

_FILE = """
INSERT INTO claim_file (insurer_number, client_id, state, known_from)
SELECT insurer_number, client_id, 'done', now() FROM client WHERE insurer_number IS NOT NULL
RETURNING file_id
"""

_BULK_CLAIMS = """
INSERT INTO claim (file_id, insurer_number, symbol_key, number_key, branch_key, birth_date, kind, setting,
                     institution_code, treatment_month, claim_month, due_at, identity, content)
SELECT r.file_id, r.insurer_number, r.symbol_key, t.number_key, r.branch_key, t.birth_date, r.kind, r.setting,
       r.institution_code, r.treatment_month, r.claim_month, r.due_at, sha256(int8send(t.entitlement) || r.identity), r.content
FROM entitlement t CROSS JOIN (SELECT * FROM claim ORDER BY claim LIMIT 12) r
WHERE length(t.number_key) < 9
"""

_BULK_RECORDS = """
INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, person_key, enrolments, as_of, rule_version)
SELECT 'eligibility.card', 'answered', c.client_id, c.institution_code, 'clinic', e.person_key, ARRAY[e.version],
       current_date, 1
FROM enrolment e CROSS JOIN (SELECT * FROM client WHERE institution_code IS NOT NULL LIMIT 1) c
"""

_CHECKUPS = """
INSERT INTO health_checkup (insurer_number, symbol_key, number_key, branch_key, birth_date, examined_on, items, client_id,
                            known_from)
SELECT insurer_number, symbol_key, number_key, branch_key, birth_date, current_date - years * 365, $1::jsonb,
       (SELECT client_id FROM client WHERE insurer_number IS NOT NULL LIMIT 1), now()
FROM entitlement CROSS JOIN generate_series(1, 3) years
WHERE length(number_key) < 9 OR number_key = ANY ($2::text[])
"""

ITEMS = [
    {"item_code": f"9A75{number:02}00000000000", "item_name": f"検査項目　見本{number}", "data_type": "PQ",
     "value": str(100 + number), "unit": "mm[Hg]"}
    for number in range(30)
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient with her card. `treated`: whether she has claims and check-ups."""

    resident: Resident
    slot: KeySlot
    key: Any
    treated: bool


@dataclass(frozen=True, slots=True)
class Patients:
    """A fund, its patients, and the requests that a clinic's terminal sends about them."""

    fund: Fund
    caller: Caller
    patients: list[Patient]
    token: str

    def _sent(self, path: str, body: dict[str, Any]) -> Request:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return Request("POST", path, headers, json.dumps(body).encode())

    def tap_challenge(self) -> Request:
        """A request for a challenge of presence."""
        return self._sent("/v1/presence/challenges", {"purpose": Purpose.ELIGIBILITY.value})

    def tap(self, patient: Patient, challenge: dict[str, Any]) -> Request:
        """A card check with the card's proof."""
        message = self.fund.message(challenge["challenge"])
        return self._sent("/v1/eligibility/card", self._proof(patient, challenge["challenge"], message))

    def consent_challenge(self, tapped: dict[str, Any]) -> Request:
        """A request for a consent's statement and challenge."""
        body = {"presence_record": tapped["record_id"], "categories": CATEGORIES, "care": "1"}
        return self._sent(f"{consent.CONSENTS_PATH}/challenges", body)

    def consent(self, patient: Patient, tapped: dict[str, Any], given: dict[str, Any]) -> Request:
        """A consent signed by the card."""
        message = consent.to_be_signed(
            consent.ConsentStatement.model_validate(given["statement"]),
            visual_check=False,
            audience=self.fund.clinic.audience,
            terminal_id=self.fund.clinic.client_id,
            challenge=given["challenge"],
            presence_record=UUID(tapped["record_id"]),
        )
        proof = self._proof(patient, given["challenge"], message)
        more = {"presence_record": tapped["record_id"], "statement": given["statement"]}
        return self._sent(consent.CONSENTS_PATH, proof | more)

    def history(self, consent_id: str, resource: str) -> Request:
        """A doctor's request for a resource of the history under a consent."""
        headers = {"Authorization": f"Bearer {self.token}", ROLE_HEADER: "doctor"}
        return Request("GET", f"{consent.CONSENTS_PATH}/{consent_id}/{resource}", headers)

    @staticmethod
    def _proof(patient: Patient, challenge: str, message: bytes) -> dict[str, Any]:
        return {
            "challenge": challenge,
            "certificate": base64.b64encode(patient.slot.certificate).decode(),
            "signature": base64.b64encode(sign_with(patient.key, message)).decode(),
        }


@asynccontextmanager
async def prepared_fund(home: Path, people: int, cards: int, *, analysed: bool) -> AsyncIterator[Patients]:
    """A fund with `people` and `cards` patients, every other one of them treated, over a database server of its own."""
    with EmbeddedPostgres(home / "postgres") as server:
        connection = await asyncpg.connect(server.dsn("owner"))
        for statement in provision(NAME):
            await connection.execute(statement)
        await connection.close()
        async with open_fund(Database(server, NAME), home, revocation_max_age_seconds=7200) as fund:
            async with fund.owner.transaction() as transaction:
                await drug_master_store.load(transaction, drug_master_store.shipped())
            patients = [await _patient(fund, treated=number % 2 == 0) for number in range(cards)]
            connection = await asyncpg.connect(server.dsn("owner", NAME))
            await _fill(connection, people, [patient.resident for patient in patients if patient.treated])
            if analysed:
                await connection.execute("VACUUM ANALYZE", timeout=3600)
            await connection.close()
            caller = Caller(fund.app, fund.state.database, fund.owner)
            yield Patients(fund, caller, patients, await fund.token(fund.clinic))


async def _patient(fund: Fund, *, treated: bool) -> Patient:
    person = await fund.insured()
    slot = person.card.authentication
    return Patient(person.resident, slot, load_private(slot), treated)


async def _fill(connection: asyncpg.Connection[Any], people: int, treated: list[Resident]) -> None:
    await connection.execute(_BULK_PATIENTS, people, timeout=3600)
    await connection.execute(_BULK_RECORDS, timeout=3600)
    files = [UUID(str(await connection.fetchval(_FILE))) for _ in range(36)]
    rows = [
        claim_row(files[number % len(files)], claim)
        for resident in treated
        for number, claim in enumerate(_claims(resident))
    ]
    await connection.copy_records_to_table("claim", records=rows, columns=list(CLAIM_COLUMNS))
    await connection.execute(_BULK_CLAIMS, timeout=3600)
    numbers = [membership_key(resident.resident_id[1:]) for resident in treated]
    items = json.dumps(ITEMS, ensure_ascii=False)
    await connection.execute(_CHECKUPS, items, numbers, timeout=3600)


def _claims(resident: Resident) -> list[Claim]:
    """The claims of an ordinary patient of `history_look_up`, for three years."""
    member = Member(
        insurer_number=INSURER, symbol="見本", number=resident.resident_id[1:], branch="00",
        birth_date=resident.birth_date,
    )  # fmt: skip
    since: date = months_back(36)
    return [replace(one, member=member) for one in ordinary("1") if one.treatment_month >= since]
