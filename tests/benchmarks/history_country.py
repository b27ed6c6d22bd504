"""A population of members with claims, on a database server of its own, for benchmarks of the history."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg

from eligibility_api.claims.tables import CLAIM_COLUMNS, claim_row
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Category, Right
from eligibility_api.database.connections import Database
from eligibility_api.database.migrate import migrate
from eligibility_api.domain.claims import Claim
from eligibility_api.domain.dates import day_in_japan, months_before
from eligibility_api.drug_master import store as drug_master_store
from eligibility_api.drug_master.cache import DrugMasterCache
from eligibility_api.embedded_postgres.cluster import provision
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from eligibility_api.platform.clock import system_clock
from eligibility_api.state import State

NAME = "country"
_PHARMACY = "1340100013"

_FILL = """
WITH people AS (
    SELECT n, sha256(int8send(n)) AS hash FROM generate_series(1, $1::bigint + 2) n
), entitled AS (
    INSERT INTO entitlement (insurer_number, symbol_key, number_key, branch_key, birth_date)
    SELECT '01130012', '見本', n::text, '00', '1950-05-17' FROM people RETURNING entitlement, number_key::bigint AS n
)
INSERT INTO enrolment (entitlement, opened_by, person_key, register_match, insurer_name, certificate_kind, symbol, number,
                       branch, relationship, name, name_kana, sex, birth_date, postal_code, address, acquired_on, digest)
SELECT e.entitlement, r.revision, substr(p.hash, 1, 16), 'one', '架空健康保険協会', '01', '見本', p.n::text, '00', '1',
       '試験　見本' || p.n, 'シケン　ミホン', '1', '1950-05-17', '000-0000', '架空県見本市' || p.n || '番', '2015-04-01',
       substr(p.hash, 17)
FROM people p JOIN entitled e USING (n) CROSS JOIN revision r
"""

_OTHERS = """
INSERT INTO claim (file_id, insurer_number, symbol_key, number_key, branch_key, birth_date, kind, setting,
                     institution_code, treatment_month, claim_month, due_at, identity, content)
SELECT r.file_id, r.insurer_number, r.symbol_key, n::text, r.branch_key, r.birth_date, r.kind, r.setting,
       r.institution_code, r.treatment_month, r.claim_month, r.due_at, sha256(int8send(n) || r.identity), r.content
FROM generate_series(3, $1::bigint + 2) n CROSS JOIN (SELECT * FROM claim ORDER BY random() LIMIT 12) r
"""


@dataclass(frozen=True, slots=True)
class Country:
    """A filled database, a pharmacy, and its permits by member number."""

    state: State
    caller: Caller
    permits: Mapping[str, UUID]
    api_dsn: str


@dataclass(frozen=True, slots=True)
class _Tools:
    """The parts of a state that a history request needs."""

    clock: Any
    database: Database
    drugs: DrugMasterCache


def months_back(months: int) -> date:
    """The first day of the month `months` before the current one."""
    return months_before(day_in_japan(datetime.now(UTC)).replace(day=1), months)


@asynccontextmanager
async def filled(home: Path, people: int, patients: Mapping[str, Sequence[Claim]]) -> AsyncIterator[Country]:
    """A population of `people` with twelve claims each, and of `patients` with their claims, by member number."""
    with EmbeddedPostgres(home) as server:
        connection = await asyncpg.connect(server.dsn("owner"))
        for statement in provision(NAME):
            await connection.execute(statement)
        await connection.close()
        owner = server.dsn("owner", NAME)
        await migrate(owner)
        await _load_master(owner)
        connection = await asyncpg.connect(owner)
        terminal = uuid4()
        permits = await _fill(connection, terminal, people, patients)
        await connection.close()
        dsn = server.dsn("api", NAME)
        database = Database(dsn, pool_connections=1)
        await database.open()
        try:
            caller = Caller(terminal, _PHARMACY, None, frozenset({Right.CONSENT}))
            tools = _Tools(system_clock, database, DrugMasterCache())
            yield Country(cast("State", tools), caller, permits, dsn)
        finally:
            await database.close()


async def _load_master(dsn: str) -> None:
    database = Database(dsn)
    async with database.transaction() as connection:
        await drug_master_store.load(connection, drug_master_store.shipped())
    await database.close()


async def _fill(
    connection: asyncpg.Connection[Any],
    terminal: UUID,
    people: int,
    patients: Mapping[str, Sequence[Claim]],
) -> dict[str, UUID]:
    await connection.execute(
        f"""
        INSERT INTO facility (institution_code, name, kind) VALUES ('{_PHARMACY}', '架空薬局', 'pharmacy');
        INSERT INTO insurer (insurer_number, name) VALUES ('01130012', '架空健康保険協会');
        INSERT INTO client (client_id, institution_code, public_key, rights)
            VALUES ('{terminal}', '{_PHARMACY}', '{{}}', '{{consent}}');
        INSERT INTO client (client_id, insurer_number, public_key, rights)
            VALUES (gen_random_uuid(), '01130012', '{{}}', '{{enrolment}}');
        INSERT INTO revision (insurer_number, client_id, kind, published_at)
            SELECT insurer_number, client_id, 'file', now() FROM client WHERE insurer_number IS NOT NULL;
        INSERT INTO claim_file (insurer_number, client_id, state, known_from)
            SELECT insurer_number, client_id, 'done', now() FROM client, generate_series(1, 60)
            WHERE insurer_number IS NOT NULL;
        """
    )
    await connection.execute(_FILL, people)
    files = [row["file_id"] for row in await connection.fetch("SELECT file_id FROM claim_file")]
    rows = [
        claim_row(files[months % len(files)], claim)
        for claims in patients.values()
        for months, claim in enumerate(claims)
    ]
    await connection.copy_records_to_table("claim", records=rows, columns=list(CLAIM_COLUMNS))
    await connection.execute(_OTHERS, people, timeout=3600)
    await connection.execute("VACUUM ANALYZE", timeout=3600)
    return {number: await _permit(connection, terminal, number) for number in patients}


async def _permit(connection: asyncpg.Connection[Any], terminal: UUID, number: str) -> UUID:
    now = datetime.now(UTC)
    permit = await connection.fetchval(
        "INSERT INTO permit (basis, person_key, institution_code, client_id, care, categories, given_at, until, record_id)"
        " SELECT 'pin', person_key, $2, $3, '1', $4, $5, $6, gen_random_uuid() FROM enrolment WHERE number = $1"
        " RETURNING permit_id",
        number,
        _PHARMACY,
        terminal,
        [category.value for category in Category],
        now,
        now + timedelta(hours=24),
    )
    return UUID(str(permit))
