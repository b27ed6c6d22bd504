"""The plans of the busiest statements, and of functions: rows are found by keys, also while the tables are small.

`conftest.py` does the same for every statement that any test of this folder makes the fund send.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import asyncpg
import pytest

from eligibility_api.consent import grant
from eligibility_api.consent.access_check import CONSENT_BASES
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.history import HistoryResource
from eligibility_api.database.plans import SESSION_SETTINGS
from eligibility_api.eligibility.by_number import INSTANT_STATEMENT, NUMBERS
from eligibility_api.eligibility.store import CARDS, VISUAL_STATEMENT
from eligibility_api.facilities.store import FIND_CLIENTS
from eligibility_api.history.store import HISTORIES, statement
from eligibility_api.insurer_ops.lookup_counts import count_look_ups
from tests.builders.database import Database
from tests.builders.fund import Fund
from tests.builders.grown import GROWN, SMALL, Statistics
from tests.builders.statements import Planner, Recorder, Statement, plan_faults

pytestmark = pytest.mark.anyio

_GROWING = (
    "enrolment", "entitlement", "revision", "binding", "revoked_certificate", "client", "facility", "permit", "permit_end",
    "claim", "claim_file", "health_checkup", "prescription_entry", r"audit_record\w*", "reference_number", r"used_nonce_\d+",
)  # fmt: skip
"""Tables that grow with the population or with time."""

_SEQ_SCAN = re.compile(rf"Seq Scan on ({'|'.join(_GROWING)})\b")

STATEMENTS = {
    "client": FIND_CLIENTS.alone.text,
    "clients together": FIND_CLIENTS.together.text,
    "card": CARDS.alone.text,
    "cards together": CARDS.together.text,
    "visual check": VISUAL_STATEMENT.text,
    "number": NUMBERS.alone.text,
    "numbers together": NUMBERS.together.text,
    "number, then": INSTANT_STATEMENT.text,
    "consent": grant.GRANT_STATEMENTS[Basis.PIN].text,
    "consent by visual check": grant.GRANT_STATEMENTS[Basis.VISUAL_CHECK].text,
    "consent challenge": grant.PRECHECKS.alone.text,
    "consent challenges together": grant.PRECHECKS.together.text,
    "consents together": grant.GRANTS.together.text,
    **{
        f"{look_up}, {way}": text
        for look_up, kind in HISTORIES.items()
        for way, text in (("alone", kind.alone.text), ("together", kind.together.text))
    },
    **{
        f"{look_up} by {sorted(bases)}{', then' if at_instant else ''}": statement(
            look_up, bases, at_instant=at_instant
        )
        for look_up in HistoryResource
        for bases in (CONSENT_BASES, frozenset({Basis.EMERGENCY}), frozenset({Basis.DISASTER}))
        for at_instant in (False, True)
    },
}


@pytest.fixture(scope="module", autouse=True)
async def small(fund: Fund) -> None:
    """The planner knows that every table is small, when sequential scans are most attractive."""
    await fund.insured()
    await fund.owner.fetch("VACUUM ANALYZE", ())


@pytest.mark.parametrize("asked", STATEMENTS)
async def test_no_growing_table_is_scanned_sequentially(fund: Fund, asked: str) -> None:
    text = STATEMENTS[asked]
    parameters = max(int(number) for number in re.findall(r"\$(\d+)", text))
    # All three statements run in one session: no other connection of the pool is in use yet.
    await fund.state.database.fetch(f"PREPARE planned AS {text}", ())
    try:
        nothing = ", ".join(["NULL"] * parameters)
        rows = await fund.state.database.fetch(f"EXPLAIN EXECUTE planned ({nothing})", ())
    finally:
        await fund.state.database.fetch("DEALLOCATE planned", ())
    plan = "\n".join(row[0] for row in rows)
    assert "Index Scan using client_pkey" in plan
    assert _SEQ_SCAN.findall(plan) == []


@pytest.mark.parametrize("statistics", Statistics)
async def test_the_busiest_statements_find_rows_by_keys_with_any_statistics(
    grown: dict[Statistics, Database], statistics: Statistics
) -> None:
    statements = [Statement(name, "api", text) for name, text in STATEMENTS.items()]
    assert await plan_faults(grown[statistics], statements) == []


_TOWN = """
INSERT INTO entitlement (insurer_number, symbol_key, number_key, branch_key, birth_date)
SELECT '01130012', '見本', n::text, '00', date '1930-01-01' + n % 33000 FROM generate_series(2000000, 2019999) n
"""
"""20,000 people, few of whom share a birth date."""


@pytest.mark.parametrize("analyzed", [False, True])
@pytest.mark.parametrize("asked", ["number", "numbers together", "number, then"])
async def test_a_membership_is_found_by_its_unique_index_however_few_people_there_are(
    fund: Fund, asked: str, analyzed: bool
) -> None:
    """A plan lives as long as its connection: one by birth dates would stay while the nation grows."""
    session = await asyncpg.connect(fund.database.dsn("owner"), server_settings=SESSION_SETTINGS)
    transaction = session.transaction()
    await transaction.start()
    try:
        if analyzed:
            await session.execute(_TOWN)
            await session.execute("ANALYZE entitlement")
        text = STATEMENTS[asked]
        await session.execute(f"PREPARE planned AS {text}")
        nothing = ", ".join(["NULL"] * max(int(number) for number in re.findall(r"\$(\d+)", text)))
        rows = await session.fetch(f"EXPLAIN EXECUTE planned ({nothing})")
    finally:
        await transaction.rollback()
        await session.close()
    plan = "\n".join(row[0] for row in rows)
    used = set(re.findall(r"Index (?:Only )?Scan using (\w+) on entitlement\b", plan))
    assert used == {"entitlement_once"}, plan


@dataclass(frozen=True, slots=True)
class Function:
    """A function in the database: its parameters' types, if its body is a query that can be planned alone."""

    parameters: tuple[tuple[str, str], ...] | None = None


