"""The SQL of a consent that was given, all of it under the gate: how it stands, its end, the eligibility renewed by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.consent.gate import FIRST_OWN, WHOLE, gate, gate_parameters, recorded
from eligibility_api.consent.seen import GateSeen
from eligibility_api.contract.codes import Care, EndReason
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

_OWN = f"${FIRST_OWN}"

# Whoever was given a consent may know of it, also when it is over.
_STATUS = f"""
WITH {gate(more=WHOLE)},
judged AS MATERIALIZED (
    SELECT *, CASE WHEN outcome IN ('consent-withdrawn', 'consent-expired') THEN 'done' ELSE outcome END AS told FROM gate
),
{recorded("consent.read", source="judged", outcome="replace(told, 'answered', 'done')")}
SELECT g.*, r.record_id, r.recorded_at FROM gate g CROSS JOIN recorded r
"""  # noqa: S608 - parts of the gate, no values

# Of two ends at the same moment one is. The record's id has the fund's clock in it, as every record's.
_END = f"""
WITH {gate(more=WHOLE)},
judged AS MATERIALIZED (
    SELECT *, outcome IN ('answered', 'consent-expired', 'card-not-usable') AS may_end,
           uuidv7(fund_clock() - now()) AS record
    FROM gate
),
ended AS (
    INSERT INTO permit_end (permit_id, ended_at, reason, client_id, record_id)
    SELECT permit_id, now, {_OWN}, $1, record FROM judged WHERE may_end
    ON CONFLICT DO NOTHING
    RETURNING ended_at, reason
),
{
    recorded(
        "consent.end",
        source="judged LEFT JOIN ended ON true",
        outcome="CASE WHEN NOT may_end THEN outcome WHEN ended IS NULL THEN 'consent-withdrawn' ELSE 'ended' END",
        detail=f"'reason', {_OWN}::text",
        more={"record_id": "record"},
    )
}
SELECT g.*, r.record_id, r.recorded_at, r.outcome AS ending, d.ended_at AS now_ended_at
FROM gate g CROSS JOIN recorded r LEFT JOIN ended d ON true
"""  # noqa: S608 - parts of the gate, no values

# Without the card only while the care at home goes on.
_RENEWED = f"""
WITH {gate(more=WHOLE, name="opened")},
gate AS MATERIALIZED (
    SELECT *, CASE WHEN outcome = 'answered' AND care <> '{
    Care.HOME_VISIT
}' THEN 'consent-category' ELSE outcome END AS judged
    FROM opened
),
{reading_of_person(as_of=f"{_OWN}::date", condition="g.judged = 'answered'")},
{REFERENCE},
{
    recorded(
        "eligibility.consent",
        outcome="judged",
        more={
            "as_of": f"{_OWN}::date",
            "enrolments": VERSIONS_READ,
            "tickets": TICKETS_READ,
            "consents": "categories",
            "rule_version": str(RULE_VERSION),
        },
    )
}
SELECT g.*, r.record_id, r.recorded_at, k.reference_number, e.*
FROM gate g
CROSS JOIN recorded r
LEFT JOIN reference k ON true
LEFT JOIN reading e ON true
"""  # noqa: S608 - parts of the gate, no values


@dataclass(frozen=True, slots=True)
class Renewed:
    """What was read for an eligibility without the card: what the gate saw, the facility's own number, the versions."""

    seen: GateSeen
    reference_number: str | None
    enrolments: Sequence[EnrolmentVersion]


async def status(database: Database, caller: Caller, consent_id: UUID) -> GateSeen:
    """How a consent stands; that it was looked at is recorded."""
    rows = await database.fetch(_STATUS, gate_parameters(caller, consent_id))
    return GateSeen.of(rows[0])


async def end(database: Database, caller: Caller, consent_id: UUID, reason: EndReason) -> GateSeen:
    """End a consent, once. The outcome is `ended` or the code of a refusal, and recorded."""
    parameters = [*gate_parameters(caller, consent_id), reason.value]
    [row] = await database.fetch(_END, parameters)
    seen = GateSeen.of(row)
    if row["ending"] != "ended":
        return replace(seen, outcome=row["ending"])
    return replace(seen, outcome="ended", ended_at=row["now_ended_at"], end_reason=reason)


async def renew(
    database: Database, caller: Caller, consent_id: UUID, operator: Operator, as_of: date
) -> Renewed:
    """Read the person's enrolments under a consent for care at home, and record it; nothing where the gate refuses."""
    parameters = [*gate_parameters(caller, consent_id, operator), as_of]
    rows = await database.fetch(_RENEWED, parameters)
    first = rows[0]
    seen = replace(GateSeen.of(first), outcome=first["judged"])
    enrolments = [enrolment_version(row) for row in rows if row["version"] is not None]
    return Renewed(seen, first["reference_number"], enrolments)
