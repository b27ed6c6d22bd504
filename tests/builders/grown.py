"""Databases whose tables have grown, with the statistics under which a planner goes wrong most easily."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

import asyncpg

from eligibility_api.embedded_postgres.cluster import Role
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from eligibility_api.uploads import staging
from tests.builders.database import Database, create_database

STAGED_REVISION = 1
"""The revision whose staging tables exist in a grown database, empty."""


class Statistics(StrEnum):
    """What the planner knows of the tables."""

    NEVER = "tables never analyzed, and grown"
    EMPTY = "tables analyzed while empty, and grown since"
    SKEWED = "tables analyzed, where one insurer, facility and file has nearly everything"


# {n} is a row's number from 1, {few} a number from 1 to 1,000: with skew nearly always 1.
_GROW = """
facility 2000: institution_code, name, kind = lpad({n}::text, 10, '0'), 'x', 'clinic'
insurer 1000: insurer_number, name = lpad({n}::text, 8, '0'), 'x'
client 2000: client_id, institution_code, public_key, rights = md5({n}::text)::uuid, lpad({n}::text, 10, '0'), '{{}}', '{{}}'
authority 1: authority, crl_number, crl_sha256, this_update, next_update, checked_at = '', 1, '', now(), now(), now()
revoked_certificate 5000: authority, serial, status, revoked_at = '', int8send({n}), 'revoked', now()
binding 5000: authority, serial, person_key, basis, record_id = '', int8send({n}), int8send({few}), 'first-registration', md5({n}::text)::uuid
registration_end 2000: authority, serial, ends_at, recorded_at = '', int8send({n}), now(), now()
visual_check_count 2000: client_id, hour, checks = md5({n}::text)::uuid, now() - make_interval(hours => {few}), 1
revision 5000: insurer_number, client_id, published_at = lpad({few}::text, 8, '0'), md5('1')::uuid, now()
entitlement 10000: insurer_number, symbol_key, number_key, branch_key, birth_date = lpad({few}::text, 8, '0'), '', {n}::text, '00', '1980-01-01'
enrolment 10000: entitlement, opened_by, person_key, register_match, insurer_name, certificate_kind, number, relationship, name, name_kana, sex, birth_date, address, acquired_on = {n}, {few}, int8send({n}), 'one', 'x', '01', 'x', '1', 'x', 'x', '1', '1980-01-01', 'x', '2024-04-01'
audit_record 20000: kind, outcome, client_id, institution_code, person_key, enrolments = 'eligibility.card', 'answered', md5('1')::uuid, lpad({few}::text, 10, '0'), int8send({few}), ARRAY[{n}]
audit_leaf 20000: leaf_index, record_id, recorded_at, commitment = {n}, md5({n}::text)::uuid, now(), sha256('')
audit_tile 2000: level, tile_index, hashes, root = 0, {n}, decode(repeat('00', 8192), 'hex'), sha256('')
audit_cosignature 2000: tree_size, name, key_id, signature = {n}, 'w', decode('00000000', 'hex'), decode(repeat('00', 72), 'hex')
audit_checkpoint 2000: tree_size, root, note = {n}, sha256(''), ''
facility_number_miss 2000: institution_code, hour, misses = lpad({n}::text, 10, '0'), now() - make_interval(hours => {n}), 1
number_miss 2000: institution_code, client_id, hour, misses, streak, missed_at = lpad({n}::text, 10, '0'), md5({n}::text)::uuid, now(), 1, 1, now()
reference_number 5000: institution_code, entitlement, reference_number, registered_at = lpad({few}::text, 10, '0'), {n}, 'x', now()
medical_ticket 2000: entitlement, opened_by, ticket_type, month, institution_code, treatment, single_or_combined, valid_from, valid_to = {n}, {few}, '1', '2026-04-01', 'x', '1', '1', '2026-04-01', '2026-04-30'
batch_check 2000: batch_id, institution_code, client_id, as_of, rows, answered, kept_until = md5({n}::text)::uuid, lpad({few}::text, 10, '0'), md5('1')::uuid, '2026-04-01', 5, 5, now()
batch_row 5000: batch_id, row, result = md5({few}::text)::uuid, {n}, '{{}}'
idempotency 2000: insurer_number, key, digest, answer, revision = lpad({few}::text, 8, '0'), {n}::text, '', '{{}}', 1
mismatch_count 2000: insurer_number, hour, mismatches = lpad({few}::text, 8, '0'), now() - make_interval(hours => {n}), 1
lookup_count 5000: insurer_number, day, outcome, lookups = lpad({few}::text, 8, '0'), current_date - {few}, {n}::text, 1
upload 2000: upload_id, revision, insurer_number, client_id, format, encoding, scope, bad_rows, publish, state, cleaned_up = md5({n}::text)::uuid, {n}, lpad({few}::text, 8, '0'), md5('1')::uuid, 'x', 'x', 'full', 'x', 'x', 'published', true
upload_part 2000: upload_id, part, body = md5({few}::text)::uuid, {n}, ''
upload_fault 5000: upload_id, row, code = md5({few}::text)::uuid, {n}, 'x'
paper_application 2000: entitlement, reason = {n}, 'card-lost'
unlinked_person 2000: entitlement, person_key = {n}, int8send({few})
purged_version 2000: version = {n}
contested_claim 2000: insurer_number, entitlement, revision = lpad({few}::text, 8, '0'), {n}, {n}
upload_decision 2000: upload_id, revision, decision, client_id = md5({n}::text)::uuid, {n}, 'approve', md5('1')::uuid
permit 2000: permit_id, basis, person_key, institution_code, client_id, care, categories, given_at, until, record_id = md5({n}::text)::uuid, 'pin', int8send({few}), lpad({few}::text, 10, '0'), md5('1')::uuid, '1', '{{x}}', now(), now() + interval '1 hour', md5({n}::text)::uuid
consent_evidence 2000: permit_id, statement, words, audience, presence_record, challenge, certificate, signature, revocation = md5({n}::text)::uuid, '{{}}', 'x', 'x', md5({n}::text)::uuid, 'x', '', '', '{{}}'
permit_end 2000: permit_id, ended_at, reason, client_id, record_id = md5({n}::text)::uuid, now(), '0', md5('1')::uuid, md5({n}::text)::uuid
facility_operator 2000: institution_code, operator, authorised_by, medical, emergency = lpad({few}::text, 10, '0'), {n}::text, 'x', true, false
second_factor_miss 2000: institution_code, operator, hour, misses = lpad({few}::text, 10, '0'), {n}::text, now(), 1
claim_file 2000: file_id, insurer_number, client_id, state, known_from, cleaned_up = md5({n}::text)::uuid, lpad({few}::text, 8, '0'), md5('1')::uuid, 'done', now(), true
claim_fault 5000: file_id, line, code = md5({few}::text)::uuid, {n}, 'x'
claim 10000: file_id, insurer_number, symbol_key, number_key, branch_key, birth_date, kind, setting, institution_code, treatment_month, claim_month, due_at, identity, content = md5({few}::text)::uuid, lpad({few}::text, 8, '0'), '', {n}::text, '00', '1980-01-01', 'x', 'x', 'x', '2026-04-01', '2026-05-01', now(), int8send({n}), '{{}}'
health_checkup 2000: insurer_number, symbol_key, number_key, branch_key, birth_date, examined_on, items, client_id, known_from = lpad({few}::text, 8, '0'), '', {n}::text, '00', '1980-01-01', '2026-04-01', '[]', md5('1')::uuid, now()
prescription_entry 2000: origin, person_key, institution_code, prescribed_on, prescriber_code, prescriber_name, content, known_from, client_id, record_id, idempotency_key, digest = 'prescription', int8send({few}), lpad({few}::text, 10, '0'), '2026-04-01', 'x', 'x', '[]', now(), md5('1')::uuid, md5({n}::text)::uuid, {n}::text, ''
refusal_minute 2000: minute, source, refusals, described = now() - make_interval(mins => {n}), 'x', 1, '{{}}'
own_access 2000: code_digest, person_key, authority, serial, institution_code, client_id, record_id = sha256(int8send({n})), int8send({few}), '', int8send({n}), lpad({few}::text, 10, '0'), md5('1')::uuid, md5({n}::text)::uuid
own_access_guess 2000: source, hour, guesses = int8send({n}), now(), 1
deregistration_application 2000: insurer_number, entitlement, person_key = lpad({few}::text, 8, '0'), {n}, int8send({few})
webhook 2000: webhook_id, institution_code, client_id, url, format, secret, next_at = md5({n}::text)::uuid, lpad({few}::text, 10, '0'), md5('1')::uuid, 'x', 'standard', '', CASE WHEN {n} % 2 = 0 THEN now() END
webhook_delivery 5000: webhook_id, event_id, type, occurred_at, data = md5({few}::text)::uuid, md5({n}::text)::uuid, 'test', now(), '{{}}'
used_nonce 5000: expires_at, id = date_trunc('hour', now()) + interval '5 hours', int8send({n})
"""

GROWN = tuple(line.split(" ")[0] for line in _GROW.strip().splitlines())
"""Tables that grow with the population or with time."""

SMALL = frozenset(
    {
        "alembic_version",
        "audit_log_position",
        "audit_retention",
        "authority",
        "disaster",
        "drug",
        "drug_load",
        "insurer",
        "lookup_count_progress",
        "sandbox_mark",
        "schema_floor",
        "webhook_position",
        "webhook_target",
    }
)
"""Tables that do not: of a few rows, insurers or drugs."""


def _growth(*, skewed: bool) -> Iterator[str]:
    few = "CASE WHEN n % 50 = 0 THEN n % 1000 + 1 ELSE 1 END" if skewed else "(n % 1000 + 1)"
    for line in _GROW.strip().splitlines():
        head, _, content = line.partition(": ")
        columns, _, values = content.partition(" = ")
        table, rows = head.split()
        selected = values.format(n="n", few=few)
        yield f"INSERT INTO {table} ({columns}) SELECT {selected} FROM generate_series(1, {rows}) n"


async def stop_autovacuum(database: Database) -> None:
    """Keep the server from analyzing the tables of a database, or of a copy of it, by itself."""
    await _execute(database, "owner", [_WITHOUT_AUTOVACUUM])


async def grow(database: Database, *, skewed: bool = False) -> None:
    """Let the tables of an empty database grow; with empty staging tables of `STAGED_REVISION`.

    `skewed`: one insurer, facility and file has nearly everything.
    """
    await _execute(database, "owner", _growth(skewed=skewed))
    await _create_staging_tables(database)


async def create_grown(server: EmbeddedPostgres, empty: Database) -> dict[Statistics, Database]:
    """A database for each kind of statistics, from one that is empty, was never analyzed and has no autovacuum.

    All have the rows of the skewed one, which a planner without statistics does not know: the tables grow once, since
    to copy a database takes a fifth of the time. Staging tables come last: those of a file are new in any database.
    """
    never = await create_database(server, empty)
    await _execute(never, "owner", _growth(skewed=True))
    analyzed = await create_database(server, never)
    await _execute(analyzed, "owner", ["ANALYZE"])
    known_empty = await create_database(server, never)
    await _execute(known_empty, "owner", [_AS_ANALYZED_EMPTY])
    for database in (never, analyzed, known_empty):
        await _create_staging_tables(database)
    return {Statistics.NEVER: never, Statistics.EMPTY: known_empty, Statistics.SKEWED: analyzed}


async def _create_staging_tables(database: Database) -> None:
    definitions = (*staging._CREATE, staging._CREATE_TOUCHED, staging._INDEX[0])
    names = staging.Staging(STAGED_REVISION)._names
    await _execute(database, "jobs", [definition.format(**names) for definition in definitions])


async def _execute(database: Database, role: Role, statements: Iterable[str]) -> None:
    session = await asyncpg.connect(database.dsn(role))
    try:
        for statement in statements:
            await session.execute(statement)
    finally:
        await session.close()


_WITHOUT_AUTOVACUUM = """
DO $$
DECLARE
    name_of text;
BEGIN
    FOR name_of IN SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', name_of);
    END LOOP;
END $$
"""

# What VACUUM ANALYZE leaves of an empty table: no rows and pages, and of an index its first page.
_AS_ANALYZED_EMPTY = """
SELECT pg_restore_relation_stats(
    'schemaname', 'public', 'relname', relname::text, 'relpages', CASE relkind WHEN 'i' THEN 1 ELSE 0 END,
    'reltuples', 0::real, 'relallvisible', 0, 'relallfrozen', 0)
FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace
"""
