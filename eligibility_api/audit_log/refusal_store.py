"""SQL of gathered refusals: a hundred records of one source in a minute, and one record of those beyond."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log.refusal_minutes import RECORDS_A_MINUTE, Minute, Refusal, Source
from eligibility_api.audit_log.tables import AuditRecord
from eligibility_api.database.columns import table_of

RECORD = table_of(AuditRecord)

COUNTED = "counted"
"""The outcome of a record that counts refusals."""

# The row's lock makes the workers' counts one.
_COUNT = text("""
INSERT INTO refusal_minute AS m (source, minute, refusals, described)
VALUES (:source, :minute, :refusals, CAST(:described AS jsonb))
ON CONFLICT (minute, source) DO UPDATE SET refusals = m.refusals + excluded.refusals
RETURNING refusals - :refusals AS before
""")

_ADD_COUNTED = text("""
UPDATE refusal_minute m SET counted = (
    SELECT jsonb_object_agg(cause, n)
    FROM (SELECT cause, sum(n::bigint) AS n
          FROM (SELECT * FROM jsonb_each_text(m.counted)
                UNION ALL SELECT * FROM jsonb_each_text(CAST(:counted AS jsonb))) AS b (cause, n)
          GROUP BY cause) total
)
WHERE source = :source AND minute = :minute
""")

_ENDED = text(f"""
WITH ended AS (
    DELETE FROM refusal_minute WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM refusal_minute WHERE minute < now() - interval '2 minutes' ORDER BY minute LIMIT :chunk))
    RETURNING source, minute, counted, described
), recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, insurer_number, detail)
    SELECT split_part(c.cause, ' ', 1), '{COUNTED}', CAST(described ->> 'client_id' AS uuid), described ->> 'institution_code',
           described ->> 'insurer_number',
           jsonb_strip_nulls(jsonb_build_object(
               'minute', minute, 'refusals', sum(c.n::bigint), 'address', described -> 'address',
               'causes', jsonb_object_agg(split_part(c.cause, ' ', 2), c.n::bigint)))
    FROM ended CROSS JOIN LATERAL jsonb_each_text(ended.counted) AS c (cause, n)
    GROUP BY source, minute, described, split_part(c.cause, ' ', 1)
)
SELECT count(*) FROM ended
""")  # noqa: S608


async def write(connection: AsyncConnection, of_source: Minute) -> None:
    """Write a source's refusals of a minute: as records up to a hundred of all workers, the others as counts."""
    refusals = len(of_source.records) + of_source.counted.total()
    key = {"source": of_source.source.key, "minute": of_source.minute}
    values = key | {"refusals": refusals, "described": json.dumps(_described(of_source.source))}
    before = (await connection.execute(_COUNT, values)).scalar_one()
    left = max(RECORDS_A_MINUTE - before, 0)
    records, beyond = of_source.records[:left], of_source.records[left:]
    if records:
        await connection.execute(insert(RECORD), [_record(of_source.source, one) for one in records])
    counted = of_source.counted + Counter((one.kind, one.cause) for one in beyond)
    if counted:
        by_text = {f"{kind} {cause}": number for (kind, cause), number in counted.items()}
        await connection.execute(_ADD_COUNTED, key | {"counted": json.dumps(by_text)})


async def record_ended(connection: AsyncConnection, chunk: int) -> int:
    """Turn the counts of minutes that are over into records; returns how many minutes of sources were ended."""
    return int((await connection.execute(_ENDED, {"chunk": chunk})).scalar_one())


def _described(source: Source) -> dict[str, str]:
    """The source as text, without what it lacks."""
    values = {name: getattr(source, name) for name in source.__slots__}
    return {name: str(value) for name, value in values.items() if value is not None}


def _record(source: Source, refusal: Refusal) -> dict[str, Any]:
    detail = {"at": refusal.at.isoformat(), "purpose": refusal.purpose, "address": source.address}
    return {
        "kind": refusal.kind,
        "outcome": refusal.cause,
        "client_id": source.client_id,
        "institution_code": source.institution_code,
        "insurer_number": source.insurer_number,
        "detail": {name: value for name, value in detail.items() if value is not None},
    }
