"""Today's visits: each under a random id and its day, until midnight in Japan."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from clinic_terminal.clock import JAPAN
from clinic_terminal.store.database import StoreDatabase
from clinic_terminal.store.records import Kind, Visit

_ID_BYTES = 12


def new_visit_id() -> str:
    """A random id, which may stand in an address."""
    return secrets.token_urlsafe(_ID_BYTES)


def end_of(day: date, more_days: int = 0) -> datetime:
    """Midnight in Japan after `day` and so many more days."""
    return datetime.combine(day + timedelta(days=1 + more_days), time(), tzinfo=JAPAN)


def _day_of(visit: Visit) -> date:
    return visit.at.astimezone(JAPAN).date()


class Visits:
    """The visits of a store. Every call may raise TerminalError `store-failed`."""

    def __init__(self, database: StoreDatabase) -> None:
        self._database = database

    def put(self, visit: Visit, ends_at: datetime, keys: Iterable[bytes] = ()) -> None:
        """Keep a visit, to be found by more keys too."""
        found_by = [self._day(_day_of(visit)), self._id(visit.visit_id), *keys]
        self._database.put(Kind.VISIT, visit.model_dump_json().encode(), ends_at, found_by)

    def of_day(self, day: date) -> tuple[Visit, ...]:
        """The visits of a day, oldest first."""
        found = self._database.find(Kind.VISIT, self._day(day))
        return tuple(Visit.model_validate_json(entry.value) for entry in reversed(found))

    def with_key(self, key: bytes, day: date) -> tuple[Visit, ...]:
        """The visits of a day with this key, newest first."""
        found = (Visit.model_validate_json(entry.value) for entry in self._database.find(Kind.VISIT, key))
        return tuple(visit for visit in found if _day_of(visit) == day)

    def find(self, visit_id: str) -> Visit | None:
        """The visit with this id."""
        found = self._database.find(Kind.VISIT, self._id(visit_id))
        return Visit.model_validate_json(found[0].value) if found else None

    def change(self, visit: Visit) -> None:
        """Replace the visit with this id, if it is still there."""
        with self._database.transaction():
            for entry in self._database.find(Kind.VISIT, self._id(visit.visit_id)):
                self._database.change(Kind.VISIT, entry.id, visit.model_dump_json().encode())

    def _day(self, day: date) -> bytes:
        return self._database.digest(Kind.VISIT, day.isoformat())

    def _id(self, visit_id: str) -> bytes:
        return self._database.digest(Kind.VISIT, "id", visit_id)
