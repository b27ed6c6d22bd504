"""Contested links: an insurer alone cannot close the card of a person whom another insurer insures (rule R7).

Such a change is not linked to the person; it waits in the insurer's mismatch queue for another of its keys. The
other insurer sees which of its members is concerned, but not by whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.database.plans import join_as_written
from eligibility_api.enrolment.decision import Decision, NewVersion
from eligibility_api.enrolment.linking import Link, closes_card, contested

INSURED_ELSEWHERE = """
WITH insuring AS (
    SELECT t.insurer_number, o.entitlement, o.self_disclosure_blocked, (
        SELECT min(v.opened_by) FROM enrolment v
        WHERE v.entitlement = o.entitlement AND v.person_key = o.person_key AND v.acquired_on = o.acquired_on
          AND v.opened_by > coalesce((
              SELECT max(u.opened_by) FROM enrolment u
              WHERE u.entitlement = o.entitlement AND u.acquired_on = o.acquired_on
                AND u.lost_on <= (now() AT TIME ZONE 'Asia/Tokyo')::date), 0)) AS since
    FROM enrolment o
    JOIN entitlement t ON t.entitlement = o.entitlement
    JOIN revision opened ON opened.revision = o.opened_by AND opened.published_at IS NOT NULL
    LEFT JOIN revision closed ON closed.revision = o.closed_by
    WHERE o.person_key = {person_key} AND closed.published_at IS NULL
      AND (o.lost_on IS NULL OR o.lost_on > (now() AT TIME ZONE 'Asia/Tokyo')::date)
)
SELECT array_agg(DISTINCT entitlement) FILTER (
    WHERE since < (SELECT coalesce(min(since), 9223372036854775807) FROM insuring WHERE insurer_number = :insurer))
FROM insuring WHERE insurer_number <> :insurer
HAVING NOT bool_or(self_disclosure_blocked)
"""
"""The entitlements of other insurers that insure a person (an SQL expression), today or later, for longer.

An insurer has insured her since the revision that enrolled her for the present period, or that reopened the
period after its end. Null if there is no such insurer, or if another one has closed the card by its own block.
"""

_OTHERS = text(INSURED_ELSEWHERE.format(person_key=":person_key"))

_TODAY = text("SELECT (now() AT TIME ZONE 'Asia/Tokyo')::date")

_NOTIFY = text("""
INSERT INTO contested_claim (insurer_number, entitlement, revision)
SELECT insurer_number, entitlement, :revision FROM entitlement WHERE entitlement = ANY (CAST(:others AS bigint[]))
""")


async def contest(
    connection: AsyncConnection, insurer_number: str, decision: Decision, revision: int
) -> Decision:
    """Return the decision without the links that are contested, and notify the insurers concerned."""
    return decision.with_links(
        [await _contest_link(connection, insurer_number, decision, new, revision) for new in decision.open]
    )


async def _contest_link(
    connection: AsyncConnection, insurer_number: str, decision: Decision, new: NewVersion, revision: int
) -> Link:
    was_blocked = any(
        former.content["self_disclosure_blocked"] and former.link.person_key == new.link.person_key
        for former in decision.close
    )
    blocked, ended = new.content["self_disclosure_blocked"], await _has_ended(connection, new)
    if not closes_card(new.link, ended=ended, blocked=blocked, was_blocked=was_blocked):
        return new.link
    await join_as_written(connection)
    named = {"person_key": new.link.person_key, "insurer": insurer_number}
    others: Sequence[int] | None = (await connection.execute(_OTHERS, named)).scalar_one_or_none()
    if not others:
        return new.link
    await connection.execute(_NOTIFY, {"others": list(others), "revision": revision})
    return contested(new.link)


async def _has_ended(connection: AsyncConnection, new: NewVersion) -> bool:
    lost_on: date | None = new.content["lost_on"]
    return lost_on is not None and lost_on <= (await connection.execute(_TODAY)).scalar_one()
