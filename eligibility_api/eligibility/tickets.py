"""Reads medical tickets (医療券・調剤券) with an enrolment version: those of one institution and month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from eligibility_api.domain.enrolment_version import Ticket
from eligibility_api.enrolment.known import NOT_SUPERSEDED, known_at

_TICKETS_JSON = """
    SELECT jsonb_agg(jsonb_build_object('version', k.version, 'ticket', jsonb_build_object(
        'ticket_type', k.ticket_type, 'month', to_char(k.month, 'YYYY-MM'), 'valid_from', k.valid_from,
        'valid_to', k.valid_to, 'issue_number', k.issue_number, 'institution_code', k.institution_code,
        'institution_name', k.institution_name, 'treatment', k.treatment,
        'single_or_combined', k.single_or_combined, 'self_pay', k.self_pay)) ORDER BY k.version)
    FROM medical_ticket k
"""

# A branch that is not taken costs nothing: tickets are read for medical aid only.
_FOR_MEDICAL_AID = "CASE WHEN e.certificate_kind = 'A1' THEN ({tickets}) END AS tickets"


def tickets_known(*, instant: str, as_of: str, institution: str) -> str:
    """A column of `enrolment e`: its tickets for an institution and a day's month, as known at an instant.

    The arguments are expressions of the surrounding statement.
    """
    tickets = f"""{_TICKETS_JSON} {known_at(instant, of="k")}
        WHERE k.entitlement = e.entitlement AND k.institution_code = {institution}
          AND k.month = date_trunc('month', {as_of}::timestamp)::date AND {NOT_SUPERSEDED}"""
    return _FOR_MEDICAL_AID.format(tickets=tickets)


def tickets_named(versions: str) -> str:
    """A column of `enrolment e`: those of its tickets whose versions are in an array (an expression)."""
    return _FOR_MEDICAL_AID.format(
        tickets=f"{_TICKETS_JSON} WHERE k.entitlement = e.entitlement AND k.version = ANY ({versions})"
    )


_TICKETS = TypeAdapter(tuple[Ticket, ...])


def read_tickets(stored: str | list[dict[str, Any]] | None) -> Sequence[Ticket]:
    """The tickets in such a column: text from asyncpg, a decoded value from SQLAlchemy."""
    if stored is None:
        return ()
    return _TICKETS.validate_json(stored) if isinstance(stored, str) else _TICKETS.validate_python(stored)
