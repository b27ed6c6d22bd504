"""The check report: counts of a file's rows, and findings whose share exceeds the settings' limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.member_reading.block import FaultCounts
from eligibility_api.contract.member_reading.headings import UnknownColumn
from eligibility_api.contract.uploads import FileScope, Finding, UploadReport
from eligibility_api.database.plans import whole_file
from eligibility_api.domain.holding import HoldingShare, exact
from eligibility_api.enrolment.confirmations import CONFIRMED_BEFORE
from eligibility_api.platform.settings import Settings
from eligibility_api.uploads import fill_rates
from eligibility_api.uploads.queue import UploadContext, UploadTask

VARIANT = "variant"
"""The findings about members who are spelled otherwise in the register."""

CHUNK_ROWS = 20_000
"""Rows of the file, or members of the insurer, that are counted in one statement."""

# Counts of a chunk of the file's rows are added up: no statement reads a whole nationwide file.
_CLASSIFIED = """
SELECT count(*) AS rows, count(*) FILTER (WHERE kind = 'new') AS new,
       count(*) FILTER (WHERE kind = 'changed') AS changed,
       count(*) FILTER (WHERE kind = 'unchanged') AS unchanged,
       count(*) FILTER (WHERE matching) AS looked_up,
       count(*) FILTER (WHERE flags_lost) AS flags_lost
FROM {plan}
WHERE row > :after AND row <= :upto
"""

# Whether a proposal needs no word, since the insurer has given it before.
_CONFIRMED = f"""
CROSS JOIN LATERAL (SELECT CASE WHEN m.register_match = 'variant' THEN {
    CONFIRMED_BEFORE.format(
        person_key="m.person_key", differences="m.differences", entitlement="p.entitlement"
    )
} ELSE false END AS confirmed) w
"""

_MATCHED = f"""
SELECT count(*) FILTER (WHERE m.register_match <> 'one' AND NOT w.confirmed) AS unmatched,
       count(*) FILTER (WHERE m.register_match = 'variant' AND NOT w.confirmed) AS proposed,
       count(former.found) AS renumbered
FROM {{matches}} m
JOIN {{plan}} p ON p.row = m.row
{_CONFIRMED}
LEFT JOIN LATERAL (
    SELECT true AS found
    FROM enrolment v JOIN entitlement e ON e.entitlement = v.entitlement
    WHERE p.entitlement IS NULL AND v.person_key = m.person_key AND e.insurer_number = :insurer
      AND v.closed_by IS NULL AND v.lost_on IS NULL
    LIMIT 1
) former ON true
WHERE m.row > :after AND m.row <= :upto
"""  # noqa: S608 - parts of ours

_DIFFERENCES = f"""
SELECT d.value ->> 'item' AS item, d.value ->> 'kind' AS kind, count(*) AS rows
FROM {{matches}} m JOIN {{plan}} p ON p.row = m.row {_CONFIRMED} CROSS JOIN LATERAL jsonb_array_elements(m.differences) d
WHERE m.row > :after AND m.row <= :upto AND NOT w.confirmed GROUP BY 1, 2
"""  # noqa: S608 - parts of ours

_ABSENT = """
WITH chunk AS MATERIALIZED (
    SELECT entitlement FROM entitlement
    WHERE insurer_number = :insurer AND entitlement > :after ORDER BY entitlement LIMIT :chunk
)
SELECT max(c.entitlement) AS upto, count(v.current) AS current, count(v.current) FILTER (WHERE l.listed IS NULL) AS absent
FROM chunk c
LEFT JOIN LATERAL (
    SELECT true AS current FROM enrolment v
    WHERE v.entitlement = c.entitlement AND v.closed_by IS NULL AND v.lost_on IS NULL LIMIT 1
) v ON true
LEFT JOIN LATERAL (SELECT true AS listed FROM {plan} p WHERE p.entitlement = c.entitlement LIMIT 1) l ON true
"""

_GAPS = """
SELECT count(*) FROM (
    SELECT lag(r.lost_on) OVER (PARTITION BY p.entitlement, r.birth_date, p.membership ORDER BY r.acquired_on) < r.acquired_on AS gap
    FROM (SELECT membership FROM {plan} GROUP BY membership HAVING count(*) > 1) several
    JOIN {plan} p USING (membership) JOIN {rows} r ON r.row = p.row
) WHERE gap
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    """Counts of a file's valid rows, and of the insurer's current members compared with them."""

    file_rows: int
    """All rows of the file, invalid ones included."""
    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    looked_up: int = 0
    flags_lost: int = 0
    unmatched: int = 0
    proposed: int = 0
    """Of the unmatched ones, those for whom the register proposes a person (rule R8); they wait for a confirmation."""
    renumbered: int = 0
    current: int = 0
    absent: int = 0
    gaps: int = 0


