"""A small month of audit records with known counts: May 2026, at three facilities, written as they would have been."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg

from eligibility_api.domain.dates import JAPAN

CLINIC, HOSPITAL, PHARMACY = "1311111114", "1310100126", "1341111118"
NAMES = {CLINIC: "見本内科クリニック", HOSPITAL: "見本総合病院", PHARMACY: "=見本薬局"}
"""The last one is what a spreadsheet would take for a formula."""

INSURER, CLIENT = "01130012", UUID("00000000-0000-4000-8000-00000000000a")
TERMINAL, OTHER_TERMINAL = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in (1, 2))
WRONG_VERSION, RIGHT_VERSION, FILE_VERSION = 101, 102, 103

_SINGLE_REVISION, _FIRST_REVISION, _FILE_REVISION, _UNDO_REVISION = 12, 11, 13, 14


@dataclass(frozen=True)
class Written:
    """A record as it is written: its instant in Japan, kind, outcome, and the other columns."""

    day: int
    at: timedelta
    kind: str
    outcome: str
    columns: dict[str, Any] = field(default_factory=dict)


def _records() -> Iterator[Written]:
    yield from _checks()
    yield from _consents()
    yield from _misses()
    yield from _refusals()
    yield from _changes()
    yield from _operations()


def _at(code: str, client: UUID = TERMINAL, **more: Any) -> dict[str, Any]:
    kinds = {CLINIC: "clinic", HOSPITAL: "hospital", PHARMACY: "pharmacy"}
    return {"institution_code": code, "client_id": client, "facility_kind": kinds[code]} | more


def _answer(code: str, version: int, day: int, **more: Any) -> dict[str, Any]:
    """An answer about the holder of a version."""
    return _at(code, person_key=bytes([version]) * 16, enrolments=[version], as_of=date(2026, 5, day)) | more


def _checks() -> Iterator[Written]:
    """21 answers by card (one refused), 4 visual checks (one refused), 5 by number, 3 in a batch, 1 read again."""
    for n in range(20):
        yield Written(
            1 + n, timedelta(hours=9), "eligibility.card", "answered", _answer(CLINIC, RIGHT_VERSION, 1 + n)
        )
    yield Written(8, timedelta(hours=10), "eligibility.card", "answered", _answer(PHARMACY, RIGHT_VERSION, 8))
    yield Written(8, timedelta(hours=11), "eligibility.card", "certificate-revoked", _at(CLINIC))
    yield Written(8, timedelta(hours=12), "eligibility.card", "first-registration-needed", _at(CLINIC))
    for n in range(3):
        yield Written(
            9,
            timedelta(hours=9, minutes=n),
            "eligibility.visual-check",
            "answered",
            _answer(HOSPITAL, RIGHT_VERSION, 9),
        )
    yield Written(9, timedelta(hours=10), "eligibility.visual-check", "certificate-expired", _at(HOSPITAL))
    for n in range(5):
        yield Written(
            11,
            timedelta(hours=9, minutes=n),
            "eligibility.number",
            "answered",
            _answer(CLINIC, WRONG_VERSION, 11, matched_entitlements=[1]),
        )
    for n in range(3):
        yield Written(
            12,
            timedelta(hours=9, seconds=n),
            "eligibility.batch",
            "answered",
            _answer(PHARMACY, FILE_VERSION, 12, matched_entitlements=[3]),
        )
    yield Written(12, timedelta(hours=10), "answer.read", "done", _at(PHARMACY, person_key=b"\1" * 16))
    # The first and the last instant of the month in Japan, and those just outside.
    for day, at in ((1, timedelta()), (31, timedelta(hours=23, minutes=59, seconds=59, milliseconds=999))):
        yield Written(
            day, at, "history.medications", "answered", _at(HOSPITAL, detail={"basis": "emergency"})
        )
    for day, at in ((1, -timedelta(milliseconds=1)), (32, timedelta())):
        yield Written(day, at, "history.medications", "answered", _at(HOSPITAL, detail={"basis": "disaster"}))
    yield Written(
        13, timedelta(hours=9), "history.surgeries", "answered", _at(CLINIC, detail={"basis": "pin"})
    )
    yield Written(
        13, timedelta(hours=9), "history.surgeries", "consent-category", _at(CLINIC, detail={"basis": "pin"})
    )
    yield Written(
        13,
        timedelta(hours=10),
        "emergency.permit",
        "permitted",
        _at(HOSPITAL, detail={"reason": "unconscious"}),
    )
    yield Written(
        13,
        timedelta(hours=11),
        "emergency.permit",
        "second-factor-refused",
        _at(HOSPITAL, detail={"reason": "unconscious"}),
    )
    yield Written(
        13, timedelta(hours=12), "disaster.search", "answered", _at(HOSPITAL, person_key=b"\1" * 16)
    )
    yield Written(
        13, timedelta(hours=13), "binding.first-registration", "bound", _at(CLINIC, operator="受付 見本")
    )
    yield Written(13, timedelta(hours=14), "binding.first-registration", "bound", _at(CLINIC))  # fmt: skip


def _consents() -> Iterator[Written]:
    """Three consents (one of a visual check, one refused), two of them ended."""
    answered = (("pin", ["medication", "surgery"], "answered"), ("visual-check", ["medication"], "answered"),
                ("pin", ["medication"], "consent-words-differ"))  # fmt: skip
    for n, (basis, categories, outcome) in enumerate(answered):
        given = _answer(CLINIC, RIGHT_VERSION, 14, consents=categories)
        yield Written(14, timedelta(hours=9, minutes=n), f"eligibility.consent-{basis}", outcome, given)
    for n, reason in enumerate(("2", "1")):
        detail = {"permit": str(UUID(int=n + 1)), "reason": reason}
        yield Written(15, timedelta(hours=9, minutes=n), "consent.end", "ended", _at(CLINIC, detail=detail))
    yield Written(15, timedelta(hours=10), "consent.end", "consent-missing", _at(CLINIC))


def _misses() -> Iterator[Written]:
    """A run of 12 over midnight at one terminal beside 12 misses of another that are no run, and one of 9."""
    missed = {"matched_entitlements": [], "enrolments": [], "as_of": date(2026, 5, 16)}
    for n in range(12):
        at = timedelta(hours=23, minutes=55, seconds=n * 50)
        yield Written(16, at, "eligibility.number", "answered", _at(CLINIC) | missed)
        yield Written(
            16, timedelta(hours=8 + n), "eligibility.number", "answered", _at(CLINIC, OTHER_TERMINAL) | missed
        )
    for n in range(9):
        yield Written(
            18, timedelta(hours=8, seconds=n), "eligibility.number", "answered", _at(PHARMACY) | missed
        )


def _refusals() -> Iterator[Written]:
    for n in range(4):
        yield Written(20, timedelta(hours=9, seconds=n), "proof.refused", "challenge-altered", _at(CLINIC))
    counted = {"causes": {"challenge-altered": 250, "signature-invalid": 7}, "refusals": 257}
    yield Written(20, timedelta(hours=9, minutes=3), "proof.refused", "counted", _at(CLINIC, detail=counted))
    flood = {"causes": {"assertion-invalid": 1_000}, "refusals": 1_000, "address": "192.0.2.1"}
    yield Written(20, timedelta(hours=10), "sign-in.refused", "counted", {"detail": flood})
    yield Written(
        20, timedelta(hours=10), "sign-in.refused", "assertion-used", {"detail": {"address": "192.0.2.1"}}
    )


def _changes() -> Iterator[Written]:
    """A correction of what the clinic was answered five times, and the undo of a file of which the pharmacy saw a value."""
    by = {"client_id": CLIENT, "insurer_number": INSURER}
    detail = {"revision": _SINGLE_REVISION, "reason": "誤記"}
    yield Written(21, timedelta(hours=9), "enrolment.correct", "done", by | {"detail": detail})
    yield Written(
        22, timedelta(hours=9), "enrolment.file-undone", "done", by | {"detail": {"revision": _UNDO_REVISION}}
    )
    for n in range(3):
        yield Written(23, timedelta(hours=9, minutes=n), "member.searched", "done", by)
    yield Written(23, timedelta(hours=10), "papers.read", "done", by)


def _operations() -> Iterator[Written]:
    yield Written(
        24,
        timedelta(hours=9),
        "enrolment.file-undo",
        "done",
        {
            "client_id": CLIENT,
            "insurer_number": INSURER,
            "detail": {"upload": "file-1", "reason": "列の取り違え"},
        },
    )
    yield Written(
        25,
        timedelta(hours=9),
        "disaster.opened",
        "done",
        {"operator": "課長 見本", "detail": {"areas": ["13"], "reason": "地震（見本）", "os_user": "ops"}},
    )
    yield Written(
        26,
        timedelta(hours=9),
        "admission.terminal",
        "done",
        _at(CLINIC, detail={"rights": ["consent", "eligibility"], "os_user": "ops"}),
    )
    yield Written(27, timedelta(hours=9), "operator.registered", "done",
                  {"institution_code": HOSPITAL, "operator": "見本 医師",
                   "detail": {"authorised_by": "管理 見本", "medical": False, "emergency": True, "os_user": "ops"}})  # fmt: skip


_PERSONS = (
    # version, entitlement, number, opened by, closed by
    (WRONG_VERSION, 1, "10", _FIRST_REVISION, _SINGLE_REVISION),
    (RIGHT_VERSION, 2, "20", _FIRST_REVISION, None),
    (FILE_VERSION, 3, "30", _FILE_REVISION, _UNDO_REVISION),
)


async def write_month(dsn: str) -> int:
    """Write facilities, members, claims, permits and records into an empty database; returns the number of records."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await _add_partitions(connection)
            await _write_members(connection)
            return await _write_records(connection)
    finally:
        await connection.close()


