"""Filling the crowd into a database, straight: by uploads ten million members would take most of an hour.

One transaction: the indexes and constraints of the tables are taken away, the rows made by the server itself out of their
numbers, and everything built again, so that an interruption leaves nothing behind. What is filled in is what an
insurer's published file, J-LIS's matching and a first registration leave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any

import asyncpg

from loadtest.dataset import bulk_population as who
from loadtest.dataset.bulk_population import BulkPopulation
from loadtest.target import LoadError

Progress = Callable[[str], None]

_TABLES = ["entitlement", "enrolment", "binding"]
_CHUNK = 1_000_000
_HOURS = 3 * 3600.0
_WORTH_TELLING_SECONDS = 5.0

_FACILITATE = """
SET LOCAL lock_timeout = 0;
SET LOCAL statement_timeout = 0;
SET LOCAL maintenance_work_mem = '1GB';
SET LOCAL max_parallel_maintenance_workers = 2;
"""

_FOREIGN_KEYS = """
SELECT conrelid::regclass::text AS of_table, conname AS name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY ($1::text[]::regclass[]) ORDER BY conname
"""
_UNIQUE = """
SELECT conrelid::regclass::text AS of_table, conname AS name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint c
WHERE contype IN ('p', 'u', 'x') AND conrelid = ANY ($1::text[]::regclass[])
  AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = c.conindid)
ORDER BY contype, conname
"""
"""But what other tables refer to: those stay."""

_INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
FROM pg_index i
WHERE indrelid = ANY ($1::text[]::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
ORDER BY 1
"""

_INSURERS = """
WITH numbers AS (SELECT * FROM unnest($1::text[], $2::text[]) AS n (insurer_number, name)),
made AS (INSERT INTO insurer SELECT * FROM numbers RETURNING insurer_number),
admitted AS (
    INSERT INTO client (client_id, insurer_number, public_key, rights)
    SELECT gen_random_uuid(), insurer_number, '{}', '{enrolment}' FROM made
    RETURNING client_id, insurer_number
)
INSERT INTO revision (insurer_number, client_id, kind, published_at)
SELECT insurer_number, client_id, 'file', now() FROM admitted
"""
"""Each with a client whose key nobody has, and one published file."""

_NAMED = "CREATE TEMPORARY TABLE named (n bigint PRIMARY KEY, person_key bytea NOT NULL) ON COMMIT DROP"

_PEOPLE = f"""
CREATE TEMPORARY VIEW people AS
SELECT n, elderly, born, hash, coalesce(person_key, substr(hash, 1, 16)) AS person_key,
       NOT elderly AND n % {who.CHANGED_OF} < {who.CHANGED} AND born < date '{who.BEFORE_FROM}' AS had_another,
       CASE WHEN elderly THEN late_elderly[1 + n % cardinality(late_elderly)]
            ELSE societies[1 + n % cardinality(societies)] END AS present,
       societies[1 + (n + 1) % cardinality(societies)] AS former
FROM (
    SELECT n, n % {who.ELDERLY_EVERY} = 0 AS elderly, sha256(int8send(n)) AS hash,
           CASE WHEN n % {who.ELDERLY_EVERY} = 0 THEN date '{who.ELDERLY_BORN}' + (n * {who.STRIDE} % {who.ELDERLY_DAYS})::int
                ELSE date '{who.YOUNGER_BORN}' + (n * {who.STRIDE} % {who.YOUNGER_DAYS})::int END AS born
    FROM generate_series(current_setting('crowd.first')::bigint, current_setting('crowd.last')::bigint) AS n
) numbered
LEFT JOIN named USING (n)
CROSS JOIN (
    SELECT string_to_array(current_setting('crowd.societies'), ',') AS societies,
           string_to_array(current_setting('crowd.late_elderly'), ',') AS late_elderly
) insurers
"""  # noqa: S608 - numbers and days of ours
"""Who has which number, as `Crowd` says it. Of whom the register knows nothing, the key is any."""

_ENTITLEMENTS = f"""
INSERT INTO entitlement (entitlement, insurer_number, symbol_key, number_key, branch_key, birth_date)
OVERRIDING SYSTEM VALUE
SELECT $1 + 2 * n + which, CASE which WHEN 0 THEN present ELSE former END, '{who.SYMBOL}', n::text, '{who.BRANCH}', born
FROM people CROSS JOIN generate_series(0, 1) AS which
WHERE which = 0 OR had_another
"""  # noqa: S608

_ENROLMENTS = f"""
INSERT INTO enrolment (entitlement, opened_by, person_key, register_match, insurer_name, certificate_kind, symbol, number,
                       branch, relationship, name, name_kana, sex, birth_date, postal_code, address, acquired_on, lost_on,
                       reason_of_loss, digest)
SELECT $1 + 2 * n + which, r.revision, p.person_key, 'one', i.name, '01', '{who.SYMBOL}', n::text, '{who.BRANCH}', '1',
       '試験　見本' || n, 'シケン　ミホン', CASE WHEN n % 2 = 1 THEN '1' ELSE '2' END, born, '000-0000',
       '架空県見本市１丁目' || n || '番',
       CASE which WHEN 0 THEN greatest(born, date '{who.CHANGED_ON}') ELSE date '{who.BEFORE_FROM}' END,
       CASE which WHEN 1 THEN date '{who.CHANGED_ON}' END, CASE which WHEN 1 THEN '03' END, substr(hash, 17)
FROM people p CROSS JOIN generate_series(0, 1) AS which
JOIN insurer i ON i.insurer_number = CASE which WHEN 0 THEN present ELSE former END
JOIN revision r ON r.insurer_number = i.insurer_number
WHERE which = 0 OR had_another
"""  # noqa: S608