async def build_report(
    connection: AsyncConnection,
    context: UploadContext,
    task: UploadTask,
    faults: FaultCounts,
    counts: RowCounts,
) -> UploadReport:
    """The check report of a file with these `faults` and `counts`."""
    rates = await fill_rates.measure(connection, task, context.clock())
    earlier = await fill_rates.of_last_file(connection, task)
    limits, bad = context.settings, counts.file_rows - counts.rows
    found = [
        *_of_rows(faults),
        *share_finding("bad-rows", bad, counts.file_rows, limits.hold_max_invalid_ratio, limits),
        *share_finding(
            "changed",
            counts.changed,
            counts.changed + counts.unchanged,
            limits.hold_max_changed_ratio,
            limits,
        ),
        *share_finding("absent", counts.absent, counts.current, limits.hold_max_absent_ratio, limits),
        *share_finding(
            "unmatched", counts.unmatched, counts.looked_up, limits.hold_max_unmatched_ratio, limits
        ),
        *share_finding(
            "renumbered", counts.renumbered, counts.rows, limits.hold_max_renumbered_ratio, limits
        ),
        *_fill_drops(rates, earlier, limits),
    ]
    if counts.flags_lost:
        found.append(Finding(code="protection-lost", count=counts.flags_lost, holds=True))
    if counts.gaps:
        found.append(Finding(code="gaps", count=counts.gaps, holds=False))
    return UploadReport(
        rows=counts.file_rows,
        good_rows=counts.rows,
        bad_rows=bad,
        new=counts.new,
        changed=counts.changed,
        unchanged=counts.unchanged,
        absent=counts.absent,
        unmatched=counts.unmatched,
        proposed=counts.proposed,
        changed_since=0,
        fill_rates={column: rate for column, (rate, _) in rates.items()},
        findings=found,
    )


async def count_rows(connection: AsyncConnection, task: UploadTask, file_rows: int) -> RowCounts:
    """Count the staged rows of a file with `file_rows`, and compare them with the insurer's current members."""
    staging, insurer = task.staging, {"insurer": task.insurer_number}
    counts: Counter[str] = Counter()
    async for chunk in staging.chunks(connection, CHUNK_ROWS):
        await _add(counts, task, connection, _CLASSIFIED, chunk)
    if counts["looked_up"]:
        async for chunk in staging.chunks(connection, CHUNK_ROWS):
            await _add(counts, task, connection, _MATCHED, chunk | insurer)
    if task.scope is FileScope.FULL:
        after: int | None = 0
        while after is not None:
            after = await _add(
                counts, task, connection, _ABSENT, {"after": after, "chunk": CHUNK_ROWS} | insurer
            )
    async with whole_file(connection):
        counts["gaps"] = (await staging.execute(connection, _GAPS)).scalar_one()
    return RowCounts(file_rows=file_rows, **counts)


async def variant_findings(connection: AsyncConnection, task: UploadTask) -> list[Finding]:
    """A finding for each item and kind in which proposed persons are spelled otherwise (rule J3)."""
    found: Counter[tuple[str, str]] = Counter()
    insurer = {"insurer": task.insurer_number}
    async for chunk in task.staging.chunks(connection, CHUNK_ROWS):
        for row in await task.staging.execute(connection, _DIFFERENCES, chunk | insurer):
            found[row.item, row.kind] += row.rows
    return [
        Finding(code=VARIANT, count=count, holds=False, column=item, detail={"kind": kind})
        for (item, kind), count in sorted(found.items())
    ]


async def _add(
    counts: Counter[str],
    task: UploadTask,
    connection: AsyncConnection,
    statement: str,
    parameters: dict[str, Any],
) -> int | None:
    """Add a chunk's counts; returns its last key (`upto`), if the statement selects one."""
    row = dict((await task.staging.execute(connection, statement, parameters)).one()._mapping)
    upto: int | None = row.pop("upto", None)
    counts.update(row)
    return upto


def _of_rows(faults: FaultCounts) -> Iterator[Finding]:
    for (code, column), count in faults.most_common():
        yield Finding(code=code, count=count, holds=False, column=column)


def unknown_column_findings(columns: Iterable[tuple[UnknownColumn, int]]) -> Iterator[Finding]:
    """A finding for each column that no member file has, with its heading and its filled cells (rule F2).

    An empty column without heading is none.
    """
    for column, filled in columns:
        if filled or column.heading:
            detail = {"letters": column.letters}
            yield Finding(
                code="unknown-column", count=filled, holds=False, column=column.heading or None, detail=detail
            )


def share_finding(code: str, count: int, of: int, limit: float, settings: Settings) -> Iterator[Finding]:
    """A finding if `count` is not 0.

    It holds the file above the limit, if there are enough rows for a meaningful share (rule N5).
    """
    if count:
        holds = HoldingShare(limit, settings.hold_min_rows).holds(count, of)
        yield Finding(
            code=code, count=count, holds=holds, detail={"share": round(count / of, 4)} if of else None
        )


def _fill_drops(
    rates: Mapping[str, fill_rates.FillRate], earlier: Mapping[str, float], settings: Settings
) -> Iterator[Finding]:
    for column, (rate, of) in rates.items():
        drop = exact(earlier.get(column, 0.0)) - exact(rate)
        if drop > exact(settings.hold_max_fill_rate_drop):
            detail: dict[str, Any] = {"before": earlier[column], "now": rate}
            yield Finding(
                code="fill-dropped",
                count=of,
                holds=of >= settings.hold_min_rows,
                column=column,
                detail=detail,
            )


async def record_skipped(connection: AsyncConnection, task: UploadTask, skipped: int) -> None:
    """Add the number of members to the report that were left unchanged because they changed since."""
    statement = text(
        "UPDATE upload SET report = report || jsonb_build_object('changed_since', CAST(:n AS integer)) WHERE upload_id = :id"
    )
    await connection.execute(statement, {"n": skipped, "id": task.file_id})
