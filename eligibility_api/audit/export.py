"""Exports the whole audit record with the log's entries and the rows read, for the offline verifier (`verifier.py`).

Read in chunks, each in a transaction of its own: what is below the checkpoint's size never changes, except that
partitions are dropped by rule.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from eligibility_api.audit import log_queries, store
from eligibility_api.audit.verification.instants import canonical
from eligibility_api.audit.verification.rows import ENROLMENT, rows_of
from eligibility_api.audit_log import log_store
from eligibility_api.database.connections import Database
from eligibility_api.domain.record_retention import YEARS, may_be_dropped
from eligibility_api.domain.recorded_answers import RecordedAnswer, is_answer, recorded_answer
from eligibility_api.merkle_log.exports import Commitments, Dropped, Header, Line, ReadRow, Record, Writer
from eligibility_api.merkle_log.notes import Note, VerificationKey, parse_note
from eligibility_api.merkle_log.tiles import TILE_WIDTH

CHUNK = TILE_WIDTH
"""Leaves read at a time."""

_LEAVES = text("""
SELECT l.leaf_index, l.record_id, l.recorded_at, r.salt, audit_record_text(r) AS record, r.record_id IS NULL AS dropped
FROM audit_leaf l LEFT JOIN audit_record r ON r.record_id = l.record_id
WHERE l.leaf_index >= :first AND l.leaf_index < :end
ORDER BY l.leaf_index
""")


class NoCheckpoint(Exception):
    """The log has no checkpoint yet."""


async def export(
    database: Database, keys: Sequence[VerificationKey], witnesses: Sequence[VerificationKey], now: datetime
) -> AsyncIterator[bytes]:
    """Return the export's lines under the role `auditor`, up to the newest checkpoint. Raises NoCheckpoint.

    `keys` verify the log's checkpoints; cosignatures of others than `witnesses` are left out.
    """
    writer = Writer()
    async with database.transaction() as connection:
        newest = await log_store.latest_checkpoint(connection)
        if newest is None:
            raise NoCheckpoint
        cosignatures = await log_queries.cosignatures(connection, newest.tree_size)
    note = parse_note(newest.note)
    known = {(key.name, key.key_id) for key in witnesses}
    added = [one for one in cosignatures if (one.name, one.key_id) in known]
    named = tuple(str(key) for key in (*keys, *witnesses))
    checkpoint = Note(note.text, [*note.signatures, *added]).encode().decode()
    yield writer.add(Header(keys[0].name, named, checkpoint, canonical(now)))
    for first in range(0, newest.tree_size, TILE_WIDTH):
        async with database.transaction() as connection:
            width = min(TILE_WIDTH, newest.tree_size - first)
            entries = await log_store.entries(connection, first, width)
        yield writer.add(Commitments(first, b"".join(entries)))
    written: set[tuple[str, int]] = set()
    for first in range(0, newest.tree_size, CHUNK):
        end = min(first + CHUNK, newest.tree_size)
        for line in await _chunk(database, first, end, written, now):
            yield writer.add(line)
    yield writer.end()


async def _chunk(
    database: Database, first: int, end: int, written: set[tuple[str, int]], now: datetime
) -> list[Line]:
    """The records of some leaves, after those rows that they name and that were not written yet."""
    async with database.transaction() as connection:
        leaves = (await connection.execute(_LEAVES, {"first": first, "end": end})).all()
        answers = [answer for leaf in leaves if (answer := _answer(leaf)) is not None]
        versions = await store.versions(connection, answers)
        named = {version for answer in answers for version in answer.enrolments or ()}
        # What is neither there nor purged has no line, so that the verifier misses it.
        absent = await store.purged(connection, named - versions.keys())
    purged = [ReadRow(ENROLMENT, version, None) for version in sorted(absent)]
    rows = [row for version in versions.values() for row in rows_of(version)]
    return [*_new([*rows, *purged], written), *(_line(leaf, now) for leaf in leaves)]


def _answer(leaf: Row[Any]) -> RecordedAnswer | None:
    if leaf.dropped:
        return None
    columns = json.loads(leaf.record)
    return recorded_answer(columns) if is_answer(columns["kind"], columns["outcome"]) else None


def _new(rows: Iterable[ReadRow], written: set[tuple[str, int]]) -> Iterator[Line]:
    for row in rows:
        if (row.table, row.version) not in written:
            written.add((row.table, row.version))
            yield row


def _line(leaf: Row[Any], now: datetime) -> Line:
    if not leaf.dropped:
        return Record(leaf.leaf_index, leaf.salt, leaf.record)
    # Its class went with it: that of the longest retention that has ended is named, else the longest there is.
    classes = sorted(YEARS, key=lambda name: -YEARS[name])
    ended = [name for name in classes if may_be_dropped(name, leaf.recorded_at, now)]
    return Dropped(leaf.leaf_index, str(leaf.record_id), canonical(leaf.recorded_at), (ended or classes)[0])
