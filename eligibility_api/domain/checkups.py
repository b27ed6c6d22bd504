"""Which health check-ups (特定健診) a history shows of those that insurers have loaded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple


class LoadedCheckup(NamedTuple):
    """A check-up as an insurer loaded it."""

    number: int
    """The store's: the greater one is the later."""
    insurer_number: str
    examined_on: date
    known_from: datetime
    items: str | list[Any]


def latest_per_day(checkups: Iterable[LoadedCheckup], instant: datetime) -> list[LoadedCheckup]:
    """What is known at `instant`, the newest day first: of one insurer and day the check-up that was loaded last."""
    latest: dict[tuple[date, str], LoadedCheckup] = {}
    for checkup in sorted(checkups, key=lambda one: (one.known_from, one.number)):
        if checkup.known_from <= instant:
            latest[checkup.examined_on, checkup.insurer_number] = checkup
    return [latest[place] for place in sorted(latest, reverse=True)]
