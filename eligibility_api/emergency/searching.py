"""The SQL of a search in disaster mode: one statement that looks who it is, counts a miss, permits and records.

By a membership it is the look-up by number. By her items it goes by the birth date, through `entitlement_born_on`, and
compares what is folded as `domain/text.py` folds it. Of somebody who is protected the address is not compared:
whether it was right must not show.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from eligibility_api.consent.gate import PROTECTED, RIGHT_FOR
from eligibility_api.contract.characters import normalize_kana
from eligibility_api.contract.codes import FacilityKind
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.emergency import DisasterSearch
from eligibility_api.domain.text import HYPHENS, folded_text
from eligibility_api.eligibility.by_number import FITTING, membership_parameters
from eligibility_api.eligibility.misses import ASKING_GATE, COUNT_MISSES, MAY_ASK, OVERTAKEN
from eligibility_api.emergency.store import LONGEST, PERMITTED, RECORDED
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED
from eligibility_api.facilities.caller import Caller
from eligibility_api.facilities.staff import STAFF_MISSING
from eligibility_api.platform.database import Database

_STATEMENT = """
WITH {gate},
asking AS MATERIALIZED (
    SELECT g.*, w.now, d.disaster_id, d.closes_at, CASE
        WHEN g.facility_kind = '{eligibility_only}' THEN 'right-missing'
        WHEN $7::text IS NOT NULL THEN $7
        WHEN {staff_missing} THEN 'staff-not-authorised'
        WHEN d.disaster_id IS NULL THEN 'disaster-mode-off' END AS refusal
    FROM gate g
    CROSS JOIN (SELECT window_clock() AS now) w
    LEFT JOIN LATERAL (
        SELECT disaster_id, closes_at FROM disaster
        WHERE left(g.institution_code, 2) = ANY (prefectures) AND opened_at <= w.now AND w.now < closes_at
          AND closed_at IS NULL
        ORDER BY closes_at DESC LIMIT 1
    ) d ON true
    WHERE {may_ask}
),
{fitting},
settled AS MATERIALIZED (
    SELECT a.*, CASE WHEN f.persons = 1 THEN f.person_key END AS person_key, f.asked, CASE
        WHEN refusal IS NOT NULL THEN refusal
        WHEN f.persons = 0 THEN 'disaster-not-found'
        WHEN f.persons > 1 THEN 'disaster-several-found'
        WHEN f.person_key IS NULL OR {withheld} THEN 'card-not-usable'
        ELSE 'permitted' END AS outcome
    FROM asking a
    CROSS JOIN (
        SELECT count(DISTINCT coalesce(person_key, int8send(entitlement))) AS persons, min(person_key) AS person_key,
               array_agg(DISTINCT entitlement) AS asked
        FROM fitting
    ) f
),
{count},
{recorded},
{permitted}
SELECT g.*, {overtaken} AS overtaken, m.run, s.outcome, r.record_id, p.given_at, p.until
FROM gate g
LEFT JOIN counted m ON true
LEFT JOIN settled s ON true
LEFT JOIN recorded r ON true
LEFT JOIN permitted p ON true
"""

_TODAY = "(SELECT (now AT TIME ZONE 'Asia/Tokyo')::date FROM asking)"

_LOOKED_FOR = "EXISTS (SELECT FROM asking WHERE refusal IS NULL)"


def _folded(column: str) -> str:
    """`domain.searching.folded_text` of a column."""
    closed = f"normalize(replace(normalize({column}, NFKC), ' ', ''), NFKC)"
    return f"translate({closed}, '{HYPHENS}', '{'-' * len(HYPHENS)}')"


_WITHHELD = f"""EXISTS (
            SELECT FROM enrolment e {KNOWN_NOW}
            WHERE e.person_key = f.person_key AND {NOT_SUPERSEDED}
              AND (e.nondisclosure OR e.self_disclosure_blocked OR e.mismatch = 'open')
        )"""
"""Whether the address of `f` is nobody's business, by any version that is known: so a search by it finds nothing."""

