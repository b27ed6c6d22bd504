"""SQL of paper certificates: candidates among an insurer's members, their applications, and deregistrations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.insurer_ops import PaperApplicationReason
from eligibility_api.eligibility.versions import ENROLMENT_COLUMNS
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED, known_at


def _cards(person_key: str, condition: str, ends_at: str = "b.ends_at") -> str:
    """A person's certificates `b` under a condition, with their revocation `r`: a JSON array, or null."""
    return f"""(
    SELECT jsonb_agg(jsonb_build_object('bound_at', b.bound_at, 'not_after', b.not_after, 'carrier', b.carrier,
                                        'ends_at', {ends_at}))
    FROM binding b LEFT JOIN revoked_certificate r USING (authority, serial)
    WHERE b.person_key = {person_key} AND {condition}
)"""  # noqa: S608


# The end that stood at `since`, whether or not it was withdrawn later, or the certificate registered again.
_ENDS_THEN = """(
    SELECT d.ends_at FROM registration_end d
    WHERE d.authority = b.authority AND d.serial = b.serial AND d.recorded_at <= :since
      AND coalesce(d.stood_until, 'infinity') > :since
)"""

# `insured_then`: the member was known as insured at `since`; `blocked_then` and `cards_then` are of that time.
_CANDIDATES = text(f"""
WITH member AS MATERIALIZED (
    SELECT t.enrolment_id::text AS enrolment_id, {ENROLMENT_COLUMNS}, NULL AS tickets
    FROM entitlement t JOIN enrolment e USING (entitlement) {KNOWN_NOW}
    WHERE t.insurer_number = :insurer AND t.entitlement > :after AND t.entitlement <= :upto AND {
    NOT_SUPERSEDED
}
      AND e.acquired_on <= :today AND (e.lost_on IS NULL OR :today < e.lost_on)
)
SELECT m.*, {_cards("m.holder", "r.serial IS NULL")} AS cards, f.entitlement IS NOT NULL AS insured_then,
    coalesce(f.self_disclosure_blocked, false) AS blocked_then,
    {
    _cards("f.person_key", "b.bound_at <= :since AND coalesce(r.revoked_at, 'infinity') > :since", _ENDS_THEN)
} AS cards_then, (
    SELECT jsonb_agg(jsonb_build_object('reason', a.reason, 'applied_at', a.applied_at, 'withdrawn_at', a.withdrawn_at))
    FROM paper_application a WHERE a.entitlement = m.entitlement
) AS applications
FROM member m
LEFT JOIN LATERAL (
    SELECT e.entitlement, e.person_key, e.self_disclosure_blocked
    FROM (SELECT * FROM enrolment v WHERE v.entitlement = m.entitlement OFFSET 0) e {known_at(":since")}
    WHERE {NOT_SUPERSEDED} AND e.acquired_on <= :since_day AND (e.lost_on IS NULL OR :since_day < e.lost_on)
    LIMIT 1
) f ON true
ORDER BY m.entitlement
""")  # noqa: S608 - constants of the store, no values

_MEMBER = text(f"""
SELECT t.entitlement, {ENROLMENT_COLUMNS}, NULL AS tickets
FROM entitlement t JOIN enrolment e USING (entitlement) {KNOWN_NOW}
WHERE t.enrolment_id = :enrolment_id AND t.insurer_number = :insurer AND {NOT_SUPERSEDED}
  AND e.acquired_on <= :today AND (e.lost_on IS NULL OR :today < e.lost_on)
""")  # noqa: S608

_RECORD = text("""
INSERT INTO audit_record (kind, outcome, client_id, insurer_number, person_key, detail)
VALUES (:kind, 'done', :client_id, :insurer, :person_key, jsonb_build_object('enrolment_id', CAST(:enrolment_id AS text))
        || CAST(:detail AS jsonb))
""")

# The same application within a day is a repetition.
_APPLY = text("""
WITH former AS (
    SELECT applied_at FROM paper_application
    WHERE entitlement = :entitlement AND reason = :reason AND applied_at > clock_timestamp() - interval '1 day'
      AND withdrawn_at IS NULL
),
added AS (
    INSERT INTO paper_application (entitlement, reason)
    SELECT :entitlement, :reason WHERE NOT EXISTS (SELECT FROM former)
    RETURNING applied_at
)
SELECT max(applied_at) AS applied_at, EXISTS (SELECT FROM added) AS added
FROM (SELECT applied_at FROM former UNION ALL SELECT applied_at FROM added) a
""")

_WITHDRAW = text("""
WITH withdrawn AS (
    UPDATE paper_application SET withdrawn_at = clock_timestamp()
    WHERE entitlement = :entitlement AND reason = :reason AND withdrawn_at IS NULL
    RETURNING withdrawn_at
)
SELECT max(withdrawn_at) FROM withdrawn
""")

# Not by an insurer alone, as no card is closed by one (R7).
_ELSEWHERE = text(f"""
SELECT EXISTS (
    SELECT FROM enrolment e {KNOWN_NOW}
    WHERE e.person_key = :person_key AND o.insurer_number <> :insurer AND {NOT_SUPERSEDED}
      AND (e.lost_on IS NULL OR :today < e.lost_on)
)
""")  # noqa: S608

