"""What insurers told the fund of the nation's members, as the naive model hears it: their files, month by month.

A question is about one person: only what was said of her memberships is replayed. And only what was said of some
residents is held in memory, so that a nation of any size can be asked about.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from math import ceil
from pathlib import Path

from jpki_mock.register.matching import Attributes, match_key
from jpki_mock.register.resident import Resident
from loadtest.dataset.member_files import (
    Cells,
    insurer_names,
    member_files,
    membership_of,
    read_cells,
    row_of,
)
from loadtest.model.answer import Answer, Question, answer
from loadtest.model.events import Event, FilePublished, FileUndone, Membership, Row
from loadtest.model.replay import Key, Knowledge, key_of, replay

_FIRST = datetime(2020, 1, 1, tzinfo=UTC)
"""When the first month's files showed, so far as the model is concerned: long ago."""

ALWAYS = datetime.max.replace(tzinfo=UTC)
"""An instant after everything."""


def read_residents(path: Path) -> Iterator[Resident]:
    """The residents of a file. Raises OSError, pydantic.ValidationError."""
    with path.open(encoding="utf-8") as lines:
        yield from map(Resident.model_validate_json, lines)


def spread(path: Path, people: int, most: int) -> list[Resident]:
    """`most` residents of a file of so many people at most, evenly from all of it. Raises as `read_residents`."""
    stride = ceil(people / most)
    with path.open(encoding="utf-8") as lines:
        return [Resident.model_validate_json(line) for line in islice(lines, 0, None, stride)]


@dataclass(frozen=True, slots=True)
class Message:
    """One row of a file, the files numbered in the order in which they showed."""

    file: int
    row: Row


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """From when a file showed, and until when, where it was taken back."""

    at: datetime
    undone_at: datetime | None = None

    def told(self, name: str, rows: Sequence[Row]) -> Iterator[Event]:
        """As events, with some of its rows."""
        yield FilePublished(self.at, name, rows)
        if self.undone_at is not None:
            yield FileUndone(self.undone_at, name)


class ReferenceData:
    """What the files of a country's months say of some residents, and whom the resident register shows for each row."""

    def __init__(self, folder: Path, residents: Path, about: Sequence[Resident]) -> None:
        """`folder` as `payer-mock country` made it, with the file of its residents; `about`: whom can be asked about.

        Raises OSError, KeyError, ValueError for what is none.
        """
        self._register = _Register(about, read_residents(residents))
        self._names = insurer_names(folder / "insurers.csv")
        self._of_key: defaultdict[Key, list[Message]] = defaultdict(list)
        self._of_person: defaultdict[str, set[Key]] = defaultdict(set)
        files = list(member_files(folder))
        self._months = 1 + max((month for month, _ in files), default=-1)
        self._files = [PublishedFile(_FIRST + timedelta(days=month)) for month in range(self._months)]
        for month, file in files:
            self._read(month, file)
        # What the register does not show for one month's row of a membership is part of its history all the same.
        for month, file in files:
            self._read_others(month, file)
        self._sort()

    def show(self, file: Path, shown: PublishedFile) -> None:
        """One file more, which its insurer has had published, later than all before. Raises as the making."""
        number = len(self._files)
        self._files.append(shown)
        self._read(number, file)
        self._read_others(number, file)
        self._sort()

    @property
    def changes(self) -> list[datetime]:
        """The instants from which something else is known, those of the first files apart."""
        later = self._files[self._months :]
        return sorted(at for shown in later for at in (shown.at, shown.undone_at) if at is not None)

    def _sort(self) -> None:
        for said in self._of_key.values():
            said.sort(key=_number_of)

    def _read(self, number: int, file: Path) -> None:
        """Take the rows that are about one of those residents."""
        for cells in read_cells(file):
            person = self._register.person(cells)
            if person is not None:
                self._take(Message(number, row_of(cells, self._names, person)))

    def _read_others(self, number: int, file: Path) -> None:
        """Take the other rows of their memberships."""
        for cells in read_cells(file):
            if self._register.person(cells) is None and key_of(membership_of(cells)) in self._of_key:
                self._take(Message(number, row_of(cells, self._names, None)))

    def _take(self, said: Message) -> None:
        key = key_of(said.row.membership)
        self._of_key[key].append(said)
        if said.row.person is not None:
            self._of_person[said.row.person].add(key)

    @property
    def memberships(self) -> list[Membership]:
        """Every membership as the newest file writes it."""
        return [said[-1].row.membership for said in self._of_key.values()]

    def answer(self, question: Question, known_at: datetime = ALWAYS) -> Answer:
        """What the fund should answer by what was known at an instant."""
        return answer(self._known_for(question, known_at), question)

    def _known_for(self, question: Question, known_at: datetime) -> Knowledge:
        """What is known of the person asked about, and of whoever shares a membership with her."""
        keys = set(self._of_person.get(question.person or "", ()))
        if question.membership is not None:
            # Without a branch every member of the number is meant: the question is never put so here.
            keys.add(key_of(question.membership))
        persons = {said.row.person for key in keys for said in self._of_key.get(key, ())} - {None}
        for person in persons:
            keys |= self._of_person[person or ""]
        return replay(self._events(keys), known_at)

    def _events(self, keys: set[Key]) -> list[Event]:
        rows: defaultdict[int, list[Row]] = defaultdict(list)
        for key in sorted(keys):
            for said in _held(self._of_key.get(key, ())):
                rows[said.file].append(said.row)
        told = (shown.told(f"file {number}", rows[number]) for number, shown in enumerate(self._files))
        return sorted((event for events in told for event in events), key=_instant)


def _held(history: Iterable[Message]) -> Iterator[Message]:
    """What was said of a membership, each row with the person whose it is held to be.

    A link, once made, stays: where the register comes to another result for a later row, that waits for the insurer.
    """
    person: str | None = None
    for said in history:
        if person is None or said.row.person == person:
            person = said.row.person
            yield said
        else:
            yield replace(said, row=said.row._replace(person=person, unconfirmed=True))


def _number_of(said: Message) -> int:
    return said.file


def _instant(event: Event) -> datetime:
    return event.at


class _Register:
    """Whom J-LIS finds by name, kana, birth date, sex and address, as far as it is about certain residents."""

    def __init__(self, about: Iterable[Resident], answer_index: Iterable[Resident]) -> None:
        self._persons = {_match_key(resident): resident.resident_id for resident in about}
        self._quick = {(resident.name_kana, resident.birth_date.isoformat()) for resident in about}
        seen: Counter[bytes] = Counter()
        for resident in answer_index:
            # A nation has many people; only who could be taken for one of ours is looked at closely.
            if (resident.name_kana, resident.birth_date.isoformat()) in self._quick:
                seen[_match_key(resident)] += 1
        for key, count in seen.items():
            if count > 1:
                self._persons.pop(key, None)

    def person(self, cells: Cells) -> str | None:
        """The one of those residents whom a row describes."""
        if (cells["name_kana"], cells["birth_date"]) not in self._quick:
            return None
        birth_date = date.fromisoformat(cells["birth_date"])
        return self._persons.get(
            match_key(
                Attributes(cells["name"], cells["name_kana"], birth_date, cells["sex"], cells["address"])
            )
        )


def _match_key(r: Resident) -> bytes:
    return match_key(Attributes(r.name, r.name_kana, r.birth_date, r.sex, r.address))