_FACILITY = (("id", "uuid"), ("facility", "text"))

_BEFORE = (("before", "timestamptz"), ("before_id", "uuid"), ("at_most", "integer"), ("kinds", "text[]"))

FUNCTIONS = {
    "accesses_of_code": Function((("code", "bytea"), ("at_most", "integer"), ("kinds", "text[]"))),
    "accesses_to": Function((("person", "bytea"), *_BEFORE)),
    "answer_record": Function(_FACILITY),
    "end_own_session": Function((("session", "bytea"),)),
    "facilities_answered_with": Function((("versions", "bigint[]"), ("revisions", "bigint[]"))),
    "facility_was_answered": Function((("facility", "text"), ("person", "bytea"), ("until", "timestamptz"))),
    "fund_clock": Function(()),
    "identified_by": Function(_FACILITY),
    "lookups_after": Function((("after", "uuid"), ("commit_delay", "interval"), ("max_records", "integer"))),
    "open_own_access": Function((("code", "bytea"), ("session", "bytea"))),
    "own_access_is_recorded": Function((("a", "own_access"),)),
    "own_accesses": Function((("session", "bytea"), *_BEFORE)),
    "own_evidence": Function((("session", "bytea"), ("records", "uuid[]"))),
    "own_session": Function((("session", "bytea"),)),
    "purge_enrolments": Function((("after", "bigint"), ("step", "integer"))),
    "purge_medical": Function((("step", "integer"),)),
    "record_reading": Function((("command", "text"), ("os_user", "text"))),
    "running_requests": Function(()),
    "webhook_records": Function(
        (("firsts", "bigint[]"), ("ends", "bigint[]"), ("upto", "pg_snapshot"), ("max_records", "integer"))
    ),
    "window_clock": Function(()),
    # In PL/pgSQL. What these execute is seen by the tests below.
    "audit_class": Function((("kind", "text"), ("salt", "bytea"))),
    "audit_commitment": Function((("r", "audit_record"),)),
    "audit_commitments": Function(
        (("firsts", "bigint[]"), ("ends", "bigint[]"), ("upto", "pg_snapshot"), ("max_records", "integer"))
    ),
    "audit_commitments_by_id": Function((("after", "uuid"), ("max_records", "integer"))),
    "audit_leaves_of": Function((("record_ids", "uuid[]"),)),
    "audit_record_text": Function((("r", "audit_record"),)),
    "first_record_id": Function((("at", "timestamptz"),)),
    "record_names": Function((("id", "uuid"), ("facility", "text"), ("insurer", "text"))),
    # In PL/pgSQL.
    "audit_log_only_grows": Function(),
    "audit_protect": Function(),
    "audit_salt_records": Function(),
    "maintain_audit_record": Function(),
    "enrolment_closes_once": Function(),
    "keep_registration_end": Function(),
    "revision_published_once": Function(),
    "maintain_used_nonces": Function(),
    "version_opens_unpublished": Function(),
}
"""All functions. A new one must be added, so that its plan is tested too."""

