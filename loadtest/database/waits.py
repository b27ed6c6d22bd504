"""States and wait events of the database's sessions (pg_stat_activity), sampled several times a second.

An active session without a wait event is running or queued for a processor: PostgreSQL does not distinguish
these.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CPU = "CPU"

SESSIONS_QUERY = """SELECT state, wait_event_type, wait_event, count(*) AS sessions
  FROM pg_stat_activity
 WHERE pid <> pg_backend_pid() AND datname = current_database() AND state IS NOT NULL
   AND backend_type IN ('client backend', 'parallel worker')
 GROUP BY 1, 2, 3"""


@dataclass(slots=True)
class WaitSamples:
    """Sums over all samples.

    `seconds`: by second of the clock, the number of samples and the active sessions.
    """

    count: int = 0
    sessions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By state and wait event, such as `active`, `LWLock / WALWrite`."""

    seconds: dict[int, tuple[int, Counter[str]]] = field(default_factory=dict)
    """By type of wait event, such as `LWLock`."""

    def add(self, at: float, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add one sample, taken at an instant in seconds."""
        self.count += 1
        count, kinds = self.seconds.get(int(at), (0, Counter()))
        for row in rows:
            kind = row["wait_event_type"] or CPU
            event = f"{kind} / {row['wait_event']}" if row["wait_event"] else CPU
            state = str(row["state"])
            # An idle session waits for its client; its wait event carries no information.
            self.sessions[state, event if state != "idle" else ""] += row["sessions"]
            if state == "active":
                kinds[kind] += row["sessions"]
        self.seconds[int(at)] = (count + 1, kinds)

    def means(self) -> dict[str, dict[str, float]]:
        """The mean number of sessions by state and wait event, the most frequent first."""
        means: dict[str, dict[str, float]] = defaultdict(dict)
        for (state, event), sessions in self.sessions.most_common():
            means[state][event] = sessions / self.count
        return dict(means)
