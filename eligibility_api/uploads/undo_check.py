"""Lists what an undo concerns, and holds the undo if it does too much for one key (rule N6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.uploads import Finding, UndoReport, UploadState
from eligibility_api.database.plans import join_as_written
from eligibility_api.domain.holding import HoldingShare
from eligibility_api.enrolment.store import record
from eligibility_api.platform.settings import Settings
from eligibility_api.uploads.publish import audit_values
from eligibility_api.uploads.queue import QUEUE, UploadContext, UploadTask
from eligibility_api.uploads.report import share_finding
from eligibility_api.uploads.staging import Staging
from eligibility_api.uploads.store import DECISION

CHUNK_ENTITLEMENTS = 2_000

# The entitlements that the file changed, without those withdrawn before its publication.
_TOUCHED = """
WITH chunk AS MATERIALIZED (
    SELECT version, entitlement, opened_by, closed_by FROM enrolment
    WHERE {key} = :file AND version > :after ORDER BY version LIMIT :chunk
), listed AS (
    INSERT INTO {{touched}} (entitlement)
    SELECT DISTINCT entitlement FROM chunk WHERE closed_by IS DISTINCT FROM opened_by
    ON CONFLICT DO NOTHING
)
SELECT max(version) FROM chunk
"""

_OPENED_OR_CLOSED = tuple(_TOUCHED.format(key=key) for key in ("opened_by", "closed_by"))

_UPTO = """
SELECT max(entitlement) FROM (
    SELECT entitlement FROM {touched} WHERE entitlement > :after ORDER BY entitlement LIMIT :chunk
)
"""

_UNCHANGED_SINCE = """NOT EXISTS (
    SELECT FROM enrolment n WHERE n.entitlement = t.entitlement AND n.opened_by <> :undo
    AND n.closed_by IS DISTINCT FROM :undo AND n.closed_by IS DISTINCT FROM n.opened_by
    AND greatest(n.opened_by, n.closed_by) > :file)"""

OF_CHUNK = f"t.entitlement > :after AND t.entitlement <= :upto AND {_UNCHANGED_SINCE}"
"""The entitlements `t` of a chunk that nothing has changed since the file."""

# The member's versions now (`closed_by IS NULL`), and those that she would have after the undo (`stays`).
_IMPACT = f"""
SELECT count(*) FILTER (WHERE m.stay) AS changed, count(*) FILTER (WHERE NOT m.stay) AS removed,
       count(*) FILTER (WHERE m.withheld AND NOT m.stays_withheld OR m.blocked AND NOT m.stays_blocked) AS flags_lost
