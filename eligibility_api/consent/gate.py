"""The gate of every look at a person: may this facility look, under this permit, at this, now, as whom?

A permit is a consent or a recorded reason (emergency, disaster). Whatever looks begins its statement with `gate(…)`, reads
only `WHERE g.outcome = 'answered'` (`OPEN`), and hangs `recorded(…)` on it: a look that was refused is on record like
one that was not, by the statement that would have read. So there is no look without a permit, and none without a record.

    WITH {gate(bases, category)},
    reading AS (SELECT … FROM gate g JOIN … WHERE {OPEN}),
    {recorded("history.medications", category=category)}
    SELECT g.*, r.record_id, r.recorded_at, … FROM gate g CROSS JOIN recorded r LEFT JOIN reading ON true

Parameters 1–5 are the gate's, by `gate_parameters`: client, permit, right or null, role, operator or null. A statement
numbers its own from `FIRST_OWN` on. Each is about permits of one address and about one category, so that it has no
part that could not matter: a statement's parts cost whether they are taken or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.clients.staff import STAFF_MISSING
from eligibility_api.contract.categories import CATEGORIES, MEDICAL_ROLES
from eligibility_api.contract.codes import Category, FacilityKind, Right
from eligibility_api.contract.consent import Basis
from eligibility_api.enrolment.known import NOT_SUPERSEDED, known_at

CONSENTED = frozenset({Basis.PIN, Basis.VISUAL_CHECK})
"""The bases of what lies under `/v1/consents`."""

RIGHT_FOR: dict[Basis, Right] = {
    Basis.PIN: Right.CONSENT,
    Basis.VISUAL_CHECK: Right.CONSENT,
    Basis.EMERGENCY: Right.EMERGENCY,
    Basis.DISASTER: Right.ELIGIBILITY,
}
"""What a terminal must be admitted for to look under a permit of each basis."""

_RIGHT = {CONSENTED: Right.CONSENT} | {frozenset({basis}): right for basis, right in RIGHT_FOR.items()}
"""The same by the bases that lie under one address."""

PROTECTED = f"""EXISTS (
            SELECT FROM enrolment e {known_at("{now}")}
            WHERE e.person_key = {{person_key}} AND {NOT_SUPERSEDED}
              AND (e.self_disclosure_blocked OR e.mismatch = 'open')
        )"""
"""Whether nothing of the person may be shown now: she asked for it, or her insurer has still to confirm who she is. By
the clock of windows: one that is set back forgets no protection.

Stricter than the eligibility check, where cover that has ended waits for nobody: a history reaches back.
"""

_ANOTHERS = """asked IS NOT NULL AND NOT asked <@ ARRAY(SELECT entitlement FROM held)"""
"""Whether a membership by which she was found has turned out to be somebody else's. Null where her card was there."""

_STAFF_MISSING = STAFF_MISSING.format(role="$4", operator="$5::text", institution="seen.institution_code")

_NAMED_NO_MORE = """named IS NOT NULL AND NOT EXISTS (
            SELECT FROM facility_operator o
            WHERE o.institution_code = seen.institution_code AND o.operator = named AND o.emergency AND o.ended_at IS NULL
        )"""

_SEEN = """
seen AS MATERIALIZED (
    SELECT t.client_id, t.institution_code, t.kind AS facility_kind,
           coalesce($3::text = ANY (t.rights), false) AND t.kind <> '{eligibility_only}' AS entitled,
           p.basis, p.person_key, p.asked, p.care, p.categories, p.given_at, p.operator AS named,
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
held AS MATERIALIZED (
    SELECT e.entitlement, daterange(e.acquired_on, e.lost_on) AS days,
           e.self_disclosure_blocked OR e.mismatch = 'open' AS protected
    FROM seen s JOIN enrolment e ON e.person_key = s.person_key {known_now}
    WHERE {not_superseded}
),
"""
"""What there is to judge, one row, with the instant by which windows are judged; and what the person is known to hold."""

_JUDGED = """
{name} AS MATERIALIZED (
    SELECT $2::uuid AS permit_id, {columns}, CASE
        WHEN client_id IS NULL THEN 'client-closed'
        WHEN NOT entitled THEN 'right-missing'
        WHEN basis IS NULL THEN 'consent-missing'
        WHEN NOT own THEN 'consent-other-facility'
        WHEN ended_at IS NOT NULL THEN 'consent-withdrawn'
        WHEN until <= now THEN 'consent-expired'
        {of_category}
        {of_emergency}
        WHEN {anothers} OR EXISTS (SELECT FROM held WHERE protected) THEN 'card-not-usable'
        ELSE 'answered' END AS outcome
    FROM seen
)
"""

