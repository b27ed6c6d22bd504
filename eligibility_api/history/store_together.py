"""SQL of many history requests in one statement: the single one's parts, once for each request of the group.

Check, memberships and reading are the same text as in the single statement, with a column of the request in place of
each parameter (`LATERAL`); so they cannot differ. One INSERT records all of them, refusals included. A group has at
most one request of each client, so that its record is found by the client.
"""

from __future__ import annotations

import re

from eligibility_api.contract.history import HistoryResource

PARAMETERS = {
    "client_id": "uuid",
    "permit_id": "uuid",
    "held_right": "text",
    "role": "text",
    "operator": "text",
    "first_month": "date",
    "last_month": "date",
}
"""The parameters of a history's statement in their order, with their types: the access check's, then its own."""

ONE_EACH = "client_id"

_NAMES = tuple(PARAMETERS)
_NUMBERED = re.compile(r"\$([1-9])")

_CLAIM_COLUMNS = (
    "number, origin, shown_from, identity, institution, setting, month, claim_month, content, prescribed_on,"
    " dispensed_on, reader_version"
)

_COLUMNS = {
    HistoryResource.MEDICATIONS: _CLAIM_COLUMNS,
    HistoryResource.TREATMENTS: _CLAIM_COLUMNS,
    HistoryResource.SURGERIES: _CLAIM_COLUMNS,
    HistoryResource.DIAGNOSES: "number",
    HistoryResource.HEALTH_CHECKUPS: "number, origin, insurer_number, examined_on, shown_from, items",
}
"""The columns of what a statement reads, by its resource."""


def named(text: str) -> str:
    """A text with the name of each parameter in place of its number."""
    return _NUMBERED.sub(lambda found: f":{_NAMES[int(found[1]) - 1]}", text)


def _of_request(text: str) -> str:
    """A text with a column of the request `q` in place of each parameter."""
    return _NUMBERED.sub(lambda found: f"q.{_NAMES[int(found[1]) - 1]}", text)


def together(resource: HistoryResource, *, reading: str, detail: str, drug_load: str) -> str:
    """The statement of a group.

    `reading`: the CTEs `guard`, those of the memberships, and `reading`; `detail`: the record's, an expression over `guard`;
    `drug_load`: an expression. All have numbered parameters.
    """
    columns = _COLUMNS[resource]
    arrays = ", ".join(f":{name}::{kind}[]" for name, kind in PARAMETERS.items())
    return f"""
WITH request AS MATERIALIZED (
    SELECT * FROM unnest({arrays})
        WITH ORDINALITY AS q ({", ".join(PARAMETERS)}, place)
),
judged AS MATERIALIZED (
    SELECT q.place, q.client_id, q.operator, x.*
    FROM request q
    CROSS JOIN LATERAL (
        WITH {_of_request(reading)}
        SELECT access.*, read.*
        FROM (
            SELECT g.outcome, g.institution_code, g.facility_kind, g.person_key, {_of_request(detail)} AS detail, g.until, g.now,
                   {drug_load} AS drug_load
            FROM guard g
        ) access
        -- One row of the access check, and separate rows for what was read: nothing is repeated.
        FULL JOIN reading read ON false
    ) x
),
inserted AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, person_key, detail)
    SELECT 'history.{resource}', outcome, client_id, institution_code, facility_kind, operator, person_key, detail
    FROM judged
    WHERE outcome IS NOT NULL
    ORDER BY place
    RETURNING record_id, recorded_at, client_id
)
SELECT j.place, j.outcome, i.record_id, i.recorded_at, j.until, j.now, j.now AS instant, j.drug_load,
       {", ".join(f"j.{column.strip()}" for column in columns.split(","))}
FROM judged j
LEFT JOIN inserted i ON i.client_id = j.client_id AND j.outcome IS NOT NULL
"""  # noqa: S608 - constants of the store, no values
