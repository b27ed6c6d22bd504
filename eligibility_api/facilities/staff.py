"""The beginning of every statement by which a member of a facility's staff does something: who, from where, about whom.

Staff are authorised by their facility's administrator (`facility_operator`; `staffing.py` names and ends them).
"""

from __future__ import annotations

from typing import Any

from eligibility_api.contract.codes import Role
from eligibility_api.contract.errors import ShikakuError

STAFF_GATE = """
guard AS MATERIALIZED (
    SELECT t.client_id IS NOT NULL AS admitted, coalesce($2::text = ANY (t.rights), false) AS entitled,
           t.institution_code, t.kind AS facility_kind, t.name AS facility_name, c.now
    FROM (SELECT window_clock() AS now) c
    LEFT JOIN (
        SELECT c.client_id, c.rights, f.institution_code, f.kind, f.name
        FROM client c JOIN facility f USING (institution_code)
        WHERE c.client_id = $1 AND c.closed_at IS NULL AND f.closed_at IS NULL
    ) t ON true
)
"""
"""One row: is the client still admitted, and for this; its facility; the instant by which windows are judged.

Parameters 1 and 2: client and right.
"""

STAFF_MISSING = f"""{{role}}::text = '{Role.AUTHORISED_STAFF}' AND NOT EXISTS (
            SELECT FROM facility_operator o
            WHERE o.institution_code = {{institution}} AND o.operator = {{operator}} AND o.medical AND o.ended_at IS NULL
        )"""
"""Whether somebody asks as authorised staff whom the administrator has not named (expressions)."""

PATIENT = """
patient AS MATERIALIZED (
    SELECT i.person_key, i.asked
    FROM guard g CROSS JOIN LATERAL identified_by({record}, g.institution_code) i
    WHERE i.recorded_at >= g.now - {within}::interval
)
"""
"""The person about whom a record of this facility's was answered, not longer ago than `within`; or no row. `asked` are
the memberships that she was identified by, null where her card did it.
"""


def check_admitted(row: Any) -> None:
    """Raises `client-closed` or `right-missing` by the columns of `STAFF_GATE`: such a call leaves no record."""
    if not row["admitted"]:
        raise ShikakuError("client-closed")
    if not row["entitled"]:
        raise ShikakuError("right-missing")
