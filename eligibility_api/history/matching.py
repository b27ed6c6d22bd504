"""Whose a receipt or a check-up is: the SQL that joins it to the memberships of the person looked at.

Claims name a member by insurer, symbol, number, branch and birth date. They are held against what is known, at the
instant asked, of the month in question; so a late enrolment, a correction and a person who has changed her insurer
since need no second pass over claims.
"""

from __future__ import annotations

from eligibility_api.consent.gate import FIRST_OWN, OPEN
from eligibility_api.enrolment.known import NOT_SUPERSEDED, known_at

FIRST_MONTH, LAST_MONTH, INSTANT = (f"${number}" for number in range(FIRST_OWN, FIRST_OWN + 3))
"""A look-up's own parameters: the first and the last month; where an instant of knowledge is named, that."""

_ANOTHERS_NOW = f"""
        SELECT FROM (
            SELECT l.* FROM enrolment l {known_at("a.now", of="l")} WHERE {NOT_SUPERSEDED}
        ) l
        WHERE l.entitlement = e.entitlement AND l.person_key IS DISTINCT FROM e.person_key
          AND daterange(l.acquired_on, l.lost_on) && daterange(e.acquired_on, e.lost_on)
    """  # noqa: S608 - constants of the store, no values
"""A membership `e` that was held to be hers, and is another's by what is known now: earlier knowledge is no way round
a mix-up that was mended since.
"""

_MEMBERSHIPS = """
asked AS MATERIALIZED (
    SELECT g.person_key, g.categories, {instant} AS instant, g.now FROM gate g WHERE {open}
),
membership AS MATERIALIZED (
    SELECT t.entitlement, t.insurer_number, t.number_key, t.symbol_key, t.birth_date, t.branch_key, h.days, a.instant
    FROM asked a {hers}
    JOIN entitlement t USING (entitlement)
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

MEMBERSHIPS_NOW = _MEMBERSHIPS.format(
    instant="g.now",
    open=OPEN,
    hers="CROSS JOIN held h",
    by="",
    known_by=known_at("a.now"),
    not_superseded=NOT_SUPERSEDED,
)

MEMBERSHIPS_THEN = _MEMBERSHIPS.format(
    instant=f"least({INSTANT}::timestamptz, g.now)",
    open=OPEN,
    hers=f"""
    CROSS JOIN LATERAL (
        SELECT e.entitlement, daterange(e.acquired_on, e.lost_on) AS days
        FROM enrolment e {known_at("a.instant")}
        WHERE e.person_key = a.person_key AND {NOT_SUPERSEDED} AND (a.instant = a.now OR NOT EXISTS ({_ANOTHERS_NOW}))
    ) h""",  # noqa: S608 - constants of the store, no values
    by="CROSS JOIN (SELECT instant FROM asked UNION SELECT now FROM asked) by",
    known_by=known_at("by.instant"),
    not_superseded=NOT_SUPERSEDED,
)
"""By what is known now, and by what was known at an instant. `asked` is one row where the gate is open, else none, and
nothing is read. `membership`: the person's, with their days. `named`: what claims call her. `rival`: memberships of
others under the same names, twins', by what was known then or is known now. It is read only where a claim leaves a doubt.
"""

_SAME = " AND ".join(
    f"{{held}}.{column} = {{claim}}.{column}"
    for column in ("insurer_number", "number_key", "symbol_key", "birth_date")
)
_IN_MONTH = "{held}.days && daterange({month}, ({month} + interval '1 month')::date)"
_COMPATIBLE = "({held}.branch_key = {claim}.branch_key OR {held}.branch_key = '' OR {claim}.branch_key = '')"
_FITS = f"{_SAME} AND {_IN_MONTH} AND {_COMPATIBLE}"


def is_hers(claim: str, month: str) -> str:
    """The condition that `claim` (an alias) is the person's, `month` being the first day of its month.

    One of her memberships of the month has its branch; or one fits, as the claim or the membership has no branch, and
    no other person's does.
    """
    fits = _FITS.format(held="m", claim=claim, month=month)
    rivals = _FITS.format(held="v", claim=claim, month=month)
    return f"""EXISTS (
        SELECT FROM membership m
        WHERE {fits}
          AND ((m.branch_key = {claim}.branch_key AND m.branch_key <> '') OR NOT EXISTS (SELECT FROM rival v WHERE {rivals}))
    )"""  # noqa: S608 - constants of the store, no values
