"""Medical tickets (医療券・調剤券) as they are read beside an enrolment version: those of one institution and month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from eligibility_api.domain.enrolment_version import Ticket
from eligibility_api.enrolment.known import NOT_SUPERSEDED, known_at

_SAID = """
    SELECT jsonb_agg(jsonb_build_object('version', k.version, 'ticket', jsonb_build_object(
        'ticket_type', k.ticket_type, 'month', to_char(k.month, 'YYYY-MM'), 'valid_from', k.valid_from,
        'valid_to', k.valid_to, 'issue_number', k.issue_number, 'institution_code', k.institution_code,
        'institution_name', k.institution_name, 'treatment', k.treatment,
        'single_or_combined', k.single_or_combined, 'self_pay', k.self_pay)) ORDER BY k.version)
    FROM medical_ticket k
"""

# A branch that is not taken costs nothing: only of medical aid is anything read.
_OF_AID = "CASE WHEN e.certificate_kind = 'A1' THEN ({tickets}) END AS tickets"


def tickets_known(*, instant: str, as_of: str, institution: str) -> str:
    """A column of `enrolment e`: its tickets for an institution and the month of a day, as known at an instant.

    The arguments are expressions of the statement that it becomes a part of.
    """
    tickets = f"""{_SAID} {known_at(instant, of="k")}
        WHERE k.entitlement = e.entitlement AND k.institution_code = {institution}
          AND k.month = date_trunc('month', {as_of}::timestamp)::date AND {NOT_SUPERSEDED}"""
    return _OF_AID.format(tickets=tickets)


def tickets_named(versions: str) -> str:
    """A column of `enrolment e`: those of its tickets whose versions an array (an expression) names."""
    return _OF_AID.format(
        tickets=f"{_SAID} WHERE k.entitlement = e.entitlement AND k.version = ANY ({versions})"
    )


_TICKETS = TypeAdapter(tuple[Ticket, ...])


def read_tickets(stored: str | list[dict[str, Any]] | None) -> Sequence[Ticket]:
    """The tickets in such a column: text from the raw driver, a value through SQLAlchemy."""
    if stored is None:
        return ()
    return _TICKETS.validate_json(stored) if isinstance(stored, str) else _TICKETS.validate_python(stored)
