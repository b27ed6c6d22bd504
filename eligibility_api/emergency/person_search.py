"""SQL of a person search in disaster mode: one statement searches, counts a miss, answers and records.

By a membership it is the look-up by number. By personal items it searches by birth date, through the index
`entitlement_born_on`, and compares values folded as by `domain.text.folded_text`. A protected person's
address is not compared: the outcome must not reveal whether it was right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eligibility_api.clients.caller import Caller
from eligibility_api.consent.access_check import PROTECTED, RIGHT_FOR
from eligibility_api.contract.characters import normalize_kana
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.emergency import DisasterSearch
from eligibility_api.contract.facility_kinds import MEDICAL_KINDS
from eligibility_api.database.connections import Database
from eligibility_api.domain.areas import areas_of
from eligibility_api.domain.text import HYPHENS, folded_text
from eligibility_api.eligibility.by_number import MATCHING_ENROLMENTS, membership_values
from eligibility_api.eligibility.misses import COUNT_MISSES, LOOK_UP_CHECK, MAY_LOOK_UP, OVER_LIMIT
from eligibility_api.eligibility.versions import ENROLMENT_COLUMNS, VERSIONS_READ
from eligibility_api.emergency.disasters import OPEN_DISASTER
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED
from eligibility_api.platform.sql import Statement

_STATEMENT = """
WITH {guard},
asking AS MATERIALIZED (
    SELECT g.*, w.now, d.disaster_id, CASE
        WHEN g.facility_kind <> ALL ('{{{medical_kinds}}}') THEN 'right-missing'
        WHEN d.disaster_id IS NULL THEN 'disaster-mode-off' END AS refusal
    FROM guard g
    CROSS JOIN (SELECT window_clock() AS now) w
    {open_disaster}
    WHERE {may_ask}
),
{fitting},
decided AS MATERIALIZED (
    SELECT a.*, CASE WHEN f.persons = 1 THEN f.person_key END AS person_key, f.matched_entitlements, CASE
        WHEN refusal IS NOT NULL THEN refusal
        WHEN f.persons = 0 THEN 'disaster-not-found'
        WHEN f.persons > 1 THEN 'disaster-several-found'
        WHEN f.person_key IS NULL OR {withheld} THEN 'card-not-usable'
        ELSE 'answered' END AS outcome
    FROM asking a
    CROSS JOIN (
        SELECT count(DISTINCT coalesce(person_key, int8send(entitlement))) AS persons, min(person_key) AS person_key,
               array_agg(DISTINCT entitlement) AS matched_entitlements
        FROM fitting
    ) f
),
reading AS MATERIALIZED (
    SELECT {columns}, NULL AS tickets
    FROM decided s JOIN enrolment e ON e.person_key = s.person_key {known_now}
    WHERE s.outcome = 'answered' AND {not_superseded} AND e.acquired_on <= {today} AND coalesce(e.lost_on > {today}, true)
),
{count},
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, person_key,
                              matched_entitlements, as_of, enrolments, detail)
    SELECT 'disaster.search', outcome, :client_id, institution_code, facility_kind, :operator, person_key, matched_entitlements, {today},
           {versions_read}, jsonb_strip_nulls(jsonb_build_object('disaster_id', disaster_id))
    FROM decided
    RETURNING record_id
)
SELECT g.*, {over_limit} AS over_limit, m.streak, s.outcome, {today} AS today, r.record_id, e.*
FROM guard g
LEFT JOIN counted m ON true
LEFT JOIN decided s ON true
LEFT JOIN recorded r ON true
LEFT JOIN reading e ON true
"""

_TODAY = "(SELECT (now AT TIME ZONE 'Asia/Tokyo')::date FROM asking)"

_MAY_SEARCH = "EXISTS (SELECT FROM asking WHERE refusal IS NULL)"


def _folded(column: str) -> str:
    """The SQL equivalent of `domain.text.folded_text` for a column."""
    normalized = f"normalize(replace(normalize({column}, NFKC), ' ', ''), NFKC)"
    return f"translate({normalized}, '{HYPHENS}', '{'-' * len(HYPHENS)}')"


_WITHHELD = f"""EXISTS (
            SELECT FROM enrolment e {KNOWN_NOW}
            WHERE e.person_key = f.person_key AND {NOT_SUPERSEDED}
              AND (e.nondisclosure OR e.self_disclosure_blocked OR e.mismatch = 'open')
            -- For each person found: without it, all protected persons could be read at once, and compared.
            OFFSET 0
        )"""
"""SQL condition: the address of `f` is withheld (S2), or the person is protected, in any known version."""

_BY_ITEMS = f"""
born AS MATERIALIZED (
    -- Without permission to search there is no day, and nothing is read.
    SELECT entitlement FROM entitlement WHERE birth_date = (SELECT :birth_date::date FROM asking WHERE refusal IS NULL)
),
named AS MATERIALIZED (
    SELECT e.entitlement, e.person_key, e.address
    FROM born
    CROSS JOIN LATERAL (SELECT * FROM enrolment v WHERE v.entitlement = born.entitlement OFFSET 0) e
    {KNOWN_NOW}
    WHERE {NOT_SUPERSEDED} AND e.sex = :sex AND e.acquired_on <= {_TODAY} AND coalesce(e.lost_on > {_TODAY}, true)
      AND (:name::text IS NULL OR :name IN ({_folded("e.name")}, {_folded("e.name_alias")}))
      AND (:name_kana::text IS NULL OR :name_kana IN ({_folded("e.name_kana")}, {_folded("e.name_alias_kana")}))
),
fitting AS MATERIALIZED (
    SELECT f.* FROM named f WHERE {_folded("f.address")} = :address::text OR {_WITHHELD}
)
"""  # noqa: S608 - constants of the store, no values
"""The persons insured on the day with these items; name or kana may be null."""

_BY_MEMBERSHIP = MATCHING_ENROLMENTS.format(
    known=KNOWN_NOW,
    not_superseded=NOT_SUPERSEDED,
    may_ask=_MAY_SEARCH,
)


def _statement(fitting: str, withheld: str) -> Statement:
    missed = "SELECT (outcome IN ('disaster-not-found', 'card-not-usable'))::integer FROM decided"
    source = _STATEMENT.format(
        guard=LOOK_UP_CHECK,
        medical_kinds=",".join(sorted(MEDICAL_KINDS)),
        open_disaster=OPEN_DISASTER.format(areas=":areas", now="w.now"),
        may_ask=MAY_LOOK_UP,
        fitting=fitting,
        withheld=withheld,
        columns=ENROLMENT_COLUMNS,
        known_now=KNOWN_NOW,
        not_superseded=NOT_SUPERSEDED,
        today=_TODAY,
        versions_read=VERSIONS_READ,
        count=COUNT_MISSES.format(missed=missed, may_ask=MAY_LOOK_UP),
        over_limit=OVER_LIMIT,
    )
    return Statement.of(source)


BY_ITEMS = _statement(_BY_ITEMS, _WITHHELD)
BY_MEMBERSHIP = _statement(_BY_MEMBERSHIP, PROTECTED.format(person_key="f.person_key", now="a.now"))
"""The statements by personal items and by membership."""


async def search(
    database: Database, caller: Caller, request: DisasterSearch, limits: tuple[int, int]
) -> Sequence[Any]:
    """Search a person, or refuse it; recorded unless no miss is left.

    Returns at least one row with the columns of a `LookUpQuota`, `outcome`, `today`, `record_id`; and of the person
    found, one for each of her enrolments whose days include today (`version` is null if there is none).
    """
    terminal_limit, facility_limit = limits
    searched = membership_values(request.membership) if request.membership is not None else _items(request)
    values: dict[str, Any] = {
        "client_id": caller.client_id,
        "right": RIGHT_FOR[Basis.DISASTER].value,
        "terminal_limit": terminal_limit,
        "facility_limit": facility_limit,
        "operator": request.operator,
        "areas": list(areas_of(caller.institution())),
        **searched,
    }
    statement = BY_ITEMS if request.membership is None else BY_MEMBERSHIP
    return await database.fetch(statement.text, statement.parameters(values))


def _items(request: DisasterSearch) -> dict[str, Any]:
    """The parameters of `_BY_ITEMS`: the items, folded for comparison."""
    assert request.sex is not None and request.address is not None  # noqa: PT018 - validated by the model
    return {
        "birth_date": request.birth_date,
        "sex": request.sex.value,
        "name": folded_text(request.name) if request.name is not None else None,
        "name_kana": folded_text(normalize_kana(request.name_kana))
        if request.name_kana is not None
        else None,
        "address": folded_text(request.address),
    }