_BY_ITEMS = f"""
named AS MATERIALIZED (
    SELECT e.entitlement, e.person_key, e.address
    FROM entitlement t JOIN enrolment e USING (entitlement) {KNOWN_NOW}
    -- Where nobody is to be looked for there is no day, and nothing is read.
    WHERE t.birth_date = (SELECT $11::date FROM asking WHERE refusal IS NULL)
      AND {NOT_SUPERSEDED} AND e.sex = $12 AND e.acquired_on <= {_TODAY} AND coalesce(e.lost_on > {_TODAY}, true)
      AND ($13::text IS NULL OR $13 IN ({_folded("e.name")}, {_folded("e.name_alias")}))
      AND ($14::text IS NULL OR $14 IN ({_folded("e.name_kana")}, {_folded("e.name_alias_kana")}))
),
fitting AS MATERIALIZED (
    SELECT f.* FROM named f WHERE {_folded("f.address")} = $15::text OR {_WITHHELD}
)
"""  # noqa: S608 - constants of the store, no values
"""Who is insured on the day and has these items. Five parameters: birth date, sex, name, kana (or null), address."""

_BY_MEMBERSHIP = FITTING.format(
    *(f"${number}" for number in range(11, 17)),
    known=KNOWN_NOW,
    not_superseded=NOT_SUPERSEDED,
    may_ask=_LOOKED_FOR,
)

_PLACES = {
    "role": "$5",
    "operator": "$6",
    "categories": "$8",
    "permit": "$9",
    "reason": "jsonb_strip_nulls(jsonb_build_object('disaster_id', disaster_id, 'consent', $10::text))",
}


def _statement(fitting: str, withheld: str) -> str:
    missed = "SELECT (outcome IN ('disaster-not-found', 'card-not-usable'))::integer FROM settled"
    return _STATEMENT.format(
        gate=ASKING_GATE,
        eligibility_only=FacilityKind.ELIGIBILITY_ONLY,
        staff_missing=STAFF_MISSING.format(institution="g.institution_code", **_PLACES),
        may_ask=MAY_ASK,
        fitting=fitting,
        withheld=withheld,
        count=COUNT_MISSES.format(missed=missed, may_ask=MAY_ASK),
        overtaken=OVERTAKEN,
        recorded=RECORDED.format(kind="disaster.permit", **_PLACES),
        permitted=PERMITTED.format(
            basis=Basis.DISASTER, until=f"least(now + {LONGEST}, closes_at)", **_PLACES
        ),
    )


BY_ITEMS = _statement(_BY_ITEMS, _WITHHELD)
BY_MEMBERSHIP = _statement(_BY_MEMBERSHIP, PROTECTED.format(person_key="f.person_key", now="a.now"))
"""Parameters: the asking gate's four; role, operator, a refusal known before, categories, permit, what the patient said;
then those of the search.
"""


async def search(
    database: Database,
    caller: Caller,
    request: DisasterSearch,
    permit_id: UUID,
    *,
    refusal: str | None,
    limits: tuple[int, int],
) -> Any:
    """Permit to look at whom the search finds, or not; on record unless no miss is left.

    A row with the columns of a `Turn`, `outcome`, `record_id`, `given_at`, `until`.
    """
    parameters: list[Any] = [
        caller.client_id,
        RIGHT_FOR[Basis.DISASTER].value,
        *limits,
        request.role.value,
        request.operator,
        refusal,
        [category.value for category in request.categories],
        permit_id,
        request.consent,
    ]
    if request.membership is not None:
        [row] = await database.fetch(BY_MEMBERSHIP, [*parameters, *membership_parameters(request.membership)])
    else:
        [row] = await database.fetch(BY_ITEMS, [*parameters, *_items(request)])
    return row


def _items(request: DisasterSearch) -> list[Any]:
    """The parameters of `_BY_ITEMS`: her items as they are compared."""
    assert request.sex is not None and request.address is not None  # noqa: PT018 - the model says so
    return [
        request.birth_date,
        request.sex.value,
        folded_text(request.name) if request.name is not None else None,
        folded_text(normalize_kana(request.name_kana)) if request.name_kana is not None else None,
        folded_text(request.address),
    ]
