"""What operators read of visitors' histories: fetched once, kept in memory until the consent or the session ends.

Each fetch leaves a line that the patient can read. A filter is therefore applied to what was fetched, which is fetched
again after ten minutes, so that a consent that was withdrawn elsewhere does not stay open here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from weakref import WeakKeyDictionary

from clinic_terminal.exchange.operator import Operator
from clinic_terminal.pages.history.access import RESOURCES, Lack, Part, View, fetch, may_read_in_emergencies
from clinic_terminal.pages.history.choice import Choice
from clinic_terminal.pages.history.typed_entry import Entry, TypedEntry
from clinic_terminal.pages.session import DeskSession
from clinic_terminal.pages.terminal import PagesTerminal
from clinic_terminal.store.records import Visit
from eligibility_api.contract.duplicate_checks import DuplicateCheckAnswer, DuplicateFinding
from eligibility_api.contract.emergency import PermitAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history import Grouping, HistoryResource
from eligibility_api.contract.prescriptions import EntryAnswer

FRESH_SECONDS = 600.0
"""What was fetched is shown for so long without asking the fund again."""

MAX_READINGS = 20
"""Visits of which one session may keep something; a further one ends the oldest."""

Parts = dict[HistoryResource, Part]
Key = tuple[View, Grouping | None]


@dataclass(frozen=True, slots=True)
class _Load:
    """A fetch that has begun."""

    began: float
    parts: Future[Parts]


@dataclass(frozen=True, slots=True)
class CheckedEntry:
    """A prescription or dispensing that may be registered next, under this idempotency key, and no other.

    `typed`: from which it was read. `found` is None where the check could not be done; `problem` says why.
    `until`: how long its findings may be seen, as a `Part`'s page. `registered`: the fund's answer, once there is one.
    """

    key: str
    typed: TypedEntry
    entry: Entry
    found: DuplicateCheckAnswer | None = None
    problem: ShikakuError | None = None
    registered: EntryAnswer | None = None
    until: datetime | None = None

    @property
    def findings(self) -> Sequence[DuplicateFinding]:
        """The medicines that the check named: of other institutions, under the patient's consent."""
        return self.found.findings if self.found is not None else ()

    def without_findings(self) -> CheckedEntry:
        """The same with the facts alone, as a check without consent has them."""
        if self.found is None:
            return self
        return replace(self, found=self.found.model_copy(update={"consented": False, "findings": []}))


