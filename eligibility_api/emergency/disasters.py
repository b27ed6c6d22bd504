"""SQL of disasters: the fund's operator opens disaster mode for areas; it closes by itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log.acts import record_act
from eligibility_api.platform.errors import OperatorError

_COLUMNS = "disaster_id, areas, reason, opened_by, opened_at, closes_at, closed_at"

OPEN_DISASTER = """
    LEFT JOIN LATERAL (
        SELECT disaster_id, closes_at FROM disaster
        WHERE areas && {areas}::text[] AND opened_at <= {now} AND {now} < closes_at AND closed_at IS NULL
        ORDER BY closes_at DESC LIMIT 1
    ) d ON true
"""
"""The disaster `d` that is open at an instant for one of a facility's areas (`domain.areas`), or nulls."""

_OPEN = text(f"""
INSERT INTO disaster (areas, reason, opened_by, opened_at, closes_at)
SELECT :areas, :reason, :by, now, now + CAST(:lasts AS interval) FROM (SELECT window_clock() AS now) w
RETURNING {_COLUMNS}
""")  # noqa: S608 - constants of the store, no values

_STILL_OPEN = "disaster_id = :disaster_id AND closed_at IS NULL AND closes_at > window_clock()"

_EXTEND = text(f"""
UPDATE disaster SET closes_at = closes_at + CAST(:by_time AS interval) WHERE {_STILL_OPEN} RETURNING {_COLUMNS}
""")  # noqa: S608

_CLOSE = text(f"UPDATE disaster SET closed_at = window_clock() WHERE {_STILL_OPEN} RETURNING {_COLUMNS}")  # noqa: S608

_ALL = text(f"""
SELECT {_COLUMNS}, closed_at IS NULL AND closes_at > window_clock() AS open FROM disaster ORDER BY disaster_id
""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class Opening:
    """A disaster to open: its areas (`domain.areas`), duration and reason."""

    areas: Sequence[str]
    lasts: timedelta
    reason: str


async def open_disaster(connection: AsyncConnection, opening: Opening, by: str) -> Row[Any]:
    """Open disaster mode from this instant on. Returns the disaster, as it is listed."""
    values = {"areas": list(opening.areas), "lasts": opening.lasts, "reason": opening.reason}
    row = (await connection.execute(_OPEN, values | {"by": by})).one()
    await _record(connection, "disaster.opened", row, by)
    return row


async def extend(connection: AsyncConnection, disaster_id: int, by_time: timedelta, by: str) -> Row[Any]:
    """Extend a disaster by a time. Raises OperatorError if it is not open."""
    values = {"disaster_id": disaster_id, "by_time": by_time}
    row = (await connection.execute(_EXTEND, values)).one_or_none()
    return await _done(connection, "disaster.extended", row, by)


async def close(connection: AsyncConnection, disaster_id: int, by: str) -> Row[Any]:
    """Close a disaster at once: its permits no longer grant access.

    Raises OperatorError if it is not open.
    """
    row = (await connection.execute(_CLOSE, {"disaster_id": disaster_id})).one_or_none()
    return await _done(connection, "disaster.closed", row, by)


async def all_disasters(connection: AsyncConnection) -> Sequence[Row[Any]]:
    """All disasters, the oldest first, and whether each is open now."""
    return (await connection.execute(_ALL)).all()


async def _done(connection: AsyncConnection, kind: str, row: Row[Any] | None, by: str) -> Row[Any]:
    if row is None:
        raise OperatorError(
            "There is no open disaster with this number; open a new one with `disaster open`."
        )
    await _record(connection, kind, row, by)
    return row


async def _record(connection: AsyncConnection, kind: str, row: Row[Any], by: str) -> None:
    detail = json.loads(json.dumps(dict(row._mapping), default=str))
    await record_act(connection, kind, detail, operator=by)
