"""Counts look-ups of insurers' members by outcome: a job that reads the audit records in order.

A record names the versions that were read, not the answer: the job recomputes the outcome once for each
record, and counts it for every insurer whose versions were read. So a request for statistics only adds up
counts. Records that a statement may still be writing are counted later; a record that is written more than a
minute late is not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit import store as audit
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.columns import table_of
from eligibility_api.database.connections import Database
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.domain.recorded_answers import MissingRows, RecordedAnswer, UnknownRule, inputs_of
from eligibility_api.domain.rule_versions import RULES
from eligibility_api.insurer_ops.tables import LookUpCount, LookUpCountProgress

COMMIT_DELAY = timedelta(minutes=1)
"""Maximum time from a record's id to its commit; later records are not counted."""

MAX_RECORDS = 500
"""Records counted in one transaction."""

_COUNT = table_of(LookUpCount)
_PROGRESS = table_of(LookUpCountProgress)
_AFTER = text("SELECT * FROM lookups_after(:after, :commit_delay, :max_records)")

Key = tuple[str, date, str]
"""Insurer number, day, outcome."""


async def count_look_ups(database: Database, *, commit_delay: timedelta = COMMIT_DELAY) -> bool:
    """Count the next records, under the role `shikaku_jobs`.

    Returns whether a full chunk was counted, so more may wait.
    """
    async with database.step() as connection:
        after = (await connection.execute(select(_PROGRESS.c.last_record_id).with_for_update())).scalar_one()
        parameters = {"after": after, "commit_delay": commit_delay, "max_records": MAX_RECORDS}
        records = (await connection.execute(_AFTER, parameters)).all()
        if not records:
            return False
        look_ups = [audit.recorded(record) for record in records if record.kind is not None]
        versions = await audit.versions(connection, look_ups)
        counts = Counter(key for record in look_ups for key in _keys(record, versions))
        await _add(connection, counts, records[-1].record_id)
    return len(records) == MAX_RECORDS


def _keys(record: RecordedAnswer, versions: Mapping[int, EnrolmentVersion]) -> set[Key]:
    """Return the keys of a record: its outcome, for each insurer whose members were read."""
    try:
        inputs = inputs_of(record, versions)
        outcome = RULES[inputs.rule_version].validity(inputs).value
    except ShikakuError as refusal:
        outcome = refusal.code
    except (UnknownRule, MissingRows):
        return set()
    insurers = {versions[version].insurer_number for version in record.enrolments or ()}
    day = day_in_japan(record.recorded_at)
    return {(insurer, day, outcome) for insurer in insurers}


async def _add(connection: AsyncConnection, counts: Mapping[Key, int], last_record_id: UUID) -> None:
    rows: list[dict[str, Any]] = [
        {"insurer_number": insurer, "day": day, "outcome": outcome, "lookups": count}
        for (insurer, day, outcome), count in sorted(counts.items())
    ]
    if rows:
        new = insert(_COUNT)
        added = {"lookups": _COUNT.c.lookups + new.excluded.lookups}
        await connection.execute(
            new.on_conflict_do_update(index_elements=list(_COUNT.primary_key), set_=added), rows
        )
    await connection.execute(update(_PROGRESS).values(last_record_id=last_record_id))
