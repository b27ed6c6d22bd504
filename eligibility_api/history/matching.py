"""SQL that matches claims and check-ups to a person's memberships.

Claims name a member by insurer, symbol, number, branch and birth date. They are compared with the enrolments
of their month, as known at the requested instant; so a late enrolment, a correction and a later change of
insurer need no second pass over the claims.
"""

from __future__ import annotations

from eligibility_api.consent.access_check import FIRST_FREE_PARAMETER, GRANTED
from eligibility_api.contract.codes import CertificateKind
from eligibility_api.enrolment.known import NOT_SUPERSEDED, days_of, known_at

FIRST_MONTH, LAST_MONTH, INSTANT = (
    f"${number}" for number in range(FIRST_FREE_PARAMETER, FIRST_FREE_PARAMETER + 3)
)
"""The parameters after the access check's: first month, last month, and `known_at` if given."""

_REASSIGNED_SINCE = f"""
        SELECT FROM (
            SELECT l.* FROM enrolment l {known_at("a.now", of="l")} WHERE {NOT_SUPERSEDED}
        ) l
        WHERE l.entitlement = e.entitlement AND l.person_key IS DISTINCT FROM e.person_key
          AND {days_of("l")} && {days_of("e")}
    """  # noqa: S608 - constants of the store, no values
"""SQL: a membership `e` of the person is another person's by current knowledge.

`known_at` must not circumvent the correction of a mix-up.
"""

_MEMBERSHIPS = """
asked AS MATERIALIZED (
    SELECT g.person_key, g.categories, {instant} AS instant, g.now FROM guard g WHERE {open}
),
disclosed AS MATERIALIZED (
    SELECT a.* FROM asked a
    WHERE NOT EXISTS (
        SELECT FROM current_enrolment
        WHERE certificate_kind = '{without}' AND days @> (a.now AT TIME ZONE 'Asia/Tokyo')::date
    )
),
membership AS MATERIALIZED (
    SELECT t.entitlement, t.insurer_number, t.number_key, t.symbol_key, t.birth_date, t.branch_key, h.days, a.instant
    FROM disclosed a {memberships}
    JOIN entitlement t USING (entitlement)
    WHERE h.certificate_kind <> '{without}'
),
named AS MATERIALIZED (
    SELECT DISTINCT insurer_number, number_key, symbol_key, birth_date, instant FROM membership
),
rival AS MATERIALIZED (
    SELECT n.insurer_number, n.number_key, n.symbol_key, n.birth_date, t.branch_key,
           daterange(e.acquired_on, e.lost_on) AS days
    FROM asked a
    {by}
    CROSS JOIN named n
    JOIN entitlement t USING (insurer_number, number_key, symbol_key, birth_date)
    JOIN enrolment e USING (entitlement)
    {known_by}
    WHERE {not_superseded} AND e.person_key IS DISTINCT FROM a.person_key
)
"""

WITHOUT_HISTORY = CertificateKind.SELF_DEFENCE
"""The certificate without histories: claims and check-ups of such a membership, and anything while it holds (rule H19)."""

MEMBERSHIPS_NOW = _MEMBERSHIPS.format(
    without=WITHOUT_HISTORY,
    instant="g.now",
    open=GRANTED,
    memberships="CROSS JOIN current_enrolment h",
    by="",
    known_by=known_at("a.now"),
    not_superseded=NOT_SUPERSEDED,
)

MEMBERSHIPS_AT_INSTANT = _MEMBERSHIPS.format(
    without=WITHOUT_HISTORY,
    instant=f"least({INSTANT}::timestamptz, g.now)",
    open=GRANTED,
    memberships=f"""
    CROSS JOIN LATERAL (
        SELECT e.entitlement, e.certificate_kind, daterange(e.acquired_on, e.lost_on) AS days
        FROM enrolment e {known_at("a.instant")}
        WHERE e.person_key = a.person_key AND {NOT_SUPERSEDED} AND (a.instant = a.now OR NOT EXISTS ({_REASSIGNED_SINCE}))
    ) h""",  # noqa: S608 - constants of the store, no values
    by="CROSS JOIN (SELECT instant FROM asked UNION SELECT now FROM asked) by",
    known_by=known_at("by.instant"),
    not_superseded=NOT_SUPERSEDED,
)
"""CTEs of the person's memberships as known now, and as known at an instant.

`asked` has one row if access is granted, else none, so that nothing is read; `disclosed` the same, unless the
person has no history today (H19). `membership`: the person's memberships with their days. `named`: the
identifiers by which claims name the person. `rival`: other persons' memberships with the same identifiers
(twins), as known then or now; read only if a claim is ambiguous.
"""

_SAME = " AND ".join(
    f"{{membership}}.{column} = {{claim}}.{column}"
    for column in ("insurer_number", "number_key", "symbol_key", "birth_date")
)
_IN_MONTH = "{membership}.days && daterange({month}, ({month} + interval '1 month')::date)"
_COMPATIBLE = "({membership}.branch_key = {claim}.branch_key OR {membership}.branch_key = '' OR {claim}.branch_key = '')"
_MATCHES = f"{_SAME} AND {_IN_MONTH} AND {_COMPATIBLE}"


def is_of_person(claim: str, month: str) -> str:
    """The condition that `claim` (an alias) belongs to the person, `month` being the first day of its month.

    Either one of the person's memberships of the month has its branch; or one matches, since the claim or the
    membership has no branch, and no other person's does.
    """
    matches = _MATCHES.format(membership="m", claim=claim, month=month)
    rivals = _MATCHES.format(membership="v", claim=claim, month=month)
    return f"""EXISTS (
        SELECT FROM membership m
        WHERE {matches}
          AND ((m.branch_key = {claim}.branch_key AND m.branch_key <> '') OR NOT EXISTS (SELECT FROM rival v WHERE {rivals}))
    )"""  # noqa: S608 - constants of the store, no values
