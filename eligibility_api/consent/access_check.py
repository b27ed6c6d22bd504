"""SQL of the access check: may this facility access this category of a person's data under this permit?

A permit is a consent or a recorded reason (emergency, disaster). Every statement that accesses a person's
information begins with `access_check(…)`, reads only `WHERE g.outcome = 'answered'` (`GRANTED`), and ends
with `recorded_cte(…)`: the statement that would have read also records a refusal. So there is no access
without a permit, and none without a record.

    WITH {access_check(bases, category)}, reading AS (SELECT … FROM guard g JOIN … WHERE {GRANTED}),
    {recorded_cte("history.medications", category=category)} SELECT g.*, r.record_id, r.recorded_at, … FROM
    guard g CROSS JOIN recorded r LEFT JOIN reading ON true

Parameters 1–5 are those of the check, by `access_parameters`: client, permit, right or null, role, operator
or null. A statement numbers its own from `FIRST_FREE_PARAMETER` on. Each statement is for the permits of one
address and for one category and omits the conditions that cannot apply to them: parts of a statement cost
time even if they are not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache  # noqa: TID251 - of codes: their combinations are few
from types import MappingProxyType
from typing import Any
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.clients.staff import STAFF_MISSING
from eligibility_api.contract.categories import CATEGORIES, MEDICAL_ROLES
from eligibility_api.contract.codes import Category, Right
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.facility_kinds import MEDICAL_KINDS
from eligibility_api.enrolment.known import NOT_SUPERSEDED, known_at

CONSENT_BASES = frozenset({Basis.PIN, Basis.VISUAL_CHECK, Basis.OWN_ACCESS})
"""The bases of the permits under `/v1/consents`."""

RIGHT_FOR: dict[Basis, Right] = {
    Basis.PIN: Right.CONSENT,
    Basis.VISUAL_CHECK: Right.CONSENT,
    Basis.OWN_ACCESS: Right.CONSENT,
    Basis.EMERGENCY: Right.EMERGENCY,
    Basis.DISASTER: Right.ELIGIBILITY,
}
"""The right that a terminal needs for access under a permit of each basis."""

_RIGHT_FOR_BASES = {CONSENT_BASES: Right.CONSENT} | {
    frozenset({basis}): right for basis, right in RIGHT_FOR.items()
}
"""The same by the set of bases that share an address."""

PROTECTED = f"""EXISTS (
            SELECT FROM enrolment e {known_at("{now}")}
            WHERE e.person_key = {{person_key}} AND {NOT_SUPERSEDED}
              AND (e.self_disclosure_blocked OR e.mismatch = 'open')
            OFFSET 0
        )"""
"""SQL condition: nothing about the person may be disclosed now (W6).

She requested it, or her insurer has not confirmed her identity yet. Judged by the clock of windows (W1), so
that setting back a clock lifts no protection. Stricter than the eligibility check, which ignores an open
mismatch of an enrolment that has ended: a history reaches back.
"""

REASSIGNED = """matched_entitlements IS NOT NULL
            AND NOT matched_entitlements <@ ARRAY(SELECT entitlement FROM current_enrolment)"""
"""SQL condition: a membership by which the person was found has turned out to be another person's.

`matched_entitlements` is null if her card was used.
"""

_STAFF_MISSING = STAFF_MISSING.format(
    role="$4", operator="$5::text", institution="permit_row.institution_code"
)

_OPERATOR_ENDED = """named IS NOT NULL AND NOT EXISTS (
            SELECT FROM facility_operator o
            WHERE o.institution_code = permit_row.institution_code AND o.operator = named AND o.emergency AND o.ended_at IS NULL
            OFFSET 0
        )"""

_PERMIT_ROW = """
permit_row AS MATERIALIZED (
    SELECT t.client_id, t.institution_code, t.kind AS facility_kind,
           coalesce($3::text = ANY (t.rights), false) AND t.kind = ANY ('{{{medical_kinds}}}') AS entitled,
           p.basis, p.person_key, p.matched_entitlements, p.care, p.categories, p.given_at, p.available_from,
           p.operator AS named,
           p.institution_code = t.institution_code AS own, {until} AS until, e.ended_at, e.reason AS end_reason, c.now
    FROM (SELECT window_clock() AS now) c
    LEFT JOIN (
        SELECT c.client_id, c.rights, f.institution_code, f.kind
        FROM client c JOIN facility f USING (institution_code)
        WHERE c.client_id = $1 AND c.closed_at IS NULL AND f.closed_at IS NULL
    ) t ON true
    LEFT JOIN permit p ON p.permit_id = $2 AND p.basis IN ({bases})
    LEFT JOIN permit_end e ON e.permit_id = p.permit_id
    {disaster}
),
current_enrolment AS MATERIALIZED (
    SELECT e.entitlement, e.certificate_kind, daterange(e.acquired_on, e.lost_on) AS days,
           e.self_disclosure_blocked OR e.mismatch = 'open' AS protected
    FROM permit_row s JOIN enrolment e ON e.person_key = s.person_key {known_now}
    WHERE {not_superseded}
),
"""
"""CTE `permit_row`: one row with everything to decide on; CTE `current_enrolment`: the person's enrolments.
"""

_DECISION = """
{name} AS MATERIALIZED (
    SELECT $2::uuid AS permit_id, {columns}, CASE
        WHEN client_id IS NULL THEN 'client-closed'
        WHEN NOT entitled THEN 'right-missing'
        WHEN basis IS NULL THEN 'consent-missing'
        WHEN NOT own THEN 'consent-other-facility'
        WHEN ended_at IS NOT NULL THEN 'consent-withdrawn'
        WHEN until <= now THEN 'consent-expired'
        {not_yet}
        {of_category}
        {of_emergency}
        WHEN {reassigned} OR EXISTS (SELECT FROM current_enrolment WHERE protected) THEN 'card-not-usable'
        ELSE 'answered' END AS outcome
    FROM permit_row
)
"""

# Only a consent can be for a later day (W12).
_NOT_YET = "WHEN available_from > now THEN 'consent-not-yet'"

_OF_CATEGORY = "WHEN '{category}' <> ALL (categories) THEN 'consent-category'"

_OF_MEDICAL = f"""
        WHEN $4::text <> ALL ('{{{",".join(sorted(MEDICAL_ROLES))}}}') THEN 'role-not-permitted'
        WHEN {_STAFF_MISSING} THEN 'staff-not-authorised'