class Reading:
    """What one operator reads of one visitor's history. Thread-safe.

    `choice`: which rows. `emergency`: the permit without consent, once there is one. `is_hospital`: whether the
    facility may have one, as far as the fund answered.
    """

    def __init__(
        self, terminal: PagesTerminal, visit: Visit, operator: Operator, ticks: Callable[[], float]
    ) -> None:
        """`ticks`: monotonic seconds."""
        self.visit = visit
        self.operator = operator
        self.choice = Choice()
        self.emergency: PermitAnswer | None = None
        self.is_hospital = False
        self._checked_entry: CheckedEntry | None = None
        self._terminal = terminal
        self._ticks = ticks
        self._loads: dict[Key, _Load] = {}
        self._good: dict[Key, Parts] = {}
        self._has_ended: set[View] = set()
        self._lock = threading.Lock()

    def parts(self, view: View, patience_seconds: float) -> Parts | None:
        """The resources of a view; None if they have not arrived within these seconds.

        Where the connection fails, what was fetched before is shown, together with the problem.
        """
        key = self._key(view)
        if view in self._has_ended:
            return {resource: Part(lack=Lack.ENDED) for resource in RESOURCES[view]}
        load = self._load(key)
        try:
            parts = load.parts.result(patience_seconds)
        except NotYet:
            return None
        except BaseException:
            self._drop(key, load)  # the next look asks again
            raise
        return self._checked(key, load, parts, self._terminal.clock())

    def read_without_consent(self, permit: PermitAnswer) -> None:
        """From now on read under the permit of an emergency."""
        with self._lock:
            self.emergency = permit
            self._loads.clear()
            self._good.clear()
            self._has_ended.clear()

    @property
    def checked(self) -> CheckedEntry | None:
        """What the operator is about to register, or did last; without findings once the consent has ended."""
        with self._lock:
            checked = self._checked_entry
            if checked is not None and checked.until is not None and checked.until <= self._terminal.clock():
                checked = self._checked_entry = checked.without_findings()
            return checked

    @checked.setter
    def checked(self, checked: CheckedEntry | None) -> None:
        """Keep what was checked instead of the former one."""
        with self._lock:
            self._checked_entry = checked

    def known_medicines(self) -> list[Part]:
        """The lists of medicines that were read already and may still be seen; asks nobody."""
        now, resource = self._terminal.clock(), HistoryResource.MEDICATIONS
        with self._lock:
            parts = [parts[resource] for parts in self._good.values() if resource in parts]
        return [part for part in parts if not part.has_ended(now)]

    def ask_again(self, view: View) -> None:
        """Let the next look at a view ask the fund: it has changed."""
        with self._lock:
            for key in [key for key in self._loads if key[0] is view]:
                del self._loads[key]

    def seconds(self, view: View) -> int:
        """How long the fetch of a view has lasted."""
        load = self._loads.get(self._key(view))
        return int(self._ticks() - load.began) if load is not None else 0

    def is_loading(self, view: View) -> bool:
        """Whether the fetch of a view has begun and has no result yet."""
        load = self._loads.get(self._key(view))
        return load is not None and not load.parts.done()

    def _key(self, view: View) -> Key:
        return view, self.choice.grouping if view is View.MEDICINES else None

    def _load(self, key: Key) -> _Load:
        with self._lock:
            load = self._loads.get(key)
            if load is None or (load.parts.done() and self._ticks() - load.began > FRESH_SECONDS):
                load = self._loads[key] = _Load(self._ticks(), Future())
                threading.Thread(target=self._fetch, args=(key, load), name="history", daemon=True).start()
            return load

    def _fetch(self, key: Key, load: _Load) -> None:
        view, grouping = key
        try:
            parts = {
                resource: fetch(
                    self._terminal, self.visit, self.operator, resource, grouping, emergency=self.emergency
                )
                for resource in RESOURCES[view]
            }
            with suppress(ShikakuError):  # what is known stays
                self.is_hospital = may_read_in_emergencies(self._terminal)
            load.parts.set_result(parts)
        except BaseException as error:
            load.parts.set_exception(error)

    def _checked(self, key: Key, load: _Load, parts: Parts, now: datetime) -> Parts:
        """What may be seen of a result now. Nothing is kept of what has ended, and no problem is kept."""
        with self._lock:
            if any(part.has_ended(now) for part in parts.values()):
                self._forget(key[0])
                return {
                    resource: Part(lack=Lack.ENDED) if part.has_ended(now) else part
                    for resource, part in parts.items()
                }
            if any(part.problem is not None for part in parts.values()):
                self._drop(key, load)
                earlier = self._good.get(key, {})
                return {
                    resource: _shown(part, earlier.get(resource), now) for resource, part in parts.items()
                }
            self._good[key] = parts
            return parts

    def _drop(self, key: Key, load: _Load) -> None:
        """Forget a result, unless another fetch has begun since."""
        if self._loads.get(key) is load:
            del self._loads[key]

    def _forget(self, view: View) -> None:
        for kept in (self._loads, self._good):
            for key in [key for key in kept if key[0] is view]:
                del kept[key]
        self._has_ended.add(view)
        if self._checked_entry is not None:
            self._checked_entry = self._checked_entry.without_findings()


def _shown(part: Part, earlier: Part | None, now: datetime) -> Part:
    """A part, or its earlier page where only the connection failed."""
    if not part.is_technical or earlier is None or earlier.has_ended(now):
        return part
    return replace(part, page=earlier.page, until=earlier.until)


class Readings:
    """The readings of all sessions; those of a session end with it."""

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        """`ticks`: monotonic seconds."""
        self._ticks = ticks
        self._by_session: WeakKeyDictionary[DeskSession, dict[str, Reading]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, session: DeskSession, terminal: PagesTerminal, visit: Visit, operator: Operator) -> Reading:
        """The session's reading of a visit; begun at the first call."""
        with self._lock:
            known = self._by_session.setdefault(session, {})
            reading = known.get(visit.visit_id)
            if reading is None:
                while len(known) >= MAX_READINGS:
                    del known[next(iter(known))]
                reading = known[visit.visit_id] = Reading(terminal, visit, operator, self._ticks)
            return reading

    def close(self, session: DeskSession, visit_id: str) -> None:
        """Forget a reading, if there is one."""
        with self._lock:
            self._by_session.get(session, {}).pop(visit_id, None)
