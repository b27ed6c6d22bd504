"""What an insurer has confirmed of a person who is spelled otherwise holds for all her memberships there (rule R8)."""

from __future__ import annotations

import json

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.database.plans import join_as_written
from eligibility_api.enrolment.decision import Decision
from eligibility_api.enrolment.linking import (
    Link,
    is_variant_waiting,
    link_after_former_confirmation,
    variant_of,
)

CONFIRMED_BEFORE = """
EXISTS (
    SELECT FROM enrolment w
    JOIN entitlement wt ON wt.entitlement = w.entitlement
    JOIN revision wo ON wo.revision = w.opened_by AND wo.published_at IS NOT NULL
    LEFT JOIN revision wc ON wc.revision = w.closed_by
    WHERE w.person_key = {person_key} AND w.register_match = 'variant' AND w.mismatch = 'confirmed'
      AND wt.insurer_number = :insurer AND wc.published_at IS NULL AND {differences} <@ w.differences
)
"""
"""Whether the insurer has confirmed a person with these differences, or with more (both are SQL expressions).

By what is known now: not of a membership that it has unlinked, corrected or withdrawn since.
"""

_CONFIRMED_BEFORE = text(
    "SELECT " + CONFIRMED_BEFORE.format(person_key=":person_key", differences="CAST(:differences AS jsonb)")
)


async def take_over(connection: AsyncConnection, insurer_number: str, decision: Decision) -> Decision:
    """Return the decision with the links that wait for no word, because the insurer has given it before."""
    return decision.with_links([await _link(connection, insurer_number, new.link) for new in decision.open])


async def _link(connection: AsyncConnection, insurer_number: str, link: Link) -> Link:
    if not is_variant_waiting(link):
        return link
    await join_as_written(connection)
    differences = json.dumps([each.model_dump(mode="json") for each in link.differences])
    asked = {"person_key": variant_of(link), "insurer": insurer_number, "differences": differences}
    confirmed = (await connection.execute(_CONFIRMED_BEFORE, asked)).scalar_one()
    return link_after_former_confirmation(link) if confirmed else link
