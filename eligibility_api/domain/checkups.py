"""Selects the health check-ups (特定健診) that a history shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple


class LoadedCheckup(NamedTuple):
    """A check-up that an insurer loaded."""

    number: int
    """The store's number; a greater one was stored later."""
    insurer_number: str
    examined_on: date
    known_from: datetime
    items: str | list[Any]


def latest_per_day(checkups: Iterable[LoadedCheckup], instant: datetime) -> list[LoadedCheckup]:
    """The check-ups known at `instant`, newest first; per insurer and day the one loaded last (rule H9)."""
    latest: dict[tuple[date, str], LoadedCheckup] = {}
    for checkup in sorted(checkups, key=lambda one: (one.known_from, one.number)):
        if checkup.known_from <= instant:
            latest[checkup.examined_on, checkup.insurer_number] = checkup
    return [latest[place] for place in sorted(latest, reverse=True)]
