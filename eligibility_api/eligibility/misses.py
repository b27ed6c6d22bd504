"""Misses, i.e. look-ups by number that match nobody: counted, rate-limited and logged.

Counted and rate-limited, so that numbers cannot be enumerated.

The counts of terminals and facilities are in the database, shared by all workers, and written by the statement
that missed; a hit writes nothing. Concurrent look-ups of one terminal, or of a facility's terminals, cannot
exceed its limit together: a result whose miss no longer fits the count is withheld. Above the limit nothing is
read or recorded, so that a flood causes no writes; the metrics count the refusals by code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import MISS_STREAKS

log = structlog.get_logger()

_FIRST_LOGGED_STREAK = 10
"""The streak length that is logged first; from then on, each doubling is logged."""

LOOK_UP_CHECK = """
guard AS MATERIALIZED (
    SELECT t.client_id IS NOT NULL AS admitted,
           coalesce(:right::text = ANY (t.rights), false) AS entitled,
           t.institution_code,
           t.kind AS facility_kind,
           coalesce(least(:terminal_limit::integer - m.of_terminal, :facility_limit::integer - m.of_facility), 1) AS misses_left
    FROM (VALUES (true)) AS always (one)
    LEFT JOIN (
        SELECT c.client_id, c.rights, f.institution_code, f.kind
        FROM client c JOIN facility f USING (institution_code)
        WHERE c.client_id = :client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
    ) t ON true
    CROSS JOIN LATERAL (
        SELECT coalesce((SELECT misses FROM number_miss WHERE institution_code = t.institution_code AND client_id = :client_id
                         AND hour = date_trunc('hour', now())), 0) AS of_terminal,
               coalesce((SELECT misses FROM facility_number_miss WHERE institution_code = t.institution_code
                         AND hour = date_trunc('hour', now())), 0) AS of_facility
    ) m
)
"""
"""CTE `guard`: whether this terminal may look up memberships, and its misses left in the hour.

The limits are those of an hour, of a terminal and of a facility (null: not limited).
"""

MAY_LOOK_UP = "admitted AND entitled AND misses_left > 0"

COUNT_MISSES = """
missed (misses) AS MATERIALIZED ({missed}),
counted_of_terminal AS (
    INSERT INTO number_miss AS m (institution_code, client_id, hour, misses, streak, missed_at)
    SELECT g.institution_code, :client_id, date_trunc('hour', now()), s.misses, s.misses, now()
    FROM guard g CROSS JOIN missed s
    WHERE s.misses > 0 AND :terminal_limit IS NOT NULL AND {may_ask}
    ON CONFLICT (institution_code, client_id) DO UPDATE SET
        misses = excluded.misses + CASE WHEN m.hour = excluded.hour THEN m.misses ELSE 0 END,
        streak = excluded.streak + CASE WHEN m.missed_at > now() - interval '60 seconds' THEN m.streak ELSE 0 END,
        hour = excluded.hour,
        missed_at = excluded.missed_at
    WHERE m.hour <> excluded.hour OR m.misses + excluded.misses <= :terminal_limit
    RETURNING institution_code, hour, streak
),
counted AS (
    INSERT INTO facility_number_miss AS f (institution_code, hour, misses)
    SELECT t.institution_code, t.hour, s.misses FROM counted_of_terminal t CROSS JOIN missed s
    ON CONFLICT (institution_code) DO UPDATE SET
        misses = excluded.misses + CASE WHEN f.hour = excluded.hour THEN f.misses ELSE 0 END,
        hour = excluded.hour
    WHERE f.hour <> excluded.hour OR f.misses + excluded.misses <= :facility_limit
    RETURNING (SELECT streak FROM counted_of_terminal) AS streak
)
"""
"""CTE `counted`: counts the misses that `missed` returns (one row, one column).

Not counted without a limit, if the look-up is not allowed, or if concurrent misses of the terminal, or of its
facility's terminals, have used up a limit. A terminal's excess never counts against its facility. Misses within
60 seconds of each other are a streak (column `streak`).
"""

OVER_LIMIT = (
    "(SELECT misses > 0 AND :terminal_limit IS NOT NULL AND NOT EXISTS (SELECT FROM counted) FROM missed)"
)
"""Whether there are misses that could not be counted: the result must be withheld."""


@dataclass(frozen=True, slots=True)
class LookUpQuota:
    """Whether a look-up is allowed and within its limit, and the terminal's current streak of misses."""

    admitted: bool
    entitled: bool
    within_limit: bool
    streak: int | None

    @classmethod
    def of(cls, row: Any) -> LookUpQuota:
        """From a row of a statement that selects the columns of `guard`, `over_limit` and `streak`."""
        within_limit = row["misses_left"] > 0 and not row["over_limit"]
        return cls(row["admitted"], row["entitled"], within_limit, row["streak"])

    def check(self, now: datetime) -> None:
        """Raise `client-closed`, `right-missing` or `number-miss-limit` if the look-up is not allowed."""
        if not self.admitted:
            raise ShikakuError("client-closed")
        if not self.entitled:
            raise ShikakuError("right-missing")
        if not self.within_limit:
            raise ShikakuError("number-miss-limit", retry_after=seconds_to_next_hour(now))


def seconds_to_next_hour(now: datetime) -> int:
    """The seconds until an hourly count starts anew."""
    return 3600 - (now.minute * 60 + now.second)


def limits(settings: Settings) -> tuple[int, int]:
    """The hourly limits of a terminal and of a facility."""
    return settings.number_misses_per_hour, settings.facility_number_misses_per_hour


def log_streak(caller: Caller, streak: int | None, missed: int = 1) -> None:
    """Log a streak that has just reached 10, 20, 40 … misses: the client, never the memberships."""
    threshold = _FIRST_LOGGED_STREAK
    while streak is not None and threshold <= streak:
        if streak - missed < threshold:
            MISS_STREAKS.inc()
            log.warning("number_miss_streak", client_id=str(caller.client_id), streak=streak)
        threshold *= 2
