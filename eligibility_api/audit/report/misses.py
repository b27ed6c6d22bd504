"""Runs of look-ups that match nobody: what guessing numbers looks like. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

MIN_RUN = 10
"""Misses from which a run is reported, as the log of a running service does."""

MAX_GAP = timedelta(seconds=60)
"""Longest time between two misses of one run."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A look-up that matched nobody."""

    client_id: UUID
    institution_code: str | None
    kind: str
    at: datetime


@dataclass(slots=True)
class Run:
    """Misses of one terminal by one kind of look-up, each at most `MAX_GAP` after the former one."""

    client_id: UUID
    institution_code: str | None
    kind: str
    first: datetime
    last: datetime
    misses: int = 1


class Runs:
    """The runs among misses that are added by time. Keeps only runs that may go on."""

    def __init__(self) -> None:
        self._open: dict[tuple[UUID, str], Run] = {}

    def add(self, miss: Miss) -> Run | None:
        """Add the next miss; returns the run that it ends, if that is long enough."""
        key = miss.client_id, miss.kind
        run = self._open.get(key)
        if run is not None and miss.at - run.last <= MAX_GAP:
            run.last, run.misses = max(run.last, miss.at), run.misses + 1
            return None
        self._open[key] = Run(miss.client_id, miss.institution_code, miss.kind, miss.at, miss.at)
        return run if run is not None and run.misses >= MIN_RUN else None

    def ended(self, now: datetime | None = None) -> Iterator[Run]:
        """Forget the runs that no miss from `now` on can continue (None: all), and return the long ones."""
        for key, run in list(self._open.items()):
            if now is None or now - run.last > MAX_GAP:
                del self._open[key]
                if run.misses >= MIN_RUN:
                    yield run
