"""SQL parts with which every statement of a facility's staff begins: client, facility, operator, patient.

Staff are authorised by their facility's administrator (table `facility_operator`, `facilities/operators.py`).
"""

from __future__ import annotations

from typing import Any

from eligibility_api.contract.codes import Role
from eligibility_api.contract.errors import ShikakuError

STAFF_CHECK = """
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
"""CTE `guard`, one row: whether the client is admitted and has the right, its facility, and the instant.

Parameters 1 and 2: client and right.
"""

STAFF_MISSING = f"""{{role}}::text = '{Role.AUTHORISED_STAFF}' AND NOT EXISTS (
            SELECT FROM facility_operator o
            WHERE o.institution_code = {{institution}} AND o.operator = {{operator}} AND o.medical AND o.ended_at IS NULL
            OFFSET 0
        )"""
"""SQL condition: the operator claims to be authorised staff, but is not registered as such.

Without `OFFSET 0` a planner may read every facility's operators into a hash table.
"""

PATIENT = """
patient AS MATERIALIZED (
    SELECT i.kind, i.person_key, i.matched_entitlements
    FROM guard g CROSS JOIN LATERAL identified_by({record}, g.institution_code) i
    WHERE i.recorded_at >= g.now - {within}::interval
)
"""
"""CTE `patient`: the person of an answer to this facility within the last `within`, or no row.

`matched_entitlements`: the memberships that identified the person; null if a card did.
"""


def check_admitted(row: Any) -> None:
    """Raises `client-closed` or `right-missing` by the columns of `STAFF_CHECK`.

    Such a call leaves no audit record.
    """
    if not row["admitted"]:
        raise ShikakuError("client-closed")
    if not row["entitled"]:
        raise ShikakuError("right-missing")
