"""The registration of her cards: since when, until when, and her application to end it (rules K4, K6).

Her insurer ends the registration; here she applies for it, and withdraws that until the insurer has acted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from eligibility_api.contract.eligibility import CertificateRenewal
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.own_access import digest_of
from eligibility_api.portal.service import renewal_of
from eligibility_api.portal.store import SESSION_CHECK, OwnSession, Registration, recorded_cte, session_of
from eligibility_api.state import State

SHOW = f"""
WITH {SESSION_CHECK},
{recorded_cte("registration")}
SELECT g.access_id, g.facility_name, g.made_at, g.until, g.outcome, b.not_after, b.carrier, b.bound_at, b.ends_at,
       (SELECT max(a.applied_at) FROM deregistration_application a
        WHERE a.person_key = g.person_key AND a.withdrawn_at IS NULL AND a.applied_at > b.bound_at) AS applied_at
FROM guard g
CROSS JOIN recorded r
LEFT JOIN binding b ON b.authority = g.authority AND b.serial = g.serial
"""  # noqa: S608 - constants of the store, no values
"""Parameter: the digest of the session's token."""

# At the one insurer that insures her today, for cards whose registration has no end yet, once.
APPLY = f"""
WITH {SESSION_CHECK},
insured AS MATERIALIZED (
    SELECT min(t.insurer_number) AS insurer_number, min(t.entitlement) AS entitlement
    FROM current_enrolment m JOIN entitlement t USING (entitlement)
    WHERE m.days @> $2::date
    HAVING count(DISTINCT t.insurer_number) = 1
),
applied AS (
    INSERT INTO deregistration_application (insurer_number, entitlement, person_key)
    SELECT i.insurer_number, i.entitlement, g.person_key
    FROM guard g CROSS JOIN insured i
    WHERE g.outcome = 'answered'
      AND EXISTS (SELECT FROM binding b WHERE b.person_key = g.person_key AND b.ends_at IS NULL OFFSET 0)
      AND NOT EXISTS (
          SELECT FROM deregistration_application a WHERE a.person_key = g.person_key AND a.withdrawn_at IS NULL
          AND a.applied_at > (SELECT max(b.bound_at) FROM binding b WHERE b.person_key = g.person_key AND b.ends_at IS NULL)
          OFFSET 0
      )
    RETURNING insurer_number
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, person_key, detail)
    SELECT 'own-access.deregistration-applied', 'done', g.person_key,
           jsonb_build_object('own_access', g.access_id, 'insurer', a.insurer_number)
    FROM guard g CROSS JOIN applied a
    RETURNING record_id
)
SELECT g.outcome, EXISTS (SELECT FROM recorded) AS done FROM guard g
"""  # noqa: S608 - constants of the store, no values
"""Parameters: the digest of the session's token, and today."""

# Only before the insurer has ended the registration: after that, the insurer withdraws it (K5).
WITHDRAW = f"""
WITH {SESSION_CHECK},
withdrawn AS (
    UPDATE deregistration_application a SET withdrawn_at = clock_timestamp()
    WHERE a.withdrawn_at IS NULL AND a.person_key = (
        SELECT g.person_key FROM guard g
        WHERE g.outcome = 'answered'
          AND EXISTS (SELECT FROM binding b WHERE b.person_key = g.person_key AND b.ends_at IS NULL OFFSET 0)
    )
    RETURNING a.application_id
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, person_key, detail)
    SELECT 'own-access.deregistration-withdrawn', 'done', g.person_key, jsonb_build_object('own_access', g.access_id)
    FROM guard g WHERE EXISTS (SELECT FROM withdrawn)
    RETURNING record_id
)
SELECT g.outcome, EXISTS (SELECT FROM recorded) AS done FROM guard g
"""  # noqa: S608 - constants of the store, no values
"""Parameter: the digest of the session's token."""


@dataclass(frozen=True, slots=True)
class RegistrationPage:
    """The registration of the card that signed; `applied_at`: her application to end it, while it is open."""

    session: OwnSession
    registration: Registration
    renewal: CertificateRenewal | None
    applied_at: datetime | None


async def show(state: State, token: str) -> RegistrationPage:
    """The registration. Raises `own-session-ended` and `card-not-usable`."""
    rows = await state.database.fetch(SHOW, [digest_of(token)])
    if not rows:
        raise ShikakuError("own-session-ended")
    [row] = rows
    if row["outcome"] != "answered":
        raise ShikakuError(row["outcome"])
    registration = Registration(row["bound_at"], row["not_after"], row["carrier"], row["ends_at"])
    return RegistrationPage(
        session_of(row, row["facility_name"]),
        registration,
        renewal_of(registration, state.clock()),
        row["applied_at"] if registration.ends_at is None else None,
    )


async def apply(state: State, token: str) -> bool:
    """Apply for the end of the registration; False if that is not possible or was done before (K6).

    Raises `own-session-ended` and `card-not-usable`.
    """
    return await _change(state, APPLY, [digest_of(token), day_in_japan(state.clock())])


async def withdraw(state: State, token: str) -> bool:
    """Withdraw the application; False if none is open. Raises `own-session-ended` and `card-not-usable`."""
    return await _change(state, WITHDRAW, [digest_of(token)])


async def _change(state: State, statement: str, parameters: list[object]) -> bool:
    rows = await state.database.fetch(statement, parameters)
    if not rows:
        raise ShikakuError("own-session-ended")
    if rows[0]["outcome"] != "answered":
        raise ShikakuError(rows[0]["outcome"])
    return bool(rows[0]["done"])