_BODY = "SELECT prosrc, prolang = (SELECT oid FROM pg_language WHERE lanname = 'sql') FROM pg_proc WHERE oid = $1::text::regproc"


async def test_every_table_grows_or_is_named_as_small(grown: dict[Statistics, Database]) -> None:
    session = await asyncpg.connect(grown[Statistics.NEVER].dsn("owner"))
    try:
        rows = await session.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"
        )
    finally:
        await session.close()
    assert {row["relname"] for row in rows} == set(GROWN) | SMALL


async def test_every_function_is_in_the_table(grown: dict[Statistics, Database]) -> None:
    session = await asyncpg.connect(grown[Statistics.NEVER].dsn("owner"))
    try:
        names = await session.fetch("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        assert {row["proname"] for row in names} == FUNCTIONS.keys()
        bodies = {name: await session.fetchrow(_BODY, name) for name in FUNCTIONS}
    finally:
        await session.close()
    assert {name for name, (_, is_sql) in bodies.items() if is_sql} == {
        name for name, function in FUNCTIONS.items() if function.parameters is not None
    }


@pytest.mark.parametrize("statistics", Statistics)
@pytest.mark.parametrize(
    "name", [name for name, function in FUNCTIONS.items() if function.parameters is not None]
)
async def test_a_functions_statement_finds_rows_by_keys(
    grown: dict[Statistics, Database], name: str, statistics: Statistics
) -> None:
    session = await asyncpg.connect(grown[statistics].dsn("owner"))
    try:
        body, _ = await session.fetchrow(_BODY, name)
    finally:
        await session.close()
    for number, (parameter, type_of) in enumerate(FUNCTIONS[name].parameters or (), start=1):
        body = re.sub(rf"(?<![.\w]){parameter}\b(?!\s*\()", f"(${number}::{type_of})", body)
    assert (
        await plan_faults(grown[statistics], [Statement(name, "owner", body.rstrip().removesuffix(";"))])
        == []
    )


async def test_statements_are_recorded_with_role_and_place_but_not_those_of_tests(
    fund: Fund, recorder: Recorder
) -> None:
    await fund.owner.fetch("SELECT 1 AS of_this_test", ())
    await fund.insured()
    await count_look_ups(fund.batch)
    recorded = {(statement.place, statement.role) for statement in recorder.statements}
    assert {
        ("insurer_ops/lookup_counts.py::count_look_ups", "jobs"),
        ("enrolment/store.py::publish", "api"),
        ("registration/store.py::bind", "api"),
    } <= recorded
    assert not any("of_this_test" in statement.text for statement in recorder.statements)


async def test_the_judge_of_plans_finds_what_a_grown_table_must_not_have(
    grown: dict[Statistics, Database],
) -> None:
    """Each of these statements is a fault; so the tests above can fail."""
    faulty = {
        "SELECT count(*) FROM audit_record WHERE outcome = $1": "Index",
        "SELECT * FROM audit_record WHERE outcome = $1": "Seq Scan",
        "SELECT * FROM audit_record WHERE outcome = $1 ORDER BY record_id LIMIT 1": "Index Scan of the whole",
        "UPDATE enrolment SET closed_by = $1 WHERE address = $2": "Seq Scan",
        "SELECT 1 FROM used_nonce WHERE id = $1": "Scan",
    }
    for text, fault in faulty.items():
        found = await plan_faults(grown[Statistics.NEVER], [Statement("faulty", "owner", text)])
        assert found, text
        assert any(fault in one for one in found) or "Seq Scan" in found[0]


@pytest.mark.parametrize("statistics", Statistics)
async def test_the_grown_databases_have_the_statistics_of_their_names(
    grown: dict[Statistics, Database], statistics: Statistics
) -> None:
    session = await asyncpg.connect(grown[statistics].dsn("owner"))
    try:
        rows = await session.fetch(
            "SELECT relname, reltuples, pg_relation_size(oid) AS size, EXISTS (SELECT FROM pg_stats WHERE tablename = relname)"
            " AS known FROM pg_class WHERE relname = ANY ($1) AND relkind = 'r'",
            list(GROWN),
        )
    finally:
        await session.close()
    assert {row["relname"] for row in rows} == set(GROWN) - {"audit_record", "used_nonce"}
    expected = {Statistics.NEVER: -1, Statistics.EMPTY: 0}
    for row in rows:
        assert row["size"] > 0, row
        assert row["known"] == (statistics is Statistics.SKEWED)
        if statistics in expected:
            assert row["reltuples"] == expected[statistics], row


@pytest.mark.parametrize("statistics", Statistics)
async def test_triggers_and_foreign_keys_of_a_change_read_by_key(
    grown: dict[Statistics, Database], statistics: Statistics
) -> None:
    """A version is opened and another one closed, as a chunk of a member file does."""
    session = await asyncpg.connect(grown[statistics].dsn("owner"), server_settings=SESSION_SETTINGS)
    scanned = "SELECT relname, seq_tup_read FROM pg_stat_xact_user_tables WHERE seq_tup_read > 0"
    read = "SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'revision'"
    transaction = session.transaction()
    await transaction.start()
    try:
        revision = await session.fetchval(
            "INSERT INTO revision (insurer_number, client_id) VALUES ('00000007', md5('1')::uuid) RETURNING revision"
        )
        entitlement = await session.fetchval(
            "INSERT INTO entitlement (insurer_number, symbol_key, number_key, branch_key, birth_date)"
            " VALUES ('00000007', 'new', 'new', '', '1980-01-01') RETURNING entitlement"
        )
        await session.execute(f"UPDATE enrolment SET closed_by = {revision} WHERE version = 8")
        await session.execute(
            "INSERT INTO enrolment (entitlement, opened_by, register_match, mismatch, insurer_name, certificate_kind, number,"
            " relationship, name, name_kana, sex, birth_date, address, acquired_on)"
            f" VALUES ({entitlement}, {revision}, 'none', 'open', 'x', '01', 'x', '1', 'x', 'x', '1', '1980-01-01', 'x', '2024-04-01')"
        )
        assert await session.fetch(scanned) == []
        # The trigger's look-up, and the keys' checks.
        assert 1 <= await session.fetchval(read) <= 6
    finally:
        await transaction.rollback()
        await session.close()


async def test_a_new_partition_needs_no_statistics(grown: dict[Statistics, Database]) -> None:
    """Hours after an analysis of their table, new partitions are created; nonces are found in them by their key.

    Also by a session that knew the table without them.
    """
    database = grown[Statistics.SKEWED]
    planner = Planner(database)
    statements = [
        Statement(name, "api", STATEMENTS[name])
        for name in ("card", "cards together", "visual check", "consent", "consents together")
    ]
    session = await asyncpg.connect(database.dsn("owner"))
    try:
        assert await planner.faults(statements) == []
        await session.execute(
            "CREATE TABLE used_nonce_2999010100 PARTITION OF used_nonce FOR VALUES FROM ('2999-01-01') TO ('2999-01-02')"
        )
        await session.execute(
            "INSERT INTO used_nonce SELECT '2999-01-01', int8send(n) FROM generate_series(1, 5000) n"
        )
        assert await planner.faults(statements) == []
        await session.execute("DROP TABLE used_nonce_2999010100")
        assert await session.fetchval("SELECT maintain_used_nonces()") >= 0
    finally:
        await planner.close()
        await session.close()
