"""What the database's sessions were doing, looked at several times a second (pg_stat_activity).

A session that works and waits for nothing is at the processor, or in line for it: PostgreSQL does not tell these apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CPU = "CPU"

STATEMENT = """SELECT state, wait_event_type, wait_event, count(*) AS sessions
  FROM pg_stat_activity
 WHERE pid <> pg_backend_pid() AND datname = current_database() AND state IS NOT NULL
   AND backend_type IN ('client backend', 'parallel worker')
 GROUP BY 1, 2, 3"""


@dataclass(slots=True)
class WaitSamples:
    """Sums over all looks. `seconds`: of each second of the clock, how often it was looked, and the active sessions."""

    looks: int = 0
    sessions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By state and by what was waited for, such as `active`, `LWLock / WALWrite`."""

    seconds: dict[int, tuple[int, Counter[str]]] = field(default_factory=dict)
    """By the kind of what was waited for, such as `LWLock`."""

    def take(self, at: float, rows: Sequence[Mapping[str, Any]]) -> None:
        """One look, at an instant in seconds."""
        self.looks += 1
        looks, kinds = self.seconds.get(int(at), (0, Counter()))
        for row in rows:
            kind = row["wait_event_type"] or CPU
            event = f"{kind} / {row['wait_event']}" if row["wait_event"] else CPU
            state = str(row["state"])
            self.sessions[state, event if _at_work(state) else ""] += row["sessions"]
            if state == "active":
                kinds[kind] += row["sessions"]
        self.seconds[int(at)] = (looks + 1, kinds)

    def means(self) -> dict[str, dict[str, float]]:
        """How many sessions were in a state at a time, by what they waited for, the most frequent first."""
        told: dict[str, dict[str, float]] = defaultdict(dict)
        for (state, event), sessions in self.sessions.most_common():
            told[state][event] = sessions / self.looks
        return dict(told)


def _at_work(state: str) -> bool:
    """An idle session waits for its client, and that is all there is to say."""
    return state != "idle"
