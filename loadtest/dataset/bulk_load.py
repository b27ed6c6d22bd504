"""Loads the bulk population directly: uploading ten million members would take most of an hour.

The load is one transaction, so that an interruption leaves nothing behind: it drops indexes and constraints
of the tables, has the server compute the rows from their numbers, and builds everything again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

import asyncpg
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jpki_mock.jlis import Jlis
from jpki_mock.settings import Settings
from loadtest.clock import now
from loadtest.database.dsn import DatabaseUnreachable, operator_dsn
from loadtest.dataset import bulk_statements as sql
from loadtest.dataset.bulk_population import MAX_REGISTERED, BulkPopulation, insurer_name
from loadtest.errors import LoadError
from loadtest.target import Progress, TargetEnvironment

_TABLES = ["entitlement", "enrolment", "binding"]
_CHUNK = 1_000_000
_HOURS = 3 * 3600.0
_REPORTED_SECONDS = 5.0


def provision_bulk(target: TargetEnvironment, bulk: BulkPopulation, progress: Progress) -> None:
    """Register a bulk population at J-LIS and load it, unless the stack has it already.

    Raises LoadError, OSError.
    """
    try:
        dsn = operator_dsn(target.environment)
        if asyncio.run(is_loaded(dsn, bulk)):
            return
        authority = _authority(Path(target.environment["FUND_TRUST_STORE"]))
        person_keys = _register(target.jpki_home, bulk)
        asyncio.run(bulk_load(dsn, bulk, authority=authority, person_keys=person_keys, progress=progress))
        os.sync()  # otherwise the kernel would write gigabytes during the measurement
    except DatabaseUnreachable as error:
        raise LoadError(str(error)) from error
    except asyncpg.PostgresError as error:
        raise LoadError(f"the bulk load failed: {type(error).__name__}") from error


def _register(jpki_home: Path, bulk: BulkPopulation) -> Mapping[int, bytes]:
    """Add the possible cardholders to J-LIS's register; returns their person keys by number."""
    numbers = bulk.cardholders(MAX_REGISTERED)
    with Jlis(Settings(home=jpki_home), now()) as jlis:
        jlis.register.add(map(bulk.resident, numbers))
        keys = {number: jlis.register.person_key(bulk.resident(number).resident_id) for number in numbers}
    return {number: bytes.fromhex(key) for number, key in keys.items()}


def _authority(trust_store: Path) -> bytes:
    """The fund's identifier of the issuing authority: SHA-256 of the newest authority's key."""
    newest = x509.load_pem_x509_certificates(trust_store.read_bytes())[-1]
    return sha256(newest.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


async def is_loaded(dsn: str, bulk: BulkPopulation) -> bool:
    """Whether the database of an owner's DSN has this bulk population.

    Raises LoadError where it has another one.
    """
    connection = await asyncpg.connect(dsn)
    try:
        if not await connection.fetchval(
            "SELECT EXISTS (SELECT FROM insurer WHERE insurer_number = $1)", bulk.insurers[0]
        ):
            return False
        last = await connection.fetchval(sql.MEMBERSHIP_EXISTS, *bulk.membership(bulk.people))
        beyond = await connection.fetchval(sql.MEMBERSHIP_EXISTS, *bulk.membership(bulk.people + 1))
    finally:
        await connection.close()
    if beyond or not last:
        raise LoadError("this stack has a bulk population of another size")
    return True


async def bulk_load(
    dsn: str, bulk: BulkPopulation, *, authority: bytes, person_keys: Mapping[int, bytes], progress: Progress
) -> None:
    """Load a bulk population into the database of an owner's DSN, which must not be in use otherwise.

    `authority`: SHA-256 of the issuing authority's key; `person_keys`: of the people in J-LIS's register, by
    number.
    """
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute(sql.SESSION_SETTINGS)
            await _prepare(connection, bulk, person_keys)
            dropped = await _drop_indexes(connection)
            await _insert(connection, bulk, authority, progress)
            await _build(connection, dropped, progress)
        progress("the database's statistics")
        for table in _TABLES:
            await connection.execute(f"VACUUM (ANALYZE) {table}", timeout=_HOURS)
    finally:
        await connection.close()


async def _prepare(connection: Any, bulk: BulkPopulation, person_keys: Mapping[int, bytes]) -> None:
    await connection.execute(sql.INSERT_INSURERS, list(bulk.insurers), list(map(insurer_name, bulk.insurers)))
    await connection.execute(sql.CREATE_REGISTERED)
    await connection.copy_records_to_table("registered", records=list(person_keys.items()))
    await connection.execute("ANALYZE registered")
    await connection.execute(sql.CREATE_PEOPLE)
    await connection.execute(sql.SET_INSURERS, ",".join(bulk.societies), ",".join(bulk.late_elderly))


async def _drop_indexes(connection: Any) -> list[tuple[str, str]]:
    """Drop what slows the load down; returns names and statements to build it again, in that order."""
    foreign = await connection.fetch(sql.FOREIGN_KEYS, _TABLES)
    for row in foreign:
        await connection.execute(f"ALTER TABLE {row['of_table']} DROP CONSTRAINT {row['name']}")
    unique = await connection.fetch(sql.UNIQUE_CONSTRAINTS, _TABLES)
    for row in unique:
        await connection.execute(f"ALTER TABLE {row['of_table']} DROP CONSTRAINT {row['name']}")
    indexes = await connection.fetch(sql.INDEXES, _TABLES)
    for row in indexes:
        await connection.execute(f"DROP INDEX {row['name']}")
    add = "ALTER TABLE {of_table} ADD CONSTRAINT {name} {definition}"
    return [
        *((row["name"], add.format(**row)) for row in unique),
        *((row["name"], row["definition"]) for row in indexes),
        *((row["name"], add.format(**row)) for row in foreign),
    ]


async def _insert(connection: Any, bulk: BulkPopulation, authority: bytes, progress: Progress) -> None:
    base = await connection.fetchval(sql.LAST_ENTITLEMENT)
    for first in range(1, bulk.people + 1, _CHUNK):
        last = min(first + _CHUNK - 1, bulk.people)
        await connection.execute(sql.SET_CHUNK, str(first), str(last))
        await connection.execute(sql.INSERT_ENTITLEMENTS, base, timeout=_HOURS)
        await connection.execute(sql.INSERT_ENROLMENTS, base, timeout=_HOURS)
        await connection.execute(sql.INSERT_BINDINGS, authority, timeout=_HOURS)
        progress(f"{last:,} of {bulk.people:,} people of the bulk population")
    await connection.execute(sql.SET_SEQUENCE, base + 2 * bulk.people + 1)


async def _build(connection: Any, statements: Sequence[tuple[str, str]], progress: Progress) -> None:
    for name, statement in statements:
        began = perf_counter()
        await connection.execute(statement, timeout=_HOURS)
        if perf_counter() - began > _REPORTED_SECONDS:
            progress(f"{name} built in {perf_counter() - began:.0f} s")