async def _add_partitions(connection: asyncpg.Connection) -> None:
    """The partitions of the months around May 2026, as they were made in their time."""
    for retention in ("eligibility", "medical"):
        for month in (4, 5, 6):
            name = f"audit_record_{retention}_2026{month:02}"
            if await connection.fetchval("SELECT to_regclass($1) IS NULL", name):
                await connection.execute(
                    f"CREATE TABLE {name} PARTITION OF audit_record_{retention} FOR VALUES"
                    f" FROM ('{await _first_id(connection, month)}') TO ('{await _first_id(connection, month + 1)}')"
                )


async def _first_id(connection: asyncpg.Connection, month: int) -> UUID:
    first: UUID = await connection.fetchval(
        "SELECT first_record_id($1::timestamptz)", datetime(2026, month, 1, tzinfo=UTC)
    )
    return first


async def _write_members(connection: asyncpg.Connection) -> None:
    kinds = {CLINIC: "clinic", HOSPITAL: "hospital", PHARMACY: "pharmacy"}
    for code, name in NAMES.items():
        await connection.execute(
            "INSERT INTO facility (institution_code, name, kind) VALUES ($1, $2, $3)", code, name, kinds[code]
        )
    await connection.execute(
        "INSERT INTO insurer (insurer_number, name) VALUES ($1, '見本健康保険組合')", INSURER
    )
    await connection.execute(
        "INSERT INTO client (client_id, insurer_number, public_key, rights) VALUES ($1, $2, '{}', '{}')",
        CLIENT,
        INSURER,
    )
    for client in (TERMINAL, OTHER_TERMINAL):
        await connection.execute(
            "INSERT INTO client (client_id, institution_code, public_key, rights) VALUES ($1, $2, '{}', '{}')",
            client,
            CLINIC,
        )
    april = datetime(2026, 4, 1, tzinfo=JAPAN)
    revisions = (
        (_FIRST_REVISION, "single", None, april), (_SINGLE_REVISION, "single", None, april + timedelta(days=50)),
        (_FILE_REVISION, "file", None, april), (_UNDO_REVISION, "undo", _FILE_REVISION, april + timedelta(days=51)),
    )  # fmt: skip
    for revision, kind, undoes, _ in revisions:
        await connection.execute(
            "INSERT INTO revision (revision, insurer_number, client_id, kind, undoes) OVERRIDING SYSTEM VALUE"
            " VALUES ($1, $2, $3, $4, $5)", revision, INSURER, CLIENT, kind, undoes,
        )  # fmt: skip
    for version, entitlement, number, opened_by, closed_by in _PERSONS:
        await connection.execute(
            "INSERT INTO entitlement (entitlement, insurer_number, symbol_key, number_key, branch_key, birth_date)"
            " OVERRIDING SYSTEM VALUE VALUES ($1, $2, '', $3, '00', '1980-01-01')", entitlement, INSURER, number,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO enrolment (version, entitlement, opened_by, closed_by, person_key, register_match, insurer_name,"
            " certificate_kind, number, relationship, name, name_kana, sex, birth_date, address, acquired_on)"
            " OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, 'one', '見本', '01', $6, '1', '見本', 'ミホン', '1',"
            " '1980-01-01', '見本町', '2024-04-01')",
            version, entitlement, opened_by, closed_by, bytes([version]) * 16, number,
        )  # fmt: skip
    for revision, _, _, published_at in revisions:
        await connection.execute(
            "UPDATE revision SET published_at = $2 WHERE revision = $1", revision, published_at
        )
    await _write_claims(connection)
    for permit, categories in ((1, ["medication", "surgery"]), (2, ["medication"])):
        await connection.execute(
            "INSERT INTO permit (permit_id, basis, person_key, institution_code, client_id, care, categories, given_at, until,"
            " record_id) VALUES ($1, 'pin', '', $2, $3, '1', $4, $5, $5::timestamptz + interval '24 hours', $1)",
            UUID(int=permit), CLINIC, TERMINAL, categories, april,
        )  # fmt: skip


async def _write_claims(connection: asyncpg.Connection) -> None:
    """The clinic claims of the holder of the right version for May; another facility, and another month, do not count."""
    file_id = UUID(int=9)
    known = datetime(2026, 6, 15, tzinfo=JAPAN)
    await connection.execute(
        "INSERT INTO claim_file (file_id, insurer_number, client_id, state, known_from, cleaned_up)"
        " VALUES ($1, $2, $3, 'done', $4, true)", file_id, INSURER, CLIENT, known,
    )  # fmt: skip
    claims = (
        (CLINIC, "20", date(2026, 5, 1)),
        (PHARMACY, "30", date(2026, 4, 1)),
        (HOSPITAL, "10", date(2026, 5, 1)),
    )
    for code, number, month in claims:
        await connection.execute(
            "INSERT INTO claim (file_id, insurer_number, symbol_key, number_key, branch_key, birth_date, kind, setting,"
            " institution_code, treatment_month, claim_month, due_at, identity, content)"
            " VALUES ($1, $2, '', $3, '', '1980-01-01', 'medical', 'outpatient', $4, $5, $5, $6, $7, '{}')",
            file_id, INSURER, number, code, month, known, number.encode(),
        )  # fmt: skip


async def _write_records(connection: asyncpg.Connection) -> int:
    written = 0
    numbers = count(1)
    for record in sorted(_records(), key=lambda one: (one.day, one.at)):
        at = datetime(2026, 5, 1, tzinfo=JAPAN) + timedelta(days=record.day - 1) + record.at
        milliseconds = round(at.timestamp() * 1000)
        record_id = UUID(int=(milliseconds << 80) | (7 << 76) | (0b10 << 62) | next(numbers))
        columns = {
            "record_id": record_id,
            "recorded_at": at,
            "kind": record.kind,
            "outcome": record.outcome,
            **record.columns,
        }
        if "detail" in columns:
            columns["detail"] = json.dumps(columns["detail"])
        places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
        statement = f"INSERT INTO audit_record ({', '.join(columns)}) VALUES ({places})"
        await connection.execute(statement, *columns.values())
        written += 1
    return written
