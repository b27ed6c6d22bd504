"""What an insurer has said of persons who are spelled otherwise: a word for all their memberships there (rule R9).

Except for those that it has unlinked from the person: each of them needs a word of its own.
"""

from __future__ import annotations

import json

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.database.plans import join_as_written
from eligibility_api.enrolment.decision import Decision, NewVersion
from eligibility_api.enrolment.linking import (
    Link,
    is_variant_waiting,
    link_after_former_confirmation,
    variant_of,
)

CONFIRMED_BEFORE = """
(EXISTS (
    SELECT FROM enrolment w
    JOIN entitlement wt ON wt.entitlement = w.entitlement
    JOIN revision wo ON wo.revision = w.opened_by AND wo.published_at IS NOT NULL
    LEFT JOIN revision wc ON wc.revision = w.closed_by
    WHERE w.person_key = {person_key} AND w.register_match = 'variant' AND w.mismatch = 'confirmed'
      AND wt.insurer_number = :insurer AND wc.published_at IS NULL AND {differences} <@ w.differences
) AND NOT EXISTS (
    SELECT FROM unlinked_person u WHERE u.entitlement = {entitlement} AND u.person_key = {person_key}
))
"""
"""Whether the insurer has confirmed a person with these differences, or with more, for a membership (SQL expressions).

By what is known now: not of a membership that it has unlinked, corrected or withdrawn since, nor for one that it has
unlinked from her.
"""

_CONFIRMED_BEFORE = text(
    "SELECT "
    + CONFIRMED_BEFORE.format(
        person_key=":person_key", differences="CAST(:differences AS jsonb)", entitlement=":entitlement"
    )
)

_UNLINK = text("INSERT INTO unlinked_person VALUES (:entitlement, :person_key) ON CONFLICT DO NOTHING")

_LINK = text("DELETE FROM unlinked_person WHERE entitlement = :entitlement AND person_key = :person_key")

CARRY_UNLINKED = text("""
INSERT INTO unlinked_person SELECT :kept, person_key FROM unlinked_person WHERE entitlement = :former
ON CONFLICT DO NOTHING
""")
"""Persons from whom a membership was unlinked, for another number of the same member."""


async def take_over(connection: AsyncConnection, insurer_number: str, decision: Decision) -> Decision:
    """Return the decision with the links that wait for no word, because the insurer has given it before."""
    await _carry(connection, decision)
    return decision.with_links([await _link(connection, insurer_number, new) for new in decision.open])


async def keep_unlinked(connection: AsyncConnection, decision: Decision) -> None:
    """Remember from whom the decision unlinked its member: a word for another membership of hers does not count."""
    for former in decision.close:
        if (person_key := variant_of(former.link)) is not None:
            named = {"entitlement": former.entitlement, "person_key": person_key}
            await connection.execute(_UNLINK, named)


async def keep_linked(connection: AsyncConnection, decision: Decision) -> None:
    """Forget that the member was unlinked from the person to whom the insurer's confirmation links her."""
    for new in decision.open:
        if new.link.person_key is not None:
            named = {"entitlement": new.entitlement, "person_key": new.link.person_key}
            await connection.execute(_LINK, named)


async def _carry(connection: AsyncConnection, decision: Decision) -> None:
    """The member's other number is as little the person's as the former one was."""
    for former in decision.close:
        for new in decision.open:
            if former.entitlement != new.entitlement:
                both = {"former": former.entitlement, "kept": new.entitlement}
                await connection.execute(CARRY_UNLINKED, both)


async def _link(connection: AsyncConnection, insurer_number: str, new: NewVersion) -> Link:
    if not is_variant_waiting(new.link):
        return new.link
    await join_as_written(connection)
    asked = {
        "person_key": variant_of(new.link),
        "insurer": insurer_number,
        "differences": json.dumps([each.model_dump(mode="json") for each in new.link.differences]),
        "entitlement": new.entitlement,
    }
    confirmed = (await connection.execute(_CONFIRMED_BEFORE, asked)).scalar_one()
    return link_after_former_confirmation(new.link) if confirmed else new.link