# A registration that a former request ends already keeps its end.
_DEREGISTER = text("""
WITH ended AS (
    UPDATE binding SET ends_at = :ends_at
    WHERE person_key = :person_key AND ends_at IS NULL RETURNING ends_at
)
SELECT max(ends_at) AS ends_at, EXISTS (SELECT FROM ended) AS changed
FROM (
    SELECT ends_at FROM ended
    UNION ALL SELECT ends_at FROM binding WHERE person_key = :person_key AND ends_at > now()
) e
""")

_KEEP = text("""
UPDATE binding SET ends_at = NULL WHERE person_key = :person_key AND ends_at > now()
""")


# Open until the insurer has ended the registrations, or the person withdraws it.
_APPLICATIONS = text(f"""
SELECT a.application_id, t.enrolment_id::text AS enrolment_id, m.symbol, m.number, m.branch, m.birth_date, a.applied_at
FROM deregistration_application a
JOIN entitlement t USING (entitlement)
CROSS JOIN LATERAL (
    SELECT e.symbol, e.number, e.branch, e.birth_date
    FROM (SELECT * FROM enrolment v WHERE v.entitlement = a.entitlement OFFSET 0) e {KNOWN_NOW}
    WHERE {NOT_SUPERSEDED} ORDER BY e.version DESC LIMIT 1
) m
WHERE a.insurer_number = :insurer AND a.application_id > :after AND a.withdrawn_at IS NULL
  AND EXISTS (SELECT FROM binding b WHERE b.person_key = a.person_key AND b.ends_at IS NULL OFFSET 0)
ORDER BY a.application_id LIMIT :max_rows
""")  # noqa: S608


async def deregistration_applications(
    connection: AsyncConnection, insurer: str, after: int, max_rows: int
) -> Sequence[Row[Any]]:
    """Return an insurer's open applications after a number: `application_id`, the member, and `applied_at`."""
    values = {"insurer": insurer, "after": after, "max_rows": max_rows}
    return (await connection.execute(_APPLICATIONS, values)).all()


async def candidates(
    connection: AsyncConnection,
    insurer: str,
    *,
    after: int,
    upto: int,
    today: date,
    since: datetime,
    since_day: date,
) -> Sequence[Row[Any]]:
    """Return the current members among these entitlements, with what decides who needs a paper certificate.

    Rows with `enrolment_id`, the columns of a version, `cards` and `applications`, and of the instant `since`
    `insured_then`, `blocked_then`, `cards_then`.
    """
    parameters = {"insurer": insurer, "after": after, "upto": upto, "today": today}
    parameters |= {"since": since, "since_day": since_day}
    return (await connection.execute(_CANDIDATES, parameters)).all()


async def current_member(
    connection: AsyncConnection, insurer: str, enrolment_id: UUID, today: date
) -> Row[Any] | None:
    """Return the version of one of the insurer's members that is insured on the day, or None."""
    parameters = {"insurer": insurer, "enrolment_id": enrolment_id, "today": today}
    return (await connection.execute(_MEMBER, parameters)).one_or_none()


async def apply(connection: AsyncConnection, entitlement: int, reason: PaperApplicationReason) -> Row[Any]:
    """Store an application. Returns `applied_at`, and whether it was `added`: not if repeated within a day."""
    return (await connection.execute(_APPLY, {"entitlement": entitlement, "reason": reason.value})).one()


async def withdraw(
    connection: AsyncConnection, entitlement: int, reason: PaperApplicationReason
) -> datetime | None:
    """Withdraw a member's applications of a reason. Returns the instant; None if none stands."""
    values = {"entitlement": entitlement, "reason": reason.value}
    withdrawn_at: datetime | None = (await connection.execute(_WITHDRAW, values)).scalar_one()
    return withdrawn_at


async def insured_elsewhere(
    connection: AsyncConnection, insurer: str, person_key: bytes, today: date
) -> bool:
    """Return whether another insurer insures the person, on the day or later."""
    parameters = {"insurer": insurer, "person_key": person_key, "today": today}
    return bool((await connection.execute(_ELSEWHERE, parameters)).scalar_one())


async def end_registrations(connection: AsyncConnection, person_key: bytes, ends_at: datetime) -> Row[Any]:
    """End all registrations of a person at an instant.

    Returns `ends_at`, the latest end to come (None if no certificate is registered), and whether one was `changed`.
    """
    return (await connection.execute(_DEREGISTER, {"person_key": person_key, "ends_at": ends_at})).one()


async def keep_registrations(connection: AsyncConnection, person_key: bytes) -> bool:
    """Withdraw the ends of a person's registrations that are still to come. Returns whether there were any."""
    return (await connection.execute(_KEEP, {"person_key": person_key})).rowcount > 0


async def record(
    connection: AsyncConnection,
    kind: str,
    caller: Caller,
    *,
    person_key: bytes | None,
    enrolment_id: UUID,
    detail: str,
) -> None:
    """Append the audit record of an application, a deregistration, or their withdrawal. `detail`: a JSON object."""
    values = {"kind": kind, "client_id": caller.client_id, "insurer": caller.insurer()}
    values |= {"person_key": person_key, "enrolment_id": str(enrolment_id), "detail": detail}
    await connection.execute(_RECORD, values)
