"""SQL of own accesses: making a code, opening it, and what a session reads.

A patient's statements have the digest of her session's token as parameter 1 and never a person: `own_session`
finds her. Each begins with `SESSION_CHECK`, reads only `WHERE g.outcome = 'answered'`, and writes its record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from eligibility_api.audit_log.accesses import LISTED_KINDS, Access, accesses_of
from eligibility_api.audit_log.kinds import KINDS_SHOWN_TO_PERSONS
from eligibility_api.consent.access_check import PROTECTED
from eligibility_api.contract.codes import Category
from eligibility_api.database.connections import Database
from eligibility_api.domain.eligibility import RULE_VERSION
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.eligibility.versions import VERSIONS_READ, enrolment_version, reading_of_person
from eligibility_api.enrolment.known import NOT_SUPERSEDED, known_at
from eligibility_api.platform.sql import Statement
from eligibility_api.presence.query import (
    PROOF_CHECK,
    UNEXPIRED,
    Evidence,
    ProofCheck,
    VerifiedProof,
    spend_ctes,
)

_SPEND, _ = spend_ctes(visual_limit=None)

MAKE_CODE = Statement.of(f"""
WITH {PROOF_CHECK.format(holder_missing="person_key IS NULL AND :holder_outcome::text IS NULL", **UNEXPIRED)}, {_SPEND},
judged AS MATERIALIZED (
    SELECT g.*, CASE
        WHEN g.revocation_status <> 'good' THEN 'certificate-' || g.revocation_status
        WHEN g.person_key IS NULL THEN CASE WHEN :holder_outcome IN ('registration-conflict', 'card-not-usable') THEN :holder_outcome
                                            ELSE 'first-registration-needed' END
        WHEN {PROTECTED.format(person_key="g.person_key", now="now()")} THEN 'card-not-usable'
        ELSE 'answered' END AS outcome
    FROM guard g, spent_now
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, authority, serial, person_key,
                              challenge, detail)
    SELECT 'own-access.code', outcome, :client_id, institution_code, facility_kind, :authority, :serial, person_key, :nonce,
           jsonb_strip_nulls(jsonb_build_object('revocation', evidence, 'named', encode(:holder, 'hex')))
    FROM judged
    RETURNING record_id, recorded_at, outcome
),
made AS (
    INSERT INTO own_access (code_digest, person_key, authority, serial, institution_code, client_id, record_id)
    SELECT :code, j.person_key, :authority, :serial, j.institution_code, :client_id, r.record_id
    FROM judged j CROSS JOIN recorded r WHERE j.outcome = 'answered'
    RETURNING made_at, expires_at
)
SELECT g.*, s.done IS NOT NULL AS spent, r.record_id, r.recorded_at, r.outcome, m.made_at, m.expires_at
FROM guard g
LEFT JOIN spent_now s ON true
LEFT JOIN recorded r ON true
LEFT JOIN made m ON true
""")  # noqa: S608 - constants of the store, no values
"""Parameters: those of `PROOF_CHECK`, and the digest of the code."""

_OF_CODE = "SELECT * FROM accesses_of_code($1, $2, $3)"

# A code that is refused counts against the address. Beyond the limit nothing is looked up, counted or recorded again.
OPEN_CODE = """
WITH allowed AS MATERIALIZED (
    SELECT coalesce((SELECT guesses FROM own_access_guess WHERE source = $3 AND hour = date_trunc('hour', now())), 0)
           < $4::integer AS within_limit
),
tried AS MATERIALIZED (
    SELECT o.* FROM allowed a CROSS JOIN LATERAL open_own_access($1, $2) o WHERE a.within_limit
),
counted AS (
    INSERT INTO own_access_guess AS g (source, hour, guesses)
    SELECT $3, date_trunc('hour', now()), 1 FROM tried WHERE outcome <> 'opened'
    ON CONFLICT (source, hour) DO UPDATE SET guesses = g.guesses + 1
    RETURNING guesses
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, person_key, detail)
    SELECT CASE WHEN outcome = 'opened' THEN 'own-access.opened' ELSE 'own-access.refused' END,
           CASE WHEN outcome = 'opened' THEN outcome ELSE 'code-' || outcome END, person_key,
           jsonb_strip_nulls(jsonb_build_object('own_access', access_id))
    FROM tried
    RETURNING record_id
)
SELECT a.within_limit, t.outcome, c.guesses
FROM allowed a LEFT JOIN tried t ON true LEFT JOIN counted c ON true LEFT JOIN recorded r ON true
"""
"""Parameters: the digests of the code and of the new session's token, the digest of the address, the limit."""

