"""Misses: look-ups by number that found nobody. Counted and limited, so that numbers cannot be tried out.

The count lies in the database, for all workers together, and is written by the statement that missed; a hit writes
nothing of it. Look-ups that are under way together cannot pass a terminal's limit together: what the count has no room
for any more is not told. Those of several terminals can pass their facility's, by what they have under way. Beyond the limit nothing is read, and nothing recorded either, so that a flood writes nothing; the metrics
count the refusals by their code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import MISS_RUNS

log = structlog.get_logger()

_FIRST_TOLD = 10
"""The length of a run that is told first; from then on, each time that it has doubled."""

ASKING_GATE = """
gate AS MATERIALIZED (
    SELECT t.client_id IS NOT NULL AS admitted,
           coalesce($2::text = ANY (t.rights), false) AS entitled,
           t.institution_code,
           t.kind AS facility_kind,
           coalesce(least($3::integer - m.of_terminal, $4::integer - m.of_facility), 1) AS misses_left
    FROM (VALUES (true)) AS always (one)
    LEFT JOIN (
        SELECT c.client_id, c.rights, f.institution_code, f.kind
        FROM client c JOIN facility f USING (institution_code)
        WHERE c.client_id = $1 AND c.closed_at IS NULL AND f.closed_at IS NULL
    ) t ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(misses) FILTER (WHERE client_id = $1), 0)::integer AS of_terminal,
               coalesce(sum(misses), 0)::integer AS of_facility
        FROM number_miss
        WHERE institution_code = t.institution_code AND hour = date_trunc('hour', now())
    ) m
)
"""
"""May this terminal ask at all, and how many misses has it left in the hour?

Parameters 1–4: client, right, the hourly limits of a terminal and of a facility (null: not limited).
"""

MAY_ASK = "admitted AND entitled AND misses_left > 0"

COUNT_MISSES = """
missed (misses) AS MATERIALIZED ({missed}),
counted AS (
    INSERT INTO number_miss AS m (institution_code, client_id, hour, misses, run, missed_at)
    SELECT g.institution_code, $1, date_trunc('hour', now()), s.misses, s.misses, now()
    FROM gate g CROSS JOIN missed s
    WHERE s.misses > 0 AND $3 IS NOT NULL AND {may_ask}
    ON CONFLICT (institution_code, client_id) DO UPDATE SET
        misses = excluded.misses + CASE WHEN m.hour = excluded.hour THEN m.misses ELSE 0 END,
        run = excluded.run + CASE WHEN m.missed_at > now() - interval '60 seconds' THEN m.run ELSE 0 END,
        hour = excluded.hour,
        missed_at = excluded.missed_at
    WHERE m.hour <> excluded.hour OR m.misses + excluded.misses <= least($3, $4)
    RETURNING run
)
"""
"""Count the misses that `missed` gives (one row, one column), unless they are not limited, nothing may be asked, or
others that were under way have left no room.

Misses within 60 seconds of each other are a run.
"""

OVERTAKEN = "(SELECT misses > 0 AND $3 IS NOT NULL AND NOT EXISTS (SELECT FROM counted) FROM missed)"
"""Whether there are misses that could not be counted: what was found must not be told."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the gate said, and what the misses made of the terminal's run (None without a miss)."""

    admitted: bool
    entitled: bool
    within_limit: bool
    run: int | None

    @classmethod
    def of(cls, row: Any) -> Turn:
        """The turn in a row of a statement that selects the gate's columns, `overtaken` and `run`."""
        within_limit = row["misses_left"] > 0 and not row["overtaken"]
        return cls(row["admitted"], row["entitled"], within_limit, row["run"])

    def check(self, now: datetime) -> None:
        """Raises `client-closed`, `right-missing` or `number-miss-limit`."""
        if not self.admitted:
            raise ShikakuError("client-closed")
        if not self.entitled:
            raise ShikakuError("right-missing")
        if not self.within_limit:
            raise ShikakuError("number-miss-limit", retry_after=seconds_to_the_next_hour(now))


def seconds_to_the_next_hour(now: datetime) -> int:
    """After how many seconds an hourly count begins anew."""
    return 3600 - (now.minute * 60 + now.second)


def limits(settings: Settings) -> tuple[int, int]:
    """The hourly limits of a terminal and of a facility."""
    return settings.number_misses_per_hour, settings.number_misses_per_hour_of_facility


def tell_run(caller: Caller, run: int | None, missed: int = 1) -> None:
    """Tell of a run that has just reached 10, 20, 40 … misses: who asks, never for what."""
    mark = _FIRST_TOLD
    while run is not None and mark <= run:
        if run - missed < mark:
            MISS_RUNS.inc()
            log.warning("number_misses_in_a_row", client_id=str(caller.client_id), run=run)
        mark *= 2
