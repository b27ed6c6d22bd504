"""The gate of every look at a person: may this facility look, under this permit, at this, now, as whom?

A permit is a consent or a recorded reason (emergency, disaster). Whatever looks begins its statement with `GATE`, reads
only `WHERE g.outcome = 'answered'` (`OPEN`), and hangs `recorded(…)` on it: a look that was refused is on record like
one that was not, by the statement that would have read. So there is no look without a permit, and none without a record.

    WITH {GATE},
    reading AS (SELECT … FROM gate g JOIN … WHERE {OPEN}),
    {recorded("history.medication")}
    SELECT g.*, r.record_id, r.recorded_at, … FROM gate g CROSS JOIN recorded r LEFT JOIN reading ON true

Parameters 1–8 are the gate's, by `gate_parameters`: client, permit, right or null, bases, category or null (any), role,
operator or null, whether the category is medical. A statement numbers its own from `FIRST_OWN` on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from eligibility_api.contract.categories import CATEGORIES, MEDICAL_ROLES
from eligibility_api.contract.codes import Care, Category, EndReason, FacilityKind, Right, Role
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.enrolment.known import NOT_SUPERSEDED, known_at
from eligibility_api.facilities.caller import Caller
from eligibility_api.facilities.operator import Operator
from eligibility_api.facilities.staff import STAFF_MISSING

CONSENTED = frozenset({Basis.PIN, Basis.VISUAL_CHECK})
"""The bases of what lies under `/v1/consents`."""

RIGHT_FOR: dict[Basis, Right] = {
    Basis.PIN: Right.CONSENT,
    Basis.VISUAL_CHECK: Right.CONSENT,
    Basis.EMERGENCY: Right.EMERGENCY,
    Basis.DISASTER: Right.ELIGIBILITY,
}
"""What a terminal must be admitted for to look under a permit of each basis."""

PROTECTED = f"""EXISTS (
            SELECT FROM enrolment e {known_at("{now}")}
            WHERE e.person_key = {{person_key}} AND {NOT_SUPERSEDED}
              AND (e.self_disclosure_blocked OR e.mismatch = 'open')
        )"""
"""Whether nothing of the person may be shown now: she asked for it, or her insurer has still to confirm who she is. By
the clock of windows: one that is set back forgets no protection.

Stricter than the eligibility check, where cover that has ended waits for nobody: a history reaches back.
"""

_ANOTHERS = f"""NOT asked <@ ARRAY(
            SELECT e.entitlement FROM enrolment e {known_at("seen.now")}
            WHERE e.person_key = seen.person_key AND {NOT_SUPERSEDED}
        )"""  # noqa: S608 - constants of the store, no values
"""Whether a membership by which she was found has turned out to be somebody else's. Null where her card was there."""

_STAFF_MISSING = STAFF_MISSING.format(
    role="role", operator="seen.operator", institution="seen.institution_code"
)

_NAMED_NO_MORE = """named IS NOT NULL AND NOT EXISTS (
            SELECT FROM facility_operator o
            WHERE o.institution_code = seen.institution_code AND o.operator = named AND o.emergency AND o.ended_at IS NULL
        )"""

GATE = f"""
gate AS MATERIALIZED (
    SELECT *, CASE
        WHEN client_id IS NULL THEN 'client-closed'
        WHEN NOT entitled THEN 'right-missing'
        WHEN basis IS NULL THEN 'consent-missing'
        WHEN NOT own THEN 'consent-other-facility'
        WHEN ended_at IS NOT NULL THEN 'consent-withdrawn'
        WHEN until <= now THEN 'consent-expired'
        WHEN $5::text <> ALL (categories) THEN 'consent-category'
        WHEN $8::boolean AND role <> ALL ('{{{",".join(sorted(MEDICAL_ROLES))}}}') THEN 'role-not-permitted'
        WHEN $8 AND {_STAFF_MISSING} THEN 'staff-not-authorised'
        -- Who proved a second factor in an emergency, and nobody else; no more once the administrator has ended it.
        WHEN basis = 'emergency' AND (operator IS DISTINCT FROM named OR {_NAMED_NO_MORE}) THEN 'staff-not-authorised'
        WHEN {_ANOTHERS} OR {PROTECTED.format(person_key="seen.person_key", now="seen.now")} THEN 'card-not-usable'
        ELSE 'answered' END AS outcome
    FROM (
        SELECT t.client_id, t.institution_code, t.kind AS facility_kind,
               coalesce($3::text = ANY (t.rights), false) AND t.kind <> '{FacilityKind.ELIGIBILITY_ONLY}' AS entitled,
               $2::uuid AS permit_id, p.basis, p.person_key, p.asked, p.care, p.categories, p.given_at, p.operator AS named,
               p.institution_code = t.institution_code AS own,
               -- A permit of disaster mode ends with its disaster, whenever that is closed.
               least(p.until, d.closes_at, d.closed_at) AS until,
               e.ended_at, e.reason AS end_reason, $6::text AS role, $7::text AS operator, c.now
        FROM (SELECT window_clock() AS now) c
        LEFT JOIN (
            SELECT c.client_id, c.rights, f.institution_code, f.kind
            FROM client c JOIN facility f USING (institution_code)
            WHERE c.client_id = $1 AND c.closed_at IS NULL AND f.closed_at IS NULL
        ) t ON true
        LEFT JOIN permit p ON p.permit_id = $2 AND p.basis = ANY ($4::text[])
        LEFT JOIN permit_end e ON e.permit_id = p.permit_id
        LEFT JOIN disaster d ON p.basis = '{Basis.DISASTER}' AND d.disaster_id = (p.reason ->> 'disaster_id')::bigint
    ) seen
)
"""  # noqa: S608 - constants of the store, no values
"""One row. `outcome` is `answered`, or the code of the first refusal in this order; `now` is the instant by which windows
are judged. A permit's `until` may be null: until it is withdrawn. The reason of a disaster's permit has `disaster_id`.
"""