SESSION_CHECK = f"""
session AS MATERIALIZED (SELECT s.*, window_clock() AS now FROM own_session($1) s),
current_enrolment AS MATERIALIZED (
    SELECT e.entitlement, e.certificate_kind, daterange(e.acquired_on, e.lost_on) AS days,
           e.self_disclosure_blocked OR e.mismatch = 'open' AS protected
    FROM session s JOIN enrolment e ON e.person_key = s.person_key {known_at("s.now")}
    WHERE {NOT_SUPERSEDED}
),
guard AS MATERIALIZED (
    SELECT s.*, NULL::text AS institution_code, '{{{",".join(Category)}}}'::text[] AS categories,
           CASE WHEN EXISTS (SELECT FROM current_enrolment WHERE protected) THEN 'card-not-usable'
                ELSE 'answered' END AS outcome
    FROM session s
)
"""  # noqa: S608 - constants of the store, no values
"""CTE `guard`: the session's row with its person and whether anything may be shown; no row without an open session.

Nothing is shown of a person who asked for that, or whose identity her insurer has not confirmed (W6): the flags
count from the moment in which they are known, also for a page that is open.
"""


def recorded_cte(page: str, *, detail: str = "", columns: str = "", values: str = "") -> str:
    """The CTE `recorded`: the audit record of a page that was read.

    `detail`: further names and values; `columns` and `values`: of the record, each with a comma ahead.
    """
    return f"""
recorded AS (
    INSERT INTO audit_record (kind, outcome, person_key, detail{columns})
    SELECT 'own-access.read', outcome, person_key,
           jsonb_strip_nulls(jsonb_build_object('own_access', access_id, 'page', '{page}'{detail})){values}
    FROM guard
    RETURNING record_id, recorded_at, outcome
)
"""  # noqa: S608 - constants of the store, no values


INSURANCE = f"""
WITH {SESSION_CHECK},
{reading_of_person(as_of="$2::date", condition="g.outcome = 'answered'")},
{
    recorded_cte(
        "insurance",
        columns=", as_of, enrolments, rule_version",
        values=f", $2::date, {VERSIONS_READ}, {RULE_VERSION}",
    )
}
SELECT g.*, r.record_id, r.recorded_at, b.not_after, b.carrier, b.bound_at, b.ends_at, e.*
FROM guard g
CROSS JOIN recorded r
LEFT JOIN binding b ON b.authority = g.authority AND b.serial = g.serial
LEFT JOIN reading e ON true
"""  # noqa: S608 - constants of the store, no values

ACCESSES = f"""
WITH {SESSION_CHECK},
{recorded_cte("accesses")},
reading AS MATERIALIZED (
    SELECT a.* FROM guard g CROSS JOIN LATERAL own_accesses($1, $2, $3, $4, $5) a WHERE g.outcome = 'answered'
)
SELECT g.access_id, g.facility_name AS made_at_facility, g.made_at, g.until, g.outcome AS checked, a.*
FROM guard g CROSS JOIN recorded r LEFT JOIN reading a ON true
ORDER BY a.recorded_at DESC, a.record_id DESC
"""  # noqa: S608 - constants of the store, no values

END = """
WITH ended AS (SELECT * FROM end_own_session($1))
INSERT INTO audit_record (kind, outcome, person_key, detail)
SELECT 'own-access.ended', 'done', person_key, jsonb_build_object('own_access', access_id) FROM ended
RETURNING record_id
"""


