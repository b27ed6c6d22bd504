"""Instants of records: their canonical text, what a record's id says of them, and when a record may be dropped."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

from eligibility_api.domain.record_retention import may_be_dropped
from eligibility_api.merkle_log.exports import Dropped

CLOCK_TOLERANCE = timedelta(minutes=30)
"""A record's instant is the beginning of its transaction, its id is made within it: a whole file's lasts minutes."""

ORDER_TOLERANCE = timedelta(days=31)
"""A record's leaf follows its commit: by seconds, or as long as the sequencer was stopped or a clock was wrong."""

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def instant_of(text: str) -> datetime:
    """Return an instant of its canonical text: UTC with microseconds. Raises ValueError."""
    instant = datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)
    if canonical(instant) != text:
        raise ValueError("not a canonical instant")
    return instant


def canonical(instant: datetime) -> str:
    """Return the canonical text of an instant."""
    return instant.astimezone(UTC).strftime(_FORMAT)


def redating(text: str) -> str | None:
    """Return how a record's text shows that its instant was changed (its id was made at another one); else None."""
    try:
        columns = json.loads(text)
        return _differs(columns["recorded_at"], columns["record_id"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def not_droppable(line: Dropped, exported_at: str) -> str | None:
    """Return why a record cannot have been dropped by rule at the instant of the export; None if it can."""
    try:
        recorded_at = instant_of(line.recorded_at)
        if may_be_dropped(line.retention_class, recorded_at, instant_of(exported_at)):
            return _differs(line.recorded_at, line.record_id)
    except ValueError:
        pass
    return "The export states that it was dropped by rule, but its retention had not ended at the export."


def too_old(line: Dropped, text_before: str) -> str | None:
    """Return why a dropped record cannot be as old as the export states: the log has an earlier leaf of a later record.

    `text_before`: the record's text that stands before it; empty if there is none.
    """
    try:
        before = instant_of(json.loads(text_before)["recorded_at"])
        if instant_of(line.recorded_at) >= before - ORDER_TOLERANCE:
            return None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return f"The export states that it was dropped by rule, but the log has it after a record of {canonical(before)}."


def _differs(recorded_at: str, record_id: str) -> str | None:
    """Say if an id (UUID version 7, which contains its instant) was made at another instant than `recorded_at`."""
    identifier = UUID(record_id)
    if identifier.version != 7:
        return None
    made_at = datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)
    if abs(instant_of(recorded_at) - made_at) <= CLOCK_TOLERANCE:
        return None
    return f"The record says {recorded_at}, but its id was made at {canonical(made_at)}."