OPEN = "g.outcome = 'answered'"
"""The condition under which a statement over `gate g` may read."""

REFUSALS = (
    "right-missing",
    "consent-missing",
    "consent-other-facility",
    "consent-withdrawn",
    "consent-expired",
    "consent-category",
    "role-not-permitted",
    "staff-not-authorised",
    "card-not-usable",
)
"""What every look documents; `client-closed` beside it, as every call."""

RECEPTION = Operator()
"""As whom somebody looks who does not say."""

FIRST_OWN = 9
"""The number of a statement's first own parameter."""


def recorded(
    kind: str,
    *,
    source: str = "gate",
    outcome: str = "outcome",
    detail: str = "'{}'",
    more: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The CTE `recorded`: what was asked under which permit, as whom, and what came of it.

    `source` is `gate` or has its columns; `outcome`, `detail` (an object) and `more` (columns of the record) are
    expressions over it.
    """
    columns = "".join(f", {name}" for name in more)
    values = "".join(f", {value}" for value in more.values())
    return f"""
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, person_key, detail{columns})
    SELECT '{kind}', {outcome}, $1, institution_code, facility_kind, operator, person_key,
           jsonb_strip_nulls(jsonb_build_object('permit', permit_id, 'basis', basis, 'category', $5::text, 'role', role)
                             || {detail}::jsonb){values}
    FROM {source}
    RETURNING record_id, recorded_at, outcome
)
"""  # noqa: S608 - constants of the store, no values


def gate_parameters(
    caller: Caller,
    permit_id: UUID,
    category: Category | None,
    operator: Operator = RECEPTION,
    bases: Collection[Basis] = CONSENTED,
) -> list[Any]:
    """Parameters 1–8 of `GATE`. The bases that lie under one address need one right.

    A right that the caller's token does not carry is none: it is refused, and recorded, by the statement.
    """
    [right] = {RIGHT_FOR[basis] for basis in bases}
    return [
        caller.client_id,
        permit_id,
        right.value if right in caller.rights else None,
        sorted(bases),
        category.value if category is not None else None,
        operator.role.value,
        operator.name,
        category is not None and CATEGORIES[category].medical,
    ]


@dataclass(frozen=True, slots=True)
class GateSeen:
    """What the gate saw, and the record of it. What hangs on the permit is None where there is none to be seen."""

    outcome: str
    permit_id: UUID
    basis: Basis | None
    care: Care | None
    categories: frozenset[Category]
    given_at: datetime | None
    until: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None
    now: datetime
    person_key: bytes | None
    institution_code: str | None
    facility_kind: FacilityKind | None
    role: Role
    operator: str | None
    record_id: UUID
    recorded_at: datetime

    @classmethod
    def of(cls, row: Any) -> GateSeen:
        """The gate in a row of a statement that selects `gate`'s columns and the record's."""
        basis, care, kind = row["basis"], row["care"], row["facility_kind"]
        end_reason = row["end_reason"]
        return cls(
            outcome=row["outcome"],
            permit_id=row["permit_id"],
            basis=Basis(basis) if basis is not None else None,
            care=Care(care) if care is not None else None,
            categories=frozenset(Category(category) for category in row["categories"] or ()),
            given_at=row["given_at"],
            until=row["until"],
            ended_at=row["ended_at"],
            end_reason=EndReason(end_reason) if end_reason is not None else None,
            now=row["now"],
            person_key=row["person_key"],
            institution_code=row["institution_code"],
            facility_kind=FacilityKind(kind) if kind is not None else None,
            role=Role(row["role"]),
            operator=row["operator"],
            record_id=row["record_id"],
            recorded_at=row["recorded_at"],
        )


def check(seen: GateSeen) -> None:
    """Raises the refusal that the gate recorded, if it was one."""
    if seen.outcome != "answered":
        raise ShikakuError(seen.outcome)
