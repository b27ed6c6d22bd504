"""Counting look-ups of insurers' members by outcome: a job of the worker, over the audit record in its order.

The record holds what was read, not what was answered: the answer is computed again by the rule, once for each record,
and counted for every insurer whose versions were read for it. So a request for figures adds up a few counts, whatever
the number of members. What a statement may still be writing is left for later; a record that is written more than a
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

from eligibility_api.audit import recompute
from eligibility_api.audit import store as audit
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.desk.tables import LookUpCount, LookUpsCounted
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.eligibility import select as answered
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.platform.database import Database
from eligibility_api.platform.tables import table_of

SETTLED = timedelta(minutes=1)
"""How long a record may take from its id to its commit, and still be counted."""

MOST = 1_000
"""Records of one piece."""

_COUNT = table_of(LookUpCount)
_COUNTED = table_of(LookUpsCounted)
_AFTER = text("SELECT * FROM look_ups_after(:after, :settled, :most)")

Key = tuple[str, date, str]
"""Insurer number, day, outcome."""


async def count_look_ups(database: Database, *, settled: timedelta = SETTLED) -> bool:
    """Count the next records, as the role `batch`. Whether there may be more at once.

    A few that have just come can wait for others: while taps flow there are always some.
    """
    async with database.transaction() as connection:
        after = (await connection.execute(select(_COUNTED.c.upto).with_for_update())).scalar_one()
        parameters = {"after": after, "settled": settled, "most": MOST}
        records = (await connection.execute(_AFTER, parameters)).all()
        if not records:
            return False
        look_ups = [record for record in records if record.kind is not None]
        versions = await audit.versions(connection, look_ups)
        counts = Counter(key for record in look_ups for key in _keys(record, versions))
        await _add(connection, counts, records[-1].record_id)
    return len(records) == MOST


def _keys(record: audit.Record, versions: Mapping[int, EnrolmentVersion]) -> set[Key]:
    """Under what a record is counted: one outcome, for each insurer of whose members something was read."""
    try:
        outcome = answered(recompute.reading_of(record, versions)).validity.value
    except ShikakuError as refusal:
        outcome = refusal.code
    except recompute.UnknownRule:
        return set()
    insurers = {versions[version].insurer_number for version in record.enrolments}
    day = day_in_japan(record.recorded_at)
    return {(insurer, day, outcome) for insurer in insurers}


async def _add(connection: AsyncConnection, counts: Mapping[Key, int], upto: UUID) -> None:
    rows: list[dict[str, Any]] = [
        {"insurer_number": insurer, "day": day, "outcome": outcome, "look_ups": count}
        for (insurer, day, outcome), count in sorted(counts.items())
    ]
    if rows:
        new = insert(_COUNT)
        added = {"look_ups": _COUNT.c.look_ups + new.excluded.look_ups}
        await connection.execute(
            new.on_conflict_do_update(index_elements=list(_COUNT.primary_key), set_=added), rows
        )
    await connection.execute(update(_COUNTED).values(upto=upto))