FROM {{touched}} t
CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(v.stays), false) AS stay,
           coalesce(bool_or(v.nondisclosure AND v.closed_by IS NULL), false) AS withheld,
           coalesce(bool_or(v.nondisclosure AND v.stays), false) AS stays_withheld,
           coalesce(bool_or(v.self_disclosure_blocked AND v.closed_by IS NULL), false) AS blocked,
           coalesce(bool_or(v.self_disclosure_blocked AND v.stays), false) AS stays_blocked
    FROM (SELECT e.nondisclosure, e.self_disclosure_blocked, e.closed_by, e.opened_by <> :file AS stays
          FROM enrolment e
          WHERE e.entitlement = t.entitlement AND (e.closed_by IS NULL OR e.closed_by = :file)) v
) m
WHERE {OF_CHUNK}
"""  # noqa: S608 - names and numbers of ours

_MEMBERS = text("""
SELECT count(*) FROM (
    SELECT FROM entitlement e JOIN enrolment v ON v.entitlement = e.entitlement
    WHERE e.insurer_number = :insurer AND v.closed_by IS NULL AND v.lost_on IS NULL
    LIMIT :enough
)
""")


async def list_touched(context: UploadContext, task: UploadTask, staging: Staging) -> None:
    """List the entitlements that the file changed."""
    async with context.database.transaction() as connection:
        await staging.create_touched(connection)
    for statement in _OPENED_OR_CLOSED:
        after: int | None = 0
        while after is not None:
            async with context.database.step() as connection:
                parameters = {"file": task.revision, "after": after, "chunk": CHUNK_ENTITLEMENTS}
                after = (await staging.execute(connection, statement, parameters)).scalar_one()


async def last_of_chunk(connection: AsyncConnection, staging: Staging, after: int) -> int | None:
    """The last entitlement of the chunk that follows `after`; None if there are no more."""
    chunk = {"after": after, "chunk": CHUNK_ENTITLEMENTS}
    upto: int | None = (await staging.execute(connection, _UPTO, chunk)).scalar_one()
    return upto


async def is_held(context: UploadContext, task: UploadTask, staging: Staging) -> bool:
    """Check an undo of which nothing is prepared, and hold it if it needs another key; returns whether it does."""
    async with context.database.transaction() as connection:
        if await _is_approved(connection, task):
            return False
    impact = await _impact(context, task, staging)
    async with context.database.transaction() as connection:
        enough = _removable(context.settings).enough_members(impact["removed"])
        members = await _members(connection, task, enough)
        findings = list(_findings(context.settings, task, impact, members))
        report = UndoReport(changed=impact["changed"], removed=impact["removed"], findings=findings)
        held = any(finding.holds for finding in findings)
        state = UploadState.UNDO_HELD if held else UploadState.UNDOING
        await QUEUE.change(connection, task, undo_report=report.model_dump(mode="json"), state=state)
        if held:
            assert task.undo_revision is not None
            await staging.drop(connection)
            await record(connection, audit_values(task, "enrolment.file-undo-held", task.undo_revision))
    return held


async def _is_approved(connection: AsyncConnection, task: UploadTask) -> bool:
    approval = select(DECISION.c.decision).where(
        DECISION.c.upload_id == task.file_id,
        DECISION.c.revision == task.undo_revision,
        DECISION.c.decision == "approve",
    )
    return (await connection.execute(approval)).first() is not None


async def _impact(context: UploadContext, task: UploadTask, staging: Staging) -> Counter[str]:
    """How many members the undo would change and remove, and how many would lose a protection flag."""
    impact = Counter[str]()
    after: int | None = 0
    while after is not None:
        async with context.database.step() as connection:
            await join_as_written(connection)
            upto = await last_of_chunk(connection, staging, after)
            if upto is not None:
                chunk = {"after": after, "upto": upto, "file": task.revision, "undo": task.undo_revision}
                impact.update((await staging.execute(connection, _IMPACT, chunk)).one()._asdict())
        after = upto
    return impact


async def _members(connection: AsyncConnection, task: UploadTask, enough: int) -> int:
    """The insurer's current members, not counted beyond `enough`."""
    await join_as_written(connection)
    parameters = {"insurer": task.insurer_number, "enough": enough}
    return int((await connection.execute(_MEMBERS, parameters)).scalar_one())


def _findings(settings: Settings, task: UploadTask, impact: Counter[str], members: int) -> Iterator[Finding]:
    """The findings, by the shares that hold a file: changed of those compared with it, removed like absent ones."""
    report = task.report or {}
    compared = max(report.get("changed", 0) + report.get("unchanged", 0), impact["changed"])
    yield from share_finding(
        "changed", impact["changed"], compared, settings.hold_max_changed_ratio, settings
    )
    if impact["removed"]:
        holds = _removable(settings).holds(impact["removed"], members)
        yield Finding(code="removed", count=impact["removed"], holds=holds)
    if impact["flags_lost"]:
        yield Finding(code="protection-lost", count=impact["flags_lost"], holds=True)


def _removable(settings: Settings) -> HoldingShare:
    """The share of current members that an undo may remove: as many as may be absent in a file."""
    return HoldingShare(settings.hold_max_absent_ratio, settings.hold_min_rows)
