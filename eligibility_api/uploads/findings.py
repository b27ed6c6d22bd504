"""What is suspicious about a file as a whole: shares of its rows, held against the settings and the file before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.uploads import FileScope, Finding, RowFault, UploadReport
from eligibility_api.platform.settings import Settings
from eligibility_api.uploads import fill
from eligibility_api.uploads.queue import Bench, Task

_MEANT = """
SELECT count(*) AS rows, count(*) FILTER (WHERE kind = 'new') AS new,
       count(*) FILTER (WHERE kind = 'changed') AS changed,
       count(*) FILTER (WHERE kind = 'unchanged') AS unchanged,
       count(*) FILTER (WHERE matching) AS matched,
       count(*) FILTER (WHERE flags_lost) AS flags_lost
FROM {plan}
"""

_UNMATCHED = """
SELECT count(*) FROM {matches} m JOIN {plan} p ON p.row = m.row WHERE m.register_match <> 'one'
"""

_RENUMBERED = """
SELECT count(*) FROM {matches} m JOIN {plan} p ON p.row = m.row
WHERE p.entitlement IS NULL AND EXISTS (
    SELECT FROM enrolment v JOIN entitlement e ON e.entitlement = v.entitlement
    WHERE v.person_key = m.person_key AND e.insurer_number = :insurer AND v.closed_by IS NULL AND v.lost_on IS NULL)
"""

_ABSENT = """
SELECT count(*) AS current, count(*) FILTER (WHERE told.entitlement IS NULL) AS absent
FROM entitlement e
JOIN enrolment v ON v.entitlement = e.entitlement
LEFT JOIN (SELECT DISTINCT entitlement FROM {plan}) told ON told.entitlement = e.entitlement
WHERE e.insurer_number = :insurer AND v.closed_by IS NULL AND v.lost_on IS NULL
"""

_GAPS = """
SELECT count(*) FROM (
    SELECT lag(r.lost_on) OVER (PARTITION BY p.entitlement, r.birth_date, p.membership ORDER BY r.acquired_on) < r.acquired_on AS gap
    FROM (SELECT membership FROM {plan} GROUP BY membership HAVING count(*) > 1) several
    JOIN {plan} p USING (membership) JOIN {rows} r ON r.row = p.row
) WHERE gap
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many rows or members of a file are how."""

    rows: int
    new: int
    changed: int
    unchanged: int
    matched: int
    flags_lost: int
    unmatched: int = 0
    renumbered: int = 0
    current: int = 0
    absent: int = 0
    gaps: int = 0


async def report(
    connection: AsyncConnection,
    bench: Bench,
    task: Task,
    rows: int,
    faults: Counter[tuple[RowFault, str | None]],
) -> UploadReport:
    """The check report on a file of so many `rows`, with these `faults` in them."""
    counts = await _counts(connection, task)
    filled = await fill.measure(connection, task, bench.clock())
    before = await fill.of_last_file(connection, task)
    limits, bad = bench.settings, rows - counts.rows
    found = [
        *_of_rows(faults),
        *_share("bad-rows", bad, rows, limits.hold_bad_share, limits),
        *_share(
            "changed", counts.changed, counts.changed + counts.unchanged, limits.hold_changed_share, limits
        ),
        *_share("absent", counts.absent, counts.current, limits.hold_absent_share, limits),
        *_share("unmatched", counts.unmatched, counts.matched, limits.hold_unmatched_share, limits),
        *_share("renumbered", counts.renumbered, counts.rows, limits.hold_renumbered_share, limits),
        *_fill_drops(filled, before, limits),
    ]
    if counts.flags_lost:
        found.append(Finding(code="protection-lost", count=counts.flags_lost, holds=True))
    if counts.gaps:
        found.append(Finding(code="gaps", count=counts.gaps, holds=False))
    return UploadReport(
        rows=rows,
        good_rows=counts.rows,
        bad_rows=bad,
        new=counts.new,
        changed=counts.changed,
        unchanged=counts.unchanged,
        absent=counts.absent,
        unmatched=counts.unmatched,
        changed_since=0,
        fill_rates={column: rate for column, (rate, _) in filled.items()},
        findings=found,
    )


async def _counts(connection: AsyncConnection, task: Task) -> Counts:
    insurer = {"insurer": task.insurer_number}
    staging = task.staging
    meant = dict((await staging.execute(connection, _MEANT)).one()._mapping)
    if meant["matched"]:
        meant["unmatched"] = (await staging.execute(connection, _UNMATCHED)).scalar_one()
        meant["renumbered"] = (await staging.execute(connection, _RENUMBERED, insurer)).scalar_one()
    if task.scope is FileScope.FULL:
        meant |= (await staging.execute(connection, _ABSENT, insurer)).one()._mapping
    meant["gaps"] = (await staging.execute(connection, _GAPS)).scalar_one()
    return Counts(**meant)


def _of_rows(faults: Counter[tuple[RowFault, str | None]]) -> Iterator[Finding]:
    for (code, column), count in faults.most_common():
        yield Finding(code=code, count=count, holds=False, column=column)


def _share(code: str, count: int, of: int, limit: float, settings: Settings) -> Iterator[Finding]:
    """Told where there is any; it holds the file where it is more than the limit, of enough rows to speak of shares."""
    if count:
        holds = of >= settings.hold_least_rows and count > limit * of
        yield Finding(
            code=code, count=count, holds=holds, detail={"share": round(count / of, 4)} if of else None
        )


def _fill_drops(
    filled: Mapping[str, fill.Rate], before: Mapping[str, float], settings: Settings
) -> Iterator[Finding]:
    for column, (rate, of) in filled.items():
        drop = before.get(column, 0.0) - rate
        if drop > settings.hold_fill_drop:
            detail: dict[str, Any] = {"before": before[column], "now": rate}
            yield Finding(
                code="fill-dropped",
                count=of,
                holds=of >= settings.hold_least_rows,
                column=column,
                detail=detail,
            )


async def note_left_alone(connection: AsyncConnection, task: Task, left_alone: int) -> None:
    """Complete the report by how many were left alone."""
    statement = text(
        "UPDATE upload SET report = report || jsonb_build_object('changed_since', CAST(:n AS integer)) WHERE upload_id = :id"
    )
    await connection.execute(statement, {"n": left_alone, "id": task.upload_id})
