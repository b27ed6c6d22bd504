"""SQL of enrolment: entitlements, their versions, and the revisions that open and close them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import any_, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log.tables import AuditRecord
from eligibility_api.clients.tables import Client, Insurer
from eligibility_api.contract.codes import Right
from eligibility_api.database.columns import table_of
from eligibility_api.enrolment.tables import VERSION, Entitlement, Revision

CLIENT = table_of(Client)
INSURER = table_of(Insurer)
ENTITLEMENT = table_of(Entitlement)
REVISION = table_of(Revision)
RECORD = table_of(AuditRecord)

SINGLE_LEAD = timedelta(milliseconds=25)
"""Time between fixing the instant of a single change and its visibility; the commit must happen within it."""

_INSURER_LOCKS = 1
"""Class of the advisory locks on insurers; locks on entitlements use the one-number key space."""

PUBLISHING_LOCKS = 2
"""Class of the advisory locks, by insurer, that publishers share from fixing an instant to the commit."""

_HOLD_PUBLISHING = text(f"""
SELECT pg_advisory_xact_lock_shared({PUBLISHING_LOCKS}, hashtext(r.insurer_number)),
       (SELECT max(published_at) + interval '1 microsecond' FROM revision f
        WHERE f.insurer_number = r.insurer_number) AS after_former
FROM revision r WHERE r.revision = :revision
""")  # noqa: S608 - a number of ours

# The entitlement's versions by its key, before anything else is asked of them.
_OF_ENTITLEMENT = (
    "(SELECT version, opened_by, closed_by FROM enrolment WHERE entitlement = :entitlement OFFSET 0)"
)

_DISCARD_OPENED = text(f"""
UPDATE enrolment SET closed_by = opened_by WHERE version = ANY (ARRAY(
    SELECT version FROM {_OF_ENTITLEMENT} v
    WHERE closed_by IS NULL AND (SELECT published_at FROM revision r WHERE r.revision = v.opened_by) IS NULL))
""")  # noqa: S608 - a part of ours

_REOPEN_CLOSED = text(f"""
UPDATE enrolment SET closed_by = NULL WHERE version = ANY (ARRAY(
    SELECT version FROM {_OF_ENTITLEMENT} v
    WHERE closed_by <> opened_by AND (SELECT published_at FROM revision r WHERE r.revision = v.closed_by) IS NULL))
""")  # noqa: S608 - a part of ours

_OPENED, _CLOSED = REVISION.alias("o"), REVISION.alias("c")


class Published(NamedTuple):
    """The instant from which a revision is visible, and how far ahead it was when it was fixed."""

    at: datetime
    ahead: timedelta


Membership = dict[str, Any]
"""The columns that identify an entitlement: insurer number, the three comparison keys, birth date."""


async def admitted_insurer_name(connection: AsyncConnection, client_id: UUID, right: Right) -> str | None:
    """Return the name of the client's insurer, or None if the client is not admitted with `right`."""
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


async def add_entitlement(connection: AsyncConnection, membership: Membership) -> None:
    """Create the entitlement of this membership if it is new."""
    await connection.execute(upsert(ENTITLEMENT).values(**membership).on_conflict_do_nothing())


async def find_entitlement(connection: AsyncConnection, membership: Membership) -> Row[Any, Any] | None:
    """Return `entitlement` and `enrolment_id` of this membership, or None."""
    conditions = [ENTITLEMENT.c[name] == value for name, value in membership.items()]
    statement = select(ENTITLEMENT.c.entitlement, ENTITLEMENT.c.enrolment_id).where(*conditions)
    return (await connection.execute(statement)).one_or_none()


async def lock_entitlements(connection: AsyncConnection, entitlements: Iterable[int]) -> None:
    """Lock entitlements against other changes until the commit, in ascending order to avoid deadlocks."""
    # Advisory locks: a row lock would need the right to update rows that never change.
    for entitlement in sorted(entitlements):
        await connection.execute(select(func.pg_advisory_xact_lock(entitlement)))


async def prepare_revision(
    connection: AsyncConnection,
    insurer_number: str,
    client_id: UUID,
    *,
    kind: str = "single",
    undoes: int | None = None,
) -> int:
    """Create a revision that is not visible yet, and return its number."""
    values = {"insurer_number": insurer_number, "client_id": client_id, "kind": kind, "undoes": undoes}
    statement = insert(REVISION).values(**values).returning(REVISION.c.revision)
    return int((await connection.execute(statement)).scalar_one())


async def lock_insurer(connection: AsyncConnection, insurer_number: str, *, alone: bool) -> None:
    """Lock the insurer's members until the commit.

    Changes of single members share the lock; a chunk of a file in preparation, and publishing, hold it
    `alone`.
    """
    lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
    await connection.execute(select(lock(_INSURER_LOCKS, func.hashtext(insurer_number))))


async def publish(connection: AsyncConnection, revision: int, lead: timedelta = SINGLE_LEAD) -> Published:
    """Fix the revision's instant, `lead` ahead; must be the last statement before a commit within the lead.

    Readers compare it with their own instant: before it they read what was known, from it on the change. So
    what was known at an instant is what was answered at that instant. The instant is later than the insurer's
    former ones, even if those had a longer lead, so that a version is visible before its successor. The
    change feed waits for the commit.
    """
    row = (await connection.execute(_HOLD_PUBLISHING, {"revision": revision})).one()
    instant = func.greatest(func.clock_timestamp() + lead, row.after_former)
    statement = (
        update(REVISION)
        .where(REVISION.c.revision == revision)
        .values(published_at=instant)
        .returning(REVISION.c.published_at, REVISION.c.published_at - func.clock_timestamp())
    )
    return Published(*(await connection.execute(statement)).one())


async def current_versions(connection: AsyncConnection, entitlement: int) -> Sequence[Row[Any]]:
    """Return the current versions for writers (published, not closed by a published revision) by period.

    Oldest period first.
    """
    statement = (
        select(VERSION)
        .join(_OPENED, _OPENED.c.revision == VERSION.c.opened_by)
        .outerjoin(_CLOSED, _CLOSED.c.revision == VERSION.c.closed_by)
        .where(
            VERSION.c.entitlement == entitlement,
            _OPENED.c.published_at.is_not(None),
            _CLOSED.c.published_at.is_(None),
        )
        .order_by(VERSION.c.acquired_on)
    )
    return (await connection.execute(statement)).all()


async def discard_prepared(connection: AsyncConnection, entitlement: int) -> None:
    """Discard what files in preparation prepared for an entitlement: a single change takes precedence.

    A prepared version is closed by the revision that opened it, so it is never visible; the file's report
    counts it as `changed-since`.
    """
    # In this order: the exclusion constraint allows the replaced version only after the prepared one is
    # closed.
    for statement in (_DISCARD_OPENED, _REOPEN_CLOSED):
        await connection.execute(statement, {"entitlement": entitlement})


async def open_version(connection: AsyncConnection, values: dict[str, Any]) -> None:
    """Insert a version; the entitlement must have no current version on its days."""
    await connection.execute(insert(VERSION).values(**values))


async def close_version(connection: AsyncConnection, version: int, revision: int) -> None:
    """Close a version as of this revision."""
    statement = update(VERSION).where(VERSION.c.version == version).values(closed_by=revision)
    await connection.execute(statement)


async def record(connection: AsyncConnection, values: dict[str, Any]) -> None:
    """Append an audit record."""
    await connection.execute(insert(RECORD).values(**values))