_OF_CATEGORY = "WHEN '{category}' <> ALL (categories) THEN 'consent-category'"

_OF_MEDICAL = f"""
        WHEN $4::text <> ALL ('{{{",".join(sorted(MEDICAL_ROLES))}}}') THEN 'role-not-permitted'
        WHEN {_STAFF_MISSING} THEN 'staff-not-authorised'
"""

_OF_EMERGENCY = f"""
        -- Who proved a second factor in an emergency, and nobody else; no more once the administrator has ended it.
        WHEN $5::text IS DISTINCT FROM named OR {_NAMED_NO_MORE} THEN 'staff-not-authorised'
"""

# A permit of disaster mode ends with its disaster, whenever that is closed.
_UNTIL_DISASTER = "least(p.until, d.closes_at, d.closed_at)"
_DISASTER = "LEFT JOIN disaster d ON d.disaster_id = (p.reason ->> 'disaster_id')::bigint"

_COLUMNS = ("institution_code", "facility_kind", "basis", "person_key", "until", "now")

WHOLE = ("care", "categories", "given_at", "ended_at", "end_reason")
"""What a gate says of a permit beside that."""


@cache
def gate(
    bases: frozenset[Basis] = CONSENTED,
    category: Category | None = None,
    *,
    more: tuple[str, ...] = (),
    name: str = "gate",
) -> str:
    """The gate for permits of some bases that lie under one address, to look at a category (None: any). One row.

    `outcome` is `answered`, or the code of the first refusal in this order; `now` is the instant by which windows are
    judged; a permit's `until` may be null: until it is withdrawn. `held`, beside it, are the memberships that are known
    now of the permit's person. `more`: columns that the statement needs beside those of the record.
    """
    medical = category is not None and CATEGORIES[category].medical
    of_category = _OF_CATEGORY.format(category=category) if category is not None else ""
    assert bases in _RIGHT
    disaster = Basis.DISASTER in bases
    seen = _SEEN.format(
        eligibility_only=FacilityKind.ELIGIBILITY_ONLY,
        bases=", ".join(f"'{basis}'" for basis in sorted(bases)),
        until=_UNTIL_DISASTER if disaster else "p.until",
        disaster=_DISASTER if disaster else "",
        known_now=known_at("s.now"),
        not_superseded=NOT_SUPERSEDED,
    )
    judged = _JUDGED.format(
        name=name,
        columns=", ".join((*_COLUMNS, *more)),
        of_category=of_category + (_OF_MEDICAL if medical else ""),
        of_emergency=_OF_EMERGENCY if Basis.EMERGENCY in bases else "",
        anothers=_ANOTHERS,
    )
    return seen + judged


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

FIRST_OWN = 6
"""The number of a statement's first own parameter."""


def recorded(
    kind: str,
    *,
    category: Category | None = None,
    source: str = "gate",
    outcome: str = "outcome",
    detail: str = "",
    more: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The CTE `recorded`: what was asked under which permit, as whom, and what came of it.

    `source` is `gate` or has its columns; `outcome`, `detail` (further names and values of an object) and `more` (columns
    of the record) are expressions over it.
    """
    columns = "".join(f", {name}" for name in more)
    values = "".join(f", {value}" for value in more.values())
    said = f", 'category', '{category}'" if category is not None else ""
    return f"""
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, person_key, detail{columns})
    SELECT '{kind}', {outcome}, $1, institution_code, facility_kind, $5::text, person_key,
           jsonb_strip_nulls(jsonb_build_object('permit', permit_id, 'basis', basis{said}, 'role', $4::text
                                                {", " if detail else ""}{detail})){values}
    FROM {source}
    RETURNING record_id, recorded_at, outcome
)
"""  # noqa: S608 - constants of the store, no values


def gate_parameters(
    caller: Caller,
    permit_id: UUID,
    operator: Operator = RECEPTION,
    bases: frozenset[Basis] = CONSENTED,
) -> list[Any]:
    """Parameters 1–5 of a gate. The bases that lie under one address need one right.

    A right that the caller's token does not carry is none: it is refused, and recorded, by the statement.
    """
    right = _RIGHT[bases]
    return [
        caller.client_id,
        permit_id,
        right.value if right in caller.rights else None,
        operator.role.value,
        operator.name,
    ]
