"""A database of schema revision 0010 with what an earlier version of the fund had recorded, and members as it had them."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from tests.builders.database import Database

DATA = Path(__file__).parents[1] / "integration" / "data"
FAULTS_OF_A_FILE = """
INSERT INTO public.upload_fault (upload_id, row, code)
SELECT upload_id, row, 'code' FROM (SELECT upload_id FROM public.upload ORDER BY revision LIMIT 1) u, (VALUES (0), (7)) f (row)
"""
"""Rows were counted without the heading; a fault of no row has the row 0."""

EMERGENCY_CLIENTS = {"1310100126": "hospital", "1310100142": "clinic", "1340100123": "pharmacy"}
"""Facilities of each kind whose terminals an earlier version admitted with the right for emergencies."""

FORMERLY_FOLDED = """
INSERT INTO public.entitlement (insurer_number, symbol_key, number_key, branch_key, birth_date)
SELECT insurer_number, symbol, number, '00', '1980-05-17'
FROM (SELECT min(insurer_number) AS insurer_number FROM public.insurer) i
CROSS JOIN (VALUES ('ab', '99001c'), ('見\u200b本a', '99002'), ('twin', '99003'), ('TWIN', '99003'), ('é1\u200bー2', '99004'),
                   ('Σσ', '99005'), ('one', '99006'), ('onE', '99006')) AS k (symbol, number);
"""
"""Keys as rule R1 folded them until rule version 2: with case, and with characters that have no width."""

FORMERLY_UNMATCHED = """
INSERT INTO public.entitlement (insurer_number, symbol_key, number_key, branch_key, birth_date)
SELECT '01130012', '見本', number, '00', '1980-05-17' FROM (VALUES ('7001'), ('7002')) AS m (number);
INSERT INTO public.enrolment (entitlement, opened_by, register_match, mismatch, insurer_name, certificate_kind, symbol, number,
                              branch, relationship, name, name_kana, sex, birth_date, address, acquired_on)
SELECT e.entitlement, v.opened_by, 'none', m.mismatch, v.insurer_name, v.certificate_kind, v.symbol, m.number, v.branch,
       v.relationship, '試験　吉野' || m.number, v.name_kana, v.sex, v.birth_date, v.address, v.acquired_on
FROM public.enrolment v, (VALUES ('7001', 'open'), ('7002', 'confirmed')) AS m (number, mismatch)
JOIN public.entitlement e ON e.number_key = m.number
WHERE v.version = 1;
"""
"""Members whom the register did not find, since it compared no variants: one waits, one is confirmed."""


async def load(database: Database) -> None:
    """Load the dump, and what it lacks of that version."""
    connection = await asyncpg.connect(database.dsn("owner"))
    try:
        await connection.execute((DATA / "database-0010.sql").read_text(encoding="utf-8"))
        for code, kind in EMERGENCY_CLIENTS.items():
            await connection.execute(
                "INSERT INTO public.facility (institution_code, name, kind) VALUES ($1, '試験', $2)",
                code,
                kind,
            )
            await connection.execute(
                "INSERT INTO public.client (client_id, institution_code, rights, public_key)"
                " VALUES (gen_random_uuid(), $1, '{eligibility,emergency}', '{}')",
                code,
            )
        await connection.execute(
            "INSERT INTO public.disaster (prefectures, reason, opened_by, closes_at) VALUES ('{13}', '試験', '試験', 'infinity')"
        )
        await connection.execute(FORMERLY_FOLDED)
        await connection.execute(FAULTS_OF_A_FILE)
        await connection.execute(FORMERLY_UNMATCHED)
        await connection.execute(f'GRANT TEMPORARY ON DATABASE "{database.name}" TO shikaku_jobs')
    finally:
        await connection.close()
