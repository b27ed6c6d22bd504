"""Her consents and other permits: who may access what until when, and their withdrawal by herself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from eligibility_api.consent.access_check import CONSENT_BASES
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Care, Category, EndReason
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.own_access import digest_of
from eligibility_api.portal.store import SESSION_CHECK, OwnSession, recorded_cte, session_of
from eligibility_api.state import State

MAX_PERMITS = 200
"""The newest ones."""

_BASES = ", ".join(f"'{basis}'" for basis in sorted(CONSENT_BASES))

LIST = f"""
WITH {SESSION_CHECK},
{recorded_cte("consents")},
given AS MATERIALIZED (
    SELECT p.permit_id, p.basis, p.institution_code, p.care, p.categories, p.given_at, p.available_from, p.until,
           p.until <= g.now AS is_over
    FROM guard g JOIN permit p ON p.person_key = g.person_key
    WHERE g.outcome = 'answered' ORDER BY p.given_at DESC LIMIT {MAX_PERMITS}
)
SELECT g.access_id, g.facility_name AS made_at_facility, g.made_at, g.until, g.outcome,
       p.permit_id, p.basis, f.name AS facility, p.care, p.categories, p.given_at, p.available_from,
       p.until AS available_until, e.ended_at, e.reason AS end_reason, p.is_over
FROM guard g
CROSS JOIN recorded r
LEFT JOIN given p ON true
LEFT JOIN facility f ON f.institution_code = p.institution_code
LEFT JOIN permit_end e ON e.permit_id = p.permit_id
ORDER BY p.given_at DESC
"""  # noqa: S608 - constants of the store, no values
"""Parameter: the digest of the session's token."""

# Only her own consents that are open; of two simultaneous ends the later one fails at the key of `permit_end`.
WITHDRAW = f"""
WITH {SESSION_CHECK},
open_consent AS MATERIALIZED (
    SELECT g.*, p.permit_id, p.basis
    FROM guard g
    JOIN permit p ON p.permit_id = $2 AND p.person_key = g.person_key AND p.basis IN ({_BASES})
    LEFT JOIN permit_end e ON e.permit_id = p.permit_id
    WHERE g.outcome = 'answered' AND e.permit_id IS NULL AND (p.until <= g.now) IS NOT TRUE
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, person_key, detail)
    SELECT 'consent.end', 'ended', person_key,
           jsonb_build_object('own_access', access_id, 'permit', permit_id, 'basis', basis, 'reason', '{EndReason.BY_PATIENT}')
    FROM open_consent
    RETURNING record_id
),
ended AS (
    INSERT INTO permit_end (permit_id, ended_at, reason, record_id)
    SELECT permit_id, now, '{EndReason.BY_PATIENT}', record_id FROM open_consent CROSS JOIN recorded
    RETURNING ended_at
)
SELECT g.outcome, d.ended_at FROM guard g LEFT JOIN ended d ON true
"""  # noqa: S608 - constants of the store, no values
"""Parameters: the digest of the session's token, and the permit."""


@dataclass(frozen=True, slots=True)
class OwnPermit:
    """A permit as its person sees it; `is_open`: it grants access now, or will."""

    permit_id: UUID
    basis: Basis
    facility: str
    care: Care
    categories: list[Category]
    given_at: datetime
    available_from: datetime | None
    available_until: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None
    is_open: bool

    @classmethod
    def of(cls, row: Any) -> OwnPermit:
        """From a row of `LIST`."""
        return cls(
            permit_id=row["permit_id"],
            basis=Basis(row["basis"]),
            facility=row["facility"],
            care=Care(row["care"]),
            categories=[category for category in CATEGORIES if category in row["categories"]],
            given_at=row["given_at"],
            available_from=row["available_from"],
            available_until=row["available_until"],
            ended_at=row["ended_at"],
            end_reason=EndReason(row["end_reason"]) if row["end_reason"] is not None else None,
            is_open=row["ended_at"] is None and not row["is_over"],
        )

    @property
    def is_withdrawable(self) -> bool:
        """Whether the person can end it: a consent that is open."""
        return self.is_open and self.basis in CONSENT_BASES


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """Her permits, newest first."""

    session: OwnSession
    permits: list[OwnPermit]


async def listed(state: State, token: str) -> ConsentPage:
    """All permits of the person. Raises `own-session-ended` and `card-not-usable`."""
    rows = await state.database.fetch(LIST, [digest_of(token)])
    if not rows:
        raise ShikakuError("own-session-ended")
    if rows[0]["outcome"] != "answered":
        raise ShikakuError(rows[0]["outcome"])
    permits = [OwnPermit.of(row) for row in rows if row["permit_id"] is not None]
    return ConsentPage(session_of(rows[0], rows[0]["made_at_facility"]), permits)


async def withdraw(state: State, token: str, permit_id: UUID) -> bool:
    """End a consent of the person at once and permanently; False if there is none that is open.

    Raises `own-session-ended` and `card-not-usable`.
    """
    try:
        rows = await state.database.fetch(WITHDRAW, [digest_of(token), permit_id])
    except asyncpg.UniqueViolationError:  # ended by another call meanwhile
        return False
    if not rows:
        raise ShikakuError("own-session-ended")
    if rows[0]["outcome"] != "answered":
        raise ShikakuError(rows[0]["outcome"])
    return rows[0]["ended_at"] is not None