_BINDINGS = """
INSERT INTO binding (authority, serial, person_key, basis, record_id)
SELECT $1, '\\x01' || substr(hash, 17, 7), person_key, 'first-registration', uuidv7() FROM people
"""
"""A card of everybody's, that she has at home: of eight bytes its serial number, so that no card in use has the same."""

_CHUNK_SETTINGS = "SELECT set_config('crowd.first', $1, true), set_config('crowd.last', $2, true)"
_INSURER_SETTINGS = (
    "SELECT set_config('crowd.societies', $1, true), set_config('crowd.late_elderly', $2, true)"
)
_LAST_ENTITLEMENT = "SELECT coalesce(max(entitlement), 0) FROM entitlement"
_GO_ON_AFTER = "SELECT setval(pg_get_serial_sequence('entitlement', 'entitlement'), $1)"

_HOLDS = """
SELECT EXISTS (
    SELECT FROM entitlement WHERE insurer_number = $1 AND symbol_key = $2 AND number_key = $3 AND branch_key = $4
      AND birth_date = $5
)
"""


async def holds(dsn: str, bulk: BulkPopulation) -> bool:
    """Whether the database of an owner's DSN holds this crowd already. Raises LoadError where it holds another."""
    connection = await asyncpg.connect(dsn)
    try:
        if not await connection.fetchval(
            "SELECT EXISTS (SELECT FROM insurer WHERE insurer_number = $1)", bulk.insurers[0]
        ):
            return False
        last = await connection.fetchval(_HOLDS, *bulk.membership(bulk.people))
        beyond = await connection.fetchval(_HOLDS, *bulk.membership(bulk.people + 1))
    finally:
        await connection.close()
    if beyond or not last:
        raise LoadError("this house holds a crowd of another size")
    return True


async def fill(
    dsn: str, bulk: BulkPopulation, *, authority: bytes, person_keys: Mapping[int, bytes], tell: Progress
) -> None:
    """Fill a crowd into the database of an owner's DSN, which nobody else uses meanwhile.

    `authority`: SHA-256 of the key of who issued the cards; `person_keys`: of whom the resident register knows, by number.
    """
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute(_FACILITATE)
            await _prepare(connection, bulk, person_keys)
            built = await _take_down(connection)
            await _pour(connection, bulk, authority, tell)
            await _build(connection, built, tell)
        tell("the database's statistics")
        for table in _TABLES:
            await connection.execute(f"VACUUM (ANALYZE) {table}", timeout=_HOURS)
    finally:
        await connection.close()


async def _prepare(connection: Any, bulk: BulkPopulation, person_keys: Mapping[int, bytes]) -> None:
    await connection.execute(_INSURERS, list(bulk.insurers), list(map(who.insurer_name, bulk.insurers)))
    await connection.execute(_NAMED)
    await connection.copy_records_to_table("named", records=list(person_keys.items()))
    await connection.execute("ANALYZE named")
    await connection.execute(_PEOPLE)
    await connection.execute(_INSURER_SETTINGS, ",".join(bulk.societies), ",".join(bulk.late_elderly))


async def _take_down(connection: Any) -> list[tuple[str, str]]:
    """Drop what slows filling; what has to be built again, each with its name, in that order."""
    foreign = await connection.fetch(_FOREIGN_KEYS, _TABLES)
    for row in foreign:
        await connection.execute(f"ALTER TABLE {row['of_table']} DROP CONSTRAINT {row['name']}")
    unique = await connection.fetch(_UNIQUE, _TABLES)
    for row in unique:
        await connection.execute(f"ALTER TABLE {row['of_table']} DROP CONSTRAINT {row['name']}")
    indexes = await connection.fetch(_INDEXES, _TABLES)
    for row in indexes:
        await connection.execute(f"DROP INDEX {row['name']}")
    again = "ALTER TABLE {of_table} ADD CONSTRAINT {name} {definition}"
    return [
        *((row["name"], again.format(**row)) for row in unique),
        *((row["name"], row["definition"]) for row in indexes),
        *((row["name"], again.format(**row)) for row in foreign),
    ]


async def _pour(connection: Any, bulk: BulkPopulation, authority: bytes, tell: Progress) -> None:
    base = await connection.fetchval(_LAST_ENTITLEMENT)
    for first in range(1, bulk.people + 1, _CHUNK):
        last = min(first + _CHUNK - 1, bulk.people)
        await connection.execute(_CHUNK_SETTINGS, str(first), str(last))
        await connection.execute(_ENTITLEMENTS, base, timeout=_HOURS)
        await connection.execute(_ENROLMENTS, base, timeout=_HOURS)
        await connection.execute(_BINDINGS, authority, timeout=_HOURS)
        tell(f"{last:,} of {crowd.people:,} people of the crowd")
    await connection.execute(_GO_ON_AFTER, base + 2 * bulk.people + 1)


async def _build(connection: Any, statements: Sequence[tuple[str, str]], tell: Progress) -> None:
    for name, statement in statements:
        began = perf_counter()
        await connection.execute(statement, timeout=_HOURS)
        if perf_counter() - began > _WORTH_TELLING_SECONDS:
            tell(f"{name} built in {perf_counter() - began:.0f} s")
