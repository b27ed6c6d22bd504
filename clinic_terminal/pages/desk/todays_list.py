"""The list of today's visits as the desk shows it; read again only when the store has changed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from clinic_terminal.pages.desk.asking import Asking, Question
from clinic_terminal.pages.desk.differences import Decision, differences
from clinic_terminal.pages.desk.visit_view import mark_of, needs_attention, shape_of
from clinic_terminal.store import TerminalStore
from clinic_terminal.store.records import Visit


@dataclass(frozen=True, slots=True)
class Line:
    """A visit in the list. `changed`: how many differences nobody has decided."""

    visit: Visit
    kind: str
    icon: str
    name: str
    kana: str
    mark: str | None
    changed: int


@dataclass(frozen=True, slots=True)
class Listed:
    """Today's list, newest first: the questions that wait, then the visits; how many, and how many need somebody."""

    waiting: Sequence[Question]
    lines: Sequence[Line]
    attention: int


class TodaysList:
    """The visits of the store, and those that it could not keep. Thread-safe."""

    def __init__(self, store: TerminalStore, asking: Asking) -> None:
        self._store, self._asking = store, asking
        self._read: tuple[object, Sequence[Line], int] = (None, (), 0)
        self._lock = threading.Lock()

    def of(self, today: date) -> Listed:
        """The list of a day."""
        with self._lock:
            unkept = self._asking.unkept_visits(today)
            # Before the visits are read: what is changed meanwhile is read the next time.
            state = (today, self._store.version(), [visit.visit_id for visit in unkept])
            if self._read[0] != state:
                visits = [*self._store.visits(today), *unkept]
                attention = sum(needs_attention(visit) for visit in visits)
                self._read = (state, [self._line(visit) for visit in reversed(visits)], attention)
            _, lines, attention = self._read
        return Listed(self._asking.waiting()[::-1], lines, attention)

    def _line(self, visit: Visit) -> Line:
        shape, enrolment = shape_of(visit), visit.enrolment
        name, kana = ("", "") if enrolment is None else (enrolment.name, enrolment.name_kana or "")
        found = differences(visit, self._store.charts.find(visit))
        changed = sum(one.decision is Decision.OPEN for one in found)
        return Line(visit, shape.kind, shape.icon, name, kana, mark_of(visit, changed), changed)
