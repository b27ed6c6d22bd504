"""The SQL of enrolment: entitlements, their versions, and the revisions that open and close them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import any_, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit.tables import AuditRecord
from eligibility_api.contract.codes import Right
from eligibility_api.enrolment.tables import EnrolmentVersion, Entitlement, Revision
from eligibility_api.facilities.tables import Client, Insurer
from eligibility_api.platform.tables import table_of

CLIENT = table_of(Client)
INSURER = table_of(Insurer)
ENTITLEMENT = table_of(Entitlement)
VERSION = table_of(EnrolmentVersion)
REVISION = table_of(Revision)
RECORD = table_of(AuditRecord)

Membership = dict[str, Any]
"""The columns that name an entitlement: insurer number, the three comparison keys, birth date."""


async def admitted_as(connection: AsyncConnection, client_id: UUID, right: Right) -> str | None:
    """The name of the insurer for which the client is still admitted with `right`; None where it is not."""
    statement = (
        select(INSURER.c.name)
        .join(CLIENT, CLIENT.c.insurer_number == INSURER.c.insurer_number)
        .where(
            CLIENT.c.client_id == client_id,
            CLIENT.c.closed_at.is_(None),
            literal(right.value) == any_(CLIENT.c.rights),
        )
    )
    return (await connection.execute(statement)).scalar_one_or_none()


async def add_entitlement(connection: AsyncConnection, membership: Membership) -> tuple[int, UUID]:
    """The entitlement of this membership, made if it is new, locked against other changes until the commit."""
    await connection.execute(upsert(ENTITLEMENT).values(**membership).on_conflict_do_nothing())
    found = await find_entitlement(connection, membership)
    assert found is not None  # inserted just now, and entitlements are never deleted
    return found


async def find_entitlement(connection: AsyncConnection, membership: Membership) -> tuple[int, UUID] | None:
    """The entitlement of this membership, locked against other changes until the commit, or None."""
    conditions = [ENTITLEMENT.c[name] == value for name, value in membership.items()]
    statement = select(ENTITLEMENT.c.entitlement, ENTITLEMENT.c.enrolment_id).where(*conditions)
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return None
    # An advisory lock: a row lock would need the right to change what never changes.
    await connection.execute(select(func.pg_advisory_xact_lock(row.entitlement)))
    return row.entitlement, row.enrolment_id


async def prepare_revision(connection: AsyncConnection, insurer_number: str, client_id: UUID) -> int:
    """A revision that shows nothing yet."""
    statement = insert(REVISION).values(insurer_number=insurer_number, client_id=client_id)
    return int((await connection.execute(statement.returning(REVISION.c.revision))).scalar_one())


async def publish_revision(connection: AsyncConnection, revision: int) -> datetime:
    """Fix the revision's instant. The last statement before the commit, so that little lies between the two."""
    statement = (
        update(REVISION)
        .where(REVISION.c.revision == revision)
        .values(published_at=func.clock_timestamp())
        .returning(REVISION.c.published_at)
    )
    published_at: datetime = (await connection.execute(statement)).scalar_one()
    return published_at


async def open_version(connection: AsyncConnection, values: dict[str, Any]) -> None:
    """Add a version. Raises sqlalchemy's IntegrityError where the entitlement already holds on one of its days."""
    await connection.execute(insert(VERSION).values(**values))


async def open_ended(connection: AsyncConnection, entitlement: int, lost_on: date) -> Row[Any] | None:
    """The current version of an entitlement that runs beyond `lost_on` and had begun before it."""
    statement = select(VERSION).where(
        VERSION.c.entitlement == entitlement,
        VERSION.c.closed_by.is_(None),
        VERSION.c.acquired_on < lost_on,
        (VERSION.c.lost_on.is_(None)) | (VERSION.c.lost_on > lost_on),
    )
    return (await connection.execute(statement)).one_or_none()


async def close_version(connection: AsyncConnection, version: int, revision: int) -> None:
    """Close a version: from this revision on it is no longer what the fund knows."""
    statement = update(VERSION).where(VERSION.c.version == version).values(closed_by=revision)
    await connection.execute(statement)


async def record(connection: AsyncConnection, values: dict[str, Any]) -> None:
    """Append to the audit record."""
    await connection.execute(insert(RECORD).values(**values))
