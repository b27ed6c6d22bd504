"""SQL of medical tickets: recipients, current tickets, opening and closing versions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.tickets import TicketKey
from eligibility_api.database.columns import table_of
from eligibility_api.domain.membership import comparable
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED
from eligibility_api.tickets.tables import MedicalTicketVersion

TICKET = table_of(MedicalTicketVersion)

_CURRENT = text("""
SELECT t.entitlement, f.name AS facility_name, m.*
FROM jsonb_to_recordset(CAST(:asked AS jsonb)) AS a (
    place integer, number_key text, birth_date date, month date, institution_code text, ticket_type text, treatment text
)
LEFT JOIN facility f ON f.institution_code = a.institution_code
LEFT JOIN entitlement t
    ON t.insurer_number = :office AND t.number_key = a.number_key AND t.symbol_key = ''
    AND t.birth_date = a.birth_date AND t.branch_key = ''
LEFT JOIN LATERAL (
    SELECT version, institution_name, single_or_combined, valid_from, valid_to, issue_number, self_pay
    FROM medical_ticket
    WHERE entitlement = t.entitlement AND month = a.month AND institution_code = a.institution_code
      AND ticket_type = a.ticket_type AND treatment = a.treatment AND closed_by IS NULL
) m ON true
ORDER BY a.place
""")

_RECORD = text(f"""
INSERT INTO audit_record (kind, outcome, client_id, insurer_number, institution_code, person_key, tickets, detail)
SELECT :kind, 'done', :client_id, :office, m.institution_code, holder.person_key, ARRAY[m.version],
       jsonb_build_object('revision', CAST(:revision AS bigint))
FROM medical_ticket m
LEFT JOIN LATERAL (
    SELECT e.person_key FROM enrolment e {KNOWN_NOW}
    WHERE e.entitlement = m.entitlement AND {NOT_SUPERSEDED}
    ORDER BY e.acquired_on DESC LIMIT 1
) holder ON true
WHERE m.version = ANY (:versions)
""")  # noqa: S608 - constants of a store, no value


@dataclass(frozen=True, slots=True)
class CurrentTicket:
    """The state of a named ticket: the recipient's entitlement, and the current version with its items."""

    entitlement: int | None
    facility_name: str | None
    version: int | None
    content: dict[str, Any]


async def lock_office(connection: AsyncConnection, office: str) -> None:
    """Serialise changes of an office's tickets until the commit."""
    name = select(func.pg_advisory_xact_lock(func.hashtext("tickets"), func.hashtext(office)))
    await connection.execute(name)


async def current_tickets(
    connection: AsyncConnection, office: str, tickets: Sequence[TicketKey]
) -> list[CurrentTicket]:
    """Return the state of each of `tickets` of a welfare office, in their order."""
    asked = [
        {
            "place": place,
            "number_key": comparable(None, ticket.recipient_number, None)[1],
            "birth_date": ticket.birth_date.isoformat(),
            "month": ticket.first_day.isoformat(),
            **ticket.model_dump(mode="json", include={"institution_code", "ticket_type", "treatment"}),
        }
        for place, ticket in enumerate(tickets)
    ]
    rows = await connection.execute(_CURRENT, {"asked": json.dumps(asked), "office": office})
    return [_current(row) for row in rows]


def _current(row: Row[Any]) -> CurrentTicket:
    content = dict(row._mapping)
    return CurrentTicket(
        content.pop("entitlement"), content.pop("facility_name"), content.pop("version"), content
    )


async def close(connection: AsyncConnection, versions: Sequence[int], revision: int) -> None:
    """Close versions as of this revision."""
    statement = update(TICKET).where(TICKET.c.version.in_(versions)).values(closed_by=revision)
    await connection.execute(statement)


async def open_versions(connection: AsyncConnection, contents: Sequence[dict[str, Any]]) -> list[int]:
    """Insert versions and return their numbers."""
    statement = insert(TICKET).returning(TICKET.c.version)
    return list((await connection.execute(statement, contents)).scalars())


async def record(
    connection: AsyncConnection,
    kind: str,
    versions: Sequence[int],
    *,
    client_id: UUID,
    office: str,
    revision: int,
) -> None:
    """Append one audit record for each opened or withdrawn ticket, for its recipient."""
    values = {"kind": kind, "client_id": client_id, "office": office, "revision": revision}
    await connection.execute(_RECORD, values | {"versions": list(versions)})