@dataclass(frozen=True, slots=True)
class MadeCode:
    """The statement's result: the proof check, the recorded outcome, and from when until when the code counts."""

    proof_check: ProofCheck
    outcome: str | None
    made_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Opening:
    """What came of a code: within the limit of its address, and whether it opened a session."""

    within_limit: bool
    opened: bool
    guesses: int | None


@dataclass(frozen=True, slots=True)
class OwnSession:
    """An open session: where and when its code was made, and until when it lasts; never the person's key."""

    access_id: UUID
    facility_name: str
    made_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Registration:
    """The registration of the card that signed: since when, its certificate's end, its own end if there is one."""

    bound_at: datetime | None
    not_after: datetime | None
    carrier: str | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class InsuranceRows:
    """What the page of the insurance reads."""

    session: OwnSession
    outcome: str
    record_id: UUID
    recorded_at: datetime
    registration: Registration
    enrolments: Sequence[EnrolmentVersion]


@dataclass(frozen=True, slots=True)
class AccessRows:
    """A part of the list of accesses."""

    session: OwnSession
    outcome: str
    accesses: Sequence[Access]


async def make_code(
    database: Database, proof: VerifiedProof, code: bytes, evidence: Evidence, *, max_age: timedelta
) -> MadeCode:
    """Spend the proof's challenge and store the code's digest, or record the refusal: one statement."""
    values = {**proof.values(evidence, max_age), "code": code}
    [row] = await database.fetch(MAKE_CODE.text, MAKE_CODE.parameters(values))
    return MadeCode(ProofCheck.of(row), row["outcome"], row["made_at"], row["expires_at"])


async def accesses_at_reader(database: Database, code: bytes, max_rows: int) -> list[Access]:
    """The newest accesses to the person of a code that was just made."""
    return accesses_of(await database.fetch(_OF_CODE, [code, max_rows, sorted(LISTED_KINDS)]))


async def open_code(database: Database, code: bytes, session: bytes, *, source: bytes, limit: int) -> Opening:
    """Open a code, once, with the digest of a new session's token. A refused code is counted and recorded."""
    [row] = await database.fetch(OPEN_CODE, [code, session, source, limit])
    return Opening(row["within_limit"], row["outcome"] == "opened", row["guesses"])


async def read_insurance(database: Database, session: bytes, today: date) -> InsuranceRows | None:
    """The person's enrolments and her card's registration; None if the session is not open."""
    rows = await database.fetch(INSURANCE, [session, today])
    if not rows:
        return None
    first = rows[0]
    return InsuranceRows(
        session_of(first, first["facility_name"]),
        first["outcome"],
        first["record_id"],
        first["recorded_at"],
        Registration(first["bound_at"], first["not_after"], first["carrier"], first["ends_at"]),
        [enrolment_version(row) for row in rows if row["version"] is not None],
    )


async def read_accesses(
    database: Database, session: bytes, until: tuple[datetime, UUID], max_rows: int, *, own: bool
) -> AccessRows | None:
    """The accesses before a position, newest first; None if the session is not open. `own`: with what she read on her page."""
    kinds = sorted(KINDS_SHOWN_TO_PERSONS if own else LISTED_KINDS)
    rows = await database.fetch(ACCESSES, [session, *until, max_rows, kinds])
    if not rows:
        return None
    first = rows[0]
    return AccessRows(
        session_of(first, first["made_at_facility"]),
        first["checked"],
        accesses_of([row for row in rows if row["record_id"] is not None]),
    )


async def end(database: Database, session: bytes) -> bool:
    """End a session; whether it was open."""
    return bool(await database.fetch(END, [session]))


def session_of(row: Any, facility_name: str) -> OwnSession:
    """The session in a row with the columns of `guard`."""
    return OwnSession(row["access_id"], facility_name, row["made_at"], row["until"])
