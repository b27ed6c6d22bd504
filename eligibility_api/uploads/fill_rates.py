"""Fill rates of a file's columns, each among the members who are expected to have a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.identifiers import is_late_elderly
from eligibility_api.contract.member_items import MEMBER_ITEMS
from eligibility_api.domain.ages import LATE_ELDERLY_AGE
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.uploads.queue import UploadTask

FillRate = tuple[float, int]
"""The share of filled cells, and the number of cells."""

_CHUNK_ROWS = 20_000
"""Rows that are measured in one statement."""

_ALL = "true"
_DEPENDANTS = "relationship = '2'"
_SEVENTIES = "NOT :late_elderly AND birth_date <= :seventy AND birth_date > :seventy_five"

_EXPECTED_OF = {
    "insured_name": _DEPENDANTS,
    "insured_birth_date": _DEPENDANTS,
    "burden_ratio": ":late_elderly",
}
"""Optional items that not all members are expected to have."""

_NOT_MEASURED = {"lost_on", "reason_of_loss"}
"""Optional items whose absence means nothing."""

_COLUMNS = {
    item.name: (_EXPECTED_OF.get(item.name, _ALL), item.name)
    for item in MEMBER_ITEMS
    if item.nullable and item.certificate is None and item.name not in _NOT_MEASURED
} | {
    "elderly_valid_from": (_SEVENTIES, "elderly_certificate"),
    "elderly_burden_ratio": (_SEVENTIES, "elderly_certificate ->> 'burden_ratio'"),
    "limit_kind": (_ALL, "limit_certificate"),
    "disease_1": (_ALL, "specific_diseases"),
}
"""Optional columns: which members are expected to have a value, and the staged expression that holds it."""

_MEASURE = """
SELECT {measures} FROM {{rows}} r WHERE r.row > :after AND r.row <= :upto AND EXISTS (SELECT FROM {{plan}} p WHERE p.row = r.row)
""".format(
    measures=", ".join(
        f"count(*) FILTER (WHERE {members}) AS {column}, count(*) FILTER (WHERE {members} AND {stored} IS NOT NULL)"
        f" AS {column}_filled"
        for column, (members, stored) in _COLUMNS.items()
    )
)

_LAST = text("""
SELECT report -> 'fill_rates'
FROM (
    SELECT report, revision FROM upload
    WHERE insurer_number = :insurer AND scope = :scope AND state IN ('published', 'undo-held')
    -- Keeps the subquery separate: merged with the outer one, it could read every insurer's files by their age.
    OFFSET 0
) own
ORDER BY revision DESC LIMIT 1
""")


async def measure(connection: AsyncConnection, task: UploadTask, now: datetime) -> dict[str, FillRate]:
    """The rates of the staged file, for columns that at least one member is expected to have."""
    classes, cells = _classes(task, day_in_japan(now)), Counter[str]()
    async for chunk in task.staging.chunks(connection, _CHUNK_ROWS):
        measured = await task.staging.execute(connection, _MEASURE, chunk | classes)
        cells.update(dict(measured.one()._mapping))
    return {
        column: (round(cells[f"{column}_filled"] / cells[column], 4), cells[column])
        for column in _COLUMNS
        if cells[column]
    }


async def of_last_file(connection: AsyncConnection, task: UploadTask) -> Mapping[str, float]:
    """The rates of the insurer's last published file of the same scope; empty if there is none."""
    parameters = {"insurer": task.insurer_number, "scope": task.scope}
    return (await connection.execute(_LAST, parameters)).scalar_one_or_none() or {}


def _classes(task: UploadTask, today: date) -> dict[str, object]:
    """Limits of the age classes today: from the month of the 70th until the 75th birthday (`domain.ages`)."""
    return {
        "late_elderly": is_late_elderly(task.insurer_number),
        "seventy": date(today.year - 70, today.month, 1),
        "seventy_five": date(today.year - LATE_ELDERLY_AGE, today.month, min(today.day, 28)),
    }
