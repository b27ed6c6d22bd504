"""SQL of the owners' calls about their webhooks, as the role `shikaku_api`, and of the operator's list of targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.webhooks import EventType
from eligibility_api.database.columns import table_of
from eligibility_api.webhooks.tables import WebhookDelivery, WebhookRow, WebhookTarget

TARGET = table_of(WebhookTarget)
WEBHOOK = table_of(WebhookRow)
DELIVERY = table_of(WebhookDelivery)

_RECORD = text("""
INSERT INTO audit_record (kind, outcome, client_id, insurer_number, institution_code, detail)
VALUES (:kind, 'done', :client_id, :insurer_number, :institution_code, CAST(:detail AS jsonb))
""")

_LATEST = text("""
SELECT d.type, d.occurred_at, d.data, d.state, d.attempts, d.last_result, w.url,
       coalesce(w.insurer_number, w.institution_code) AS owner
FROM (SELECT * FROM webhook_delivery WHERE delivery_id > 0 ORDER BY delivery_id DESC LIMIT :limit) d
JOIN webhook w ON w.webhook_id = d.webhook_id
ORDER BY d.delivery_id DESC
""")

_SHOWN = (
    WEBHOOK.c.webhook_id,
    WEBHOOK.c.url,
    WEBHOOK.c.events,
    WEBHOOK.c.format,
    WEBHOOK.c.created_at,
    WEBHOOK.c.disabled_at,
    WEBHOOK.c.disabled_because,
    WEBHOOK.c.former_until,
)
"""What an owner sees."""


def _own(caller: Caller) -> tuple[ColumnElement[bool], ...]:
    """The condition of the caller's own webhooks."""
    if caller.insurer_number is not None:
        owner = WEBHOOK.c.insurer_number == caller.insurer_number
    else:
        owner = WEBHOOK.c.institution_code == caller.institution()
    return (owner, WEBHOOK.c.deleted_at.is_(None))


async def lock_owner(connection: AsyncConnection, caller: Caller) -> None:
    """Let the owner make one webhook at a time, so that its limit holds."""
    name = f"webhooks {caller.insurer_number or caller.institution()}"
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


async def own(connection: AsyncConnection, caller: Caller) -> Sequence[Any]:
    """The caller's webhooks, oldest first."""
    statement = select(*_SHOWN).where(*_own(caller)).order_by(WEBHOOK.c.created_at)
    return (await connection.execute(statement)).all()


async def lock(connection: AsyncConnection, caller: Caller, webhook_id: UUID) -> Any:
    """One of the caller's webhooks with its secret, locked until the commit; None if there is none."""
    statement = (
        select(*_SHOWN, WEBHOOK.c.secret)
        .where(WEBHOOK.c.webhook_id == webhook_id, *_own(caller))
        .with_for_update()
    )
    return (await connection.execute(statement)).one_or_none()


async def add(connection: AsyncConnection, values: dict[str, Any]) -> None:
    """Store a new webhook."""
    await connection.execute(insert(WEBHOOK).values(**values))


async def change(connection: AsyncConnection, webhook_id: UUID, values: dict[str, Any]) -> None:
    """Change a webhook."""
    await connection.execute(update(WEBHOOK).where(WEBHOOK.c.webhook_id == webhook_id).values(**values))


async def add_test(connection: AsyncConnection, webhook_id: UUID) -> UUID:
    """Let an event of the type `test` wait for a webhook that is locked. Returns its id."""
    values = {"webhook_id": webhook_id, "type": EventType.TEST, "occurred_at": func.now(), "data": {}}
    statement = insert(DELIVERY).values(**values).returning(DELIVERY.c.event_id)
    event_id: UUID = (await connection.execute(statement)).scalar_one()
    await change(connection, webhook_id, {"next_at": func.coalesce(WEBHOOK.c.next_at, func.now())})
    return event_id


async def waiting(connection: AsyncConnection, webhook_id: UUID, limit: int) -> int:
    """How many events wait for a webhook, counted up to `limit`."""
    rows = (
        select(DELIVERY.c.delivery_id)
        .where(DELIVERY.c.webhook_id == webhook_id, DELIVERY.c.state == "waiting")
        .limit(limit)
        .subquery()
    )
    return int((await connection.execute(select(func.count()).select_from(rows))).scalar_one())


async def failures(connection: AsyncConnection, webhook_id: UUID, before: int, limit: int) -> Sequence[Any]:
    """What failed of a webhook, newest first, older than the delivery `before`."""
    statement = (
        select(DELIVERY)
        .where(
            DELIVERY.c.webhook_id == webhook_id, DELIVERY.c.state == "failed", DELIVERY.c.delivery_id < before
        )
        .order_by(DELIVERY.c.delivery_id.desc())
        .limit(limit)
    )
    return (await connection.execute(statement)).all()


async def latest(connection: AsyncConnection, limit: int) -> Sequence[Any]:
    """The latest events of all webhooks, newest first, each with its owner and target."""
    return (await connection.execute(_LATEST, {"limit": limit})).all()


async def record(connection: AsyncConnection, caller: Caller, kind: str, detail: str) -> None:
    """Append the audit record of what the caller did. `detail`: JSON."""
    values = {
        "kind": kind,
        "client_id": caller.client_id,
        "insurer_number": caller.insurer_number,
        "institution_code": caller.institution_code,
        "detail": detail,
    }
    await connection.execute(_RECORD, values)


async def target_entries(connection: AsyncConnection) -> dict[str, bool]:
    """The list of targets: each entry, and whether it allows addresses of the operator's own network."""
    rows = await connection.execute(select(TARGET.c.entry, TARGET.c.private).order_by(TARGET.c.entry))
    return {row.entry: row.private for row in rows}


async def allow_target(connection: AsyncConnection, entry: str, *, private: bool) -> None:
    """Put an entry on the list, or change it."""
    statement = upsert(TARGET).values(entry=entry, private=private)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["entry"], set_={"private": private})
    )


async def forbid_target(connection: AsyncConnection, entry: str) -> bool:
    """Take an entry off the list; returns whether it was there."""
    return bool((await connection.execute(delete(TARGET).where(TARGET.c.entry == entry))).rowcount)
