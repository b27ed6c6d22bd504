"""SQL of a registered consent: its status, its end and the eligibility without the card; its evidence.

The first three are subject to the access check. The evidence is for auditors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.consent.access_check import (
    FIRST_FREE_PARAMETER,
    PERMIT_COLUMNS,
    access_check,
    access_parameters,
    recorded_cte,
)
from eligibility_api.consent.access_decision import AccessDecision
from eligibility_api.contract.codes import Care, EndReason
from eligibility_api.contract.consent import ConsentEvidence
from eligibility_api.database.connections import Database
from eligibility_api.domain.eligibility import RULE_VERSION
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.eligibility.versions import (
    REFERENCE,
    TICKETS_READ,
    VERSIONS_READ,
    enrolment_version,
    reading_of_person,
)

_OWN = f"${FIRST_FREE_PARAMETER}"

# The facility may read the status of its consent also after the end.
_STATUS = f"""
WITH {access_check(columns=PERMIT_COLUMNS)},
judged AS MATERIALIZED (
    SELECT *, CASE WHEN outcome IN ('consent-withdrawn', 'consent-expired', 'consent-not-yet') THEN 'done' ELSE outcome END AS result FROM guard
),
{recorded_cte("consent.read", source="judged", outcome="replace(result, 'answered', 'done')")}
SELECT g.*, r.record_id, r.recorded_at FROM guard g CROSS JOIN recorded r
"""  # noqa: S608 - parts of the access check, no values

# Of two simultaneous ends the later one fails at the key of `permit_end`, with its record.
_END = f"""
WITH {access_check(columns=PERMIT_COLUMNS)},
judged AS MATERIALIZED (
    SELECT *, outcome IN ('answered', 'consent-expired', 'consent-not-yet', 'card-not-usable') AS may_end FROM guard
),
{
    recorded_cte(
        "consent.end",
        source="judged",
        outcome="CASE WHEN may_end THEN 'ended' ELSE outcome END",
        detail=f"'reason', {_OWN}::text",
    )
},
ended AS (
    INSERT INTO permit_end (permit_id, ended_at, reason, client_id, record_id)
    SELECT permit_id, now, {_OWN}, $1, record_id FROM judged CROSS JOIN recorded WHERE may_end
    RETURNING ended_at
)
SELECT g.*, r.record_id, r.recorded_at, r.outcome AS ending, d.ended_at AS now_ended_at
FROM guard g CROSS JOIN recorded r LEFT JOIN ended d ON true
"""  # noqa: S608 - parts of the access check, no values

# Without the card only under a consent for care where the card is not read: at home, or online.
_RECHECK = f"""
WITH {access_check(columns=PERMIT_COLUMNS, name="checked")},
guard AS MATERIALIZED (
    SELECT *, CASE WHEN outcome = 'answered' AND care NOT IN (
        '{Care.HOME_VISIT}', '{Care.ONLINE}'
    ) THEN 'consent-category' ELSE outcome END AS judged
    FROM checked
),
{reading_of_person(as_of=f"{_OWN}::date", condition="g.judged = 'answered'")},
{REFERENCE},
{
    recorded_cte(
        "eligibility.consent",
        outcome="judged",
        columns={
            "as_of": f"{_OWN}::date",
            "enrolments": VERSIONS_READ,
            "tickets": TICKETS_READ,
            "consents": "categories",
            "rule_version": str(RULE_VERSION),
        },
    )
}
SELECT g.*, r.record_id, r.recorded_at, k.reference_number, e.*
FROM guard g
CROSS JOIN recorded r
LEFT JOIN reference k ON true
LEFT JOIN reading e ON true
"""  # noqa: S608 - parts of the access check, no values


_EVIDENCE = text("""
SELECT p.permit_id AS consent_id, p.basis, p.given_at, p.available_from, p.until AS available_until, p.operator, p.client_id AS terminal_id,
       v.statement, v.words, v.audience, v.presence_record, v.challenge, v.certificate, v.signature, v.revocation,
       e.ended_at, e.reason AS end_reason
FROM permit p
JOIN consent_evidence v USING (permit_id)
LEFT JOIN permit_end e USING (permit_id)
WHERE p.permit_id = :consent_id
""")


@dataclass(frozen=True, slots=True)
class RecheckResult:
    """The result of an eligibility without the card: access decision, own number, versions read."""

    decision: AccessDecision
    reference_number: str | None
    enrolments: Sequence[EnrolmentVersion]


async def status(database: Database, caller: Caller, consent_id: UUID) -> AccessDecision:
    """The status of a consent; the request is recorded."""
    rows = await database.fetch(_STATUS, access_parameters(caller, consent_id))
    return AccessDecision.of(rows[0])


async def end(database: Database, caller: Caller, consent_id: UUID, reason: EndReason) -> AccessDecision:
    """End a consent, once. The outcome is `ended` or the code of a refusal, and is recorded."""
    parameters = [*access_parameters(caller, consent_id), reason.value]
    try:
        [row] = await database.fetch(_END, parameters)
    except asyncpg.UniqueViolationError:  # ended by another call meanwhile, which this one sees now
        [row] = await database.fetch(_END, parameters)
    decision = AccessDecision.of(row)
    if row["ending"] != "ended":
        return replace(decision, outcome=row["ending"])
    return replace(decision, outcome="ended", ended_at=row["now_ended_at"], end_reason=reason)


async def recheck(
    database: Database, caller: Caller, consent_id: UUID, operator: Operator, as_of: date
) -> RecheckResult:
    """Read the person's enrolments under a consent for care at home or online, and record the access.

    Reads nothing if access is refused.
    """
    parameters = [*access_parameters(caller, consent_id, operator), as_of]
    rows = await database.fetch(_RECHECK, parameters)
    first = rows[0]
    decision = replace(AccessDecision.of(first), outcome=first["judged"])
    enrolments = [enrolment_version(row) for row in rows if row["version"] is not None]
    return RecheckResult(decision, first["reference_number"], enrolments)


async def read_evidence(connection: AsyncConnection, consent_id: UUID) -> ConsentEvidence | None:
    """A consent with its evidence; None if there is no such consent."""
    row = (await connection.execute(_EVIDENCE, {"consent_id": consent_id})).mappings().one_or_none()
    if row is None:
        return None
    return ConsentEvidence.model_validate(dict(row))