"""

_OF_EMERGENCY = f"""
        -- Only the operator who proved the second factor, until the administrator ends the authorisation (W8).
        WHEN $5::text IS DISTINCT FROM named OR {_OPERATOR_ENDED} THEN 'staff-not-authorised'
"""

# A permit of disaster mode ends with its disaster, whenever that is closed (W16).
_UNTIL_DISASTER = "least(p.until, d.closes_at, d.closed_at)"
_DISASTER = "LEFT JOIN disaster d ON d.disaster_id = (p.reason ->> 'disaster_id')::bigint"

_COLUMNS = ("institution_code", "facility_kind", "basis", "person_key", "until", "now")

PERMIT_COLUMNS = ("care", "categories", "given_at", "available_from", "ended_at", "end_reason")
"""Further columns of a permit, for `access_check(columns=…)`."""


@cache
def access_check(
    bases: frozenset[Basis] = CONSENT_BASES,
    category: Category | None = None,
    *,
    columns: tuple[str, ...] = (),
    name: str = "guard",
) -> str:
    """The CTEs of the check for permits of the bases under one address, for a category (None: any).

    The CTE `name` has one row. `outcome` is `answered`, or the code of the first refusal in the order of W5;
    `now` is the instant by which windows are judged; a permit's `until` is null if it lasts until it is
    withdrawn. The CTE `current_enrolment` has the enrolments of the permit's person that are known now.
    `columns`: those that the statement needs in addition to the record's.
    """
    medical = category is not None and CATEGORIES[category].medical
    of_category = _OF_CATEGORY.format(category=category) if category is not None else ""
    assert bases in _RIGHT_FOR_BASES
    disaster = Basis.DISASTER in bases
    permit_row = _PERMIT_ROW.format(
        medical_kinds=",".join(sorted(MEDICAL_KINDS)),
        bases=", ".join(f"'{basis}'" for basis in sorted(bases)),
        until=_UNTIL_DISASTER if disaster else "p.until",
        disaster=_DISASTER if disaster else "",
        known_now=known_at("s.now"),
        not_superseded=NOT_SUPERSEDED,
    )
    decision = _DECISION.format(
        name=name,
        columns=", ".join((*_COLUMNS, *columns)),
        not_yet=_NOT_YET if bases == CONSENT_BASES else "",
        of_category=of_category + (_OF_MEDICAL if medical else ""),
        of_emergency=_OF_EMERGENCY if Basis.EMERGENCY in bases else "",
        reassigned=REASSIGNED,
    )
    return permit_row + decision


GRANTED = "g.outcome = 'answered'"
"""The condition under which a statement over `guard g` may read."""

REFUSALS = (
    "right-missing",
    "consent-missing",
    "consent-other-facility",
    "consent-withdrawn",
    "consent-expired",
    "consent-not-yet",
    "consent-category",
    "role-not-permitted",
    "staff-not-authorised",
    "card-not-usable",
)
"""The refusals that every access documents, in addition to `client-closed`, which every call documents."""

DEFAULT_OPERATOR = Operator()
"""The operator of a request that names none."""

FIRST_FREE_PARAMETER = 6
"""The number of the first parameter of the statement's own."""


def recorded_cte(
    kind: str,
    *,
    category: Category | None = None,
    source: str = "guard",
    outcome: str = "outcome",
    detail: str = "",
    columns: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The CTE `recorded`: writes the audit record of request, permit, operator and outcome.

    `source` is `guard` or has its columns; `outcome`, `detail` (further names and values of an object) and
    `columns` (of the record) are expressions over it.
    """
    names = "".join(f", {name}" for name in columns)
    values = "".join(f", {value}" for value in columns.values())
    return f"""
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, person_key, detail{names})
    SELECT '{kind}', {outcome}, $1, institution_code, facility_kind, $5::text, person_key,
           {recorded_detail(category, detail)}{values}
    FROM {source}
    RETURNING record_id, recorded_at, outcome
)
"""  # noqa: S608 - constants of the store, no values


def recorded_detail(category: Category | None, detail: str) -> str:
    """The detail of a record, an expression over `guard`; `detail`: see `recorded_cte`."""
    category_detail = f", 'category', '{category}'" if category is not None else ""
    return f"""jsonb_strip_nulls(jsonb_build_object('permit', permit_id, 'basis', basis{category_detail}, 'role', $4::text
                                                {", " if detail else ""}{detail}))"""


def access_parameters(
    caller: Caller,
    permit_id: UUID,
    operator: Operator = DEFAULT_OPERATOR,
    bases: frozenset[Basis] = CONSENT_BASES,
) -> list[Any]:
    """Parameters 1–5 of an access check. The bases that share an address need one right.

    A right that the caller's token lacks is passed as null, so that the statement refuses and records the
    request.
    """
    right = _RIGHT_FOR_BASES[bases]
    return [
        caller.client_id,
        permit_id,
        right.value if right in caller.rights else None,
        operator.role.value,
        operator.name,
    ]
