"""SQL of an insurer's look at its own members: found by number, and every version of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.member_items import MEMBER_ITEMS

_ITEMS = ", ".join(f"e.{item.name}" for item in MEMBER_ITEMS)

# By the key of memberships (insurer and number), then the versions of each member by its own.
_SEARCH = text("""
SELECT t.enrolment_id::text AS enrolment_id, v.*
FROM (SELECT entitlement, enrolment_id, symbol_key, branch_key, birth_date
      FROM entitlement
      WHERE insurer_number = :insurer AND number_key = :number
        AND (symbol_key = :symbol OR :symbol = '') AND (branch_key = :branch OR :branch = '')
        AND (birth_date = CAST(:birth_date AS date) OR CAST(:birth_date AS date) IS NULL)
      ORDER BY symbol_key, birth_date, branch_key
      LIMIT :limit) t
CROSS JOIN LATERAL (
    SELECT e.symbol, e.number, e.branch, e.birth_date, e.name, e.name_kana, e.acquired_on, e.lost_on,
           c.revision IS NOT NULL AS withdrawn
    FROM (SELECT * FROM enrolment x WHERE x.entitlement = t.entitlement OFFSET 0) e
    JOIN revision o ON o.revision = e.opened_by AND o.published_at <= now()
    LEFT JOIN revision c ON c.revision = e.closed_by AND c.published_at <= now()
    WHERE e.closed_by IS DISTINCT FROM e.opened_by
    ORDER BY c.revision IS NOT NULL, e.acquired_on DESC, e.version DESC
    LIMIT 1
) v
ORDER BY t.symbol_key, t.branch_key, t.birth_date
""")

_VERSIONS = text(f"""
SELECT t.entitlement, o.published_at AS known_from, c.published_at AS known_until, o.kind, e.person_key, e.register_match,
       e.mismatch, {_ITEMS}
FROM (SELECT entitlement FROM entitlement WHERE enrolment_id = :enrolment_id AND insurer_number = :insurer) t
CROSS JOIN LATERAL (SELECT * FROM enrolment x WHERE x.entitlement = t.entitlement OFFSET 0) e
JOIN revision o ON o.revision = e.opened_by AND o.published_at <= now()
LEFT JOIN revision c ON c.revision = e.closed_by AND c.published_at <= now()
WHERE e.closed_by IS DISTINCT FROM e.opened_by
ORDER BY o.published_at, e.version
LIMIT :limit
""")  # noqa: S608 - columns of ours


async def search(
    connection: AsyncConnection, insurer_number: str, values: dict[str, Any], limit: int
) -> Sequence[Row[Any]]:
    """Members with this number and, where given, this symbol, branch and birth date, each with one version."""
    return (await connection.execute(_SEARCH, values | {"insurer": insurer_number, "limit": limit})).all()


async def versions(
    connection: AsyncConnection, insurer_number: str, enrolment_id: UUID, limit: int
) -> Sequence[Row[Any]]:
    """The published versions of an insurer's member, by publication."""
    values = {"insurer": insurer_number, "enrolment_id": enrolment_id, "limit": limit}
    return (await connection.execute(_VERSIONS, values)).all()
