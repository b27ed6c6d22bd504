"""Counts a file's unmatched rows, records them, and decides whether the report shows the matches (rules N1 to N3).

The counts of an insurer are exact: its files are checked one after another, and counting and deciding are one
transaction.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.uploads import Finding, UploadReport
from eligibility_api.database.plans import join_as_written, whole_file
from eligibility_api.domain.unmatched import UnmatchedLimits, UnmatchedRows, is_withheld
from eligibility_api.enrolment.store import record
from eligibility_api.platform.settings import Settings
from eligibility_api.uploads.queue import UploadTask
from eligibility_api.uploads.report import VARIANT

WITHHELD = "unmatched-limit"
"""The finding that holds a file whose matches are withheld."""

_MATCH_FINDINGS = frozenset({"unmatched", "renumbered", VARIANT})
"""Findings that depend on the register's answers."""

_COUNT = text("""
INSERT INTO mismatch_count (insurer_number, hour, mismatches, unmatched_rows)
VALUES (:insurer, date_trunc('hour', now()), 0, :rows)
ON CONFLICT (insurer_number, hour) DO UPDATE
SET unmatched_rows = mismatch_count.unmatched_rows + excluded.unmatched_rows
""")

_COUNTED = text("""
SELECT coalesce(sum(unmatched_rows) FILTER (WHERE hour = date_trunc('hour', now())), 0)::bigint AS hour,
       coalesce(sum(unmatched_rows), 0)::bigint AS day
FROM mismatch_count WHERE insurer_number = :insurer AND hour > date_trunc('hour', now()) - interval '24 hours'
""")

_PERSONS_OF_FILE = """
SELECT count(DISTINCT m.person_key) FROM {matches} m JOIN {plan} p ON p.row = m.row WHERE m.register_match = 'one'
"""

# Different persons, as one person may have many numbers; read are twice as many entitlements as would be needed.
_PERSONS_ENROLLED = text("""
SELECT count(DISTINCT v.person_key)
FROM (SELECT entitlement FROM entitlement WHERE insurer_number = :insurer
      ORDER BY insurer_number, entitlement LIMIT 2 * :needed) t
JOIN enrolment v ON v.entitlement = t.entitlement AND v.closed_by IS NULL
JOIN revision o ON o.revision = v.opened_by AND o.published_at IS NOT NULL
""")


async def count_unmatched(
    connection: AsyncConnection, settings: Settings, task: UploadTask, *, looked_up: int, unmatched: int
) -> bool:
    """Count and record a checked file's unmatched rows; returns whether its matches are withheld.

    A file that is checked again has the same rows: it is not counted twice, and what was decided remains.
    """
    if task.withheld is not None:
        return task.withheld
    if not looked_up:
        return False
    insurer = {"insurer": task.insurer_number}
    counted = UnmatchedRows(*(await connection.execute(_COUNTED, insurer)).one())
    await connection.execute(_COUNT, insurer | {"rows": unmatched})
    limits = limits_of(settings)
    needed = limits.persons_needed(counted.plus(max(unmatched, 1)))
    persons = await _persons(connection, task, needed) if needed else 0
    withheld = is_withheld(limits, counted, looked_up=looked_up, unmatched=unmatched, persons=persons)
    await _record(connection, task, looked_up=looked_up, unmatched=unmatched, withheld=withheld)
    return withheld


def limits_of(settings: Settings) -> UnmatchedLimits:
    """The limits that are set."""
    fixed = UnmatchedRows(settings.unmatched_rows_per_hour, settings.unmatched_rows_per_day)
    return UnmatchedLimits(fixed, settings.unmatched_rows_ratio)


def without_matches(report: UploadReport) -> UploadReport:
    """The report without what the register answered: the number of its unmatched rows, and what follows from it."""
    shown = [finding for finding in report.findings if finding.code not in _MATCH_FINDINGS]
    return report.model_copy(update={"unmatched": None, "proposed": None, "findings": shown})


def withheld_finding(looked_up: int) -> Finding:
    """The finding of a file whose matches are withheld: it counts the rows about which the register was asked."""
    return Finding(code=WITHHELD, count=looked_up, holds=True)


async def _persons(connection: AsyncConnection, task: UploadTask, needed: int) -> int:
    """The persons whom the insurer has enrolled, or whom the file identifies if those are more.

    Enough to compare with `needed`; the number may be higher.
    """
    async with whole_file(connection):
        of_file = int((await task.staging.execute(connection, _PERSONS_OF_FILE)).scalar_one())
    if of_file >= needed:
        return of_file
    await join_as_written(connection)
    parameters = {"insurer": task.insurer_number, "needed": needed}
    return max(of_file, int((await connection.execute(_PERSONS_ENROLLED, parameters)).scalar_one()))


async def _record(connection: AsyncConnection, task: UploadTask, **counts: Any) -> None:
    await record(
        connection,
        {
            "kind": "enrolment.file-matched",
            "outcome": "withheld" if counts["withheld"] else "done",
            "client_id": task.client_id,
            "insurer_number": task.insurer_number,
            "detail": {"upload": str(task.file_id), "revision": task.revision}
            | {name: counts[name] for name in ("looked_up", "unmatched")},
        },
    )
