"""The reference model's data: rows of the member files, month by month, as events to be replayed.

A question is about one person: only the rows of her memberships are replayed. And only rows about some
residents are held in memory, so that a dataset may have any size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import ceil
from pathlib import Path

from jpki_mock.register.resident import Resident
from loadtest.dataset.bulk_population import BulkPopulation
from loadtest.dataset.member_files import (
    insurer_names,
    member_files,
    membership_of,
    read_cells,
    row_of,
)
from loadtest.dataset.register_matching import Differences, Match, RegisterMatching
from loadtest.model.answer import Answer, Question, answer
from loadtest.model.events import Event, FilePublished, FileUndone, Membership, Row
from loadtest.model.replay import Key, Knowledge, key_of, replay

_FIRST = datetime(2020, 1, 1, tzinfo=UTC)
"""When the first month's files were published, for the model: long before any question."""

FAR_FUTURE = datetime.max.replace(tzinfo=UTC)
"""An instant after all events."""


def read_residents(path: Path) -> Iterator[Resident]:
    """The residents of a file. Raises OSError, pydantic.ValidationError."""
    with path.open(encoding="utf-8") as lines:
        yield from map(Resident.model_validate_json, lines)


def sample_residents(path: Path, people: int, maximum: int) -> list[Resident]:
    """Up to `maximum` residents of a file of `people`, evenly spaced. Raises as `read_residents`."""
    stride = ceil(people / maximum)
    with path.open(encoding="utf-8") as lines:
        return [Resident.model_validate_json(line) for line in islice(lines, 0, None, stride)]


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row of a file; files are numbered in the order of publication.

    `proposed`: the register only proposes the row's person, and nobody has confirmed that.
    """

    file: int
    row: Row
    proposed: bool = False


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """When a file was published, and when it was undone, if it was."""

    at: datetime
    undone_at: datetime | None = None

    def events(self, name: str, rows: Sequence[Row]) -> Iterator[Event]:
        """The file as events, with some of its rows."""
        yield FilePublished(self.at, name, rows)
        if self.undone_at is not None:
            yield FileUndone(self.undone_at, name)


class ReferenceData:
    """The member files' rows about some residents, each with the register's matching person.

    Insurers confirm the persons who are proposed in the first files (`payer-mock load`), and none afterwards. Their
    word holds for all memberships of the person there, with the same differences or fewer (rule R9).
    """

    def __init__(self, folder: Path, residents: Path, about: Sequence[Resident]) -> None:
        """`folder`: output of `payer-mock population`; `residents`: its residents; `about`: known subjects.

        Raises OSError, KeyError, ValueError for malformed files.
        """
        self._register = RegisterMatching(about, read_residents(residents))
        self._names = insurer_names(folder / "insurers.csv")
        self._of_key: defaultdict[Key, list[FileRow]] = defaultdict(list)
        self._confirmed: defaultdict[tuple[str, str], set[Differences]] = defaultdict(set)
        self._of_person: defaultdict[str, set[Key]] = defaultdict(set)
        files = list(member_files(folder))
        self._months = 1 + max((month for month, _ in files), default=-1)
        self._files = [PublishedFile(_FIRST + timedelta(days=month)) for month in range(self._months)]
        for month, file in files:
            self._read(month, file)
        # A row that the register does not match to anybody is still part of its membership's history.
        for month, file in files:
            self._read_unmatched(month, file)
        self._sort()

    def publish(self, file: Path, published: PublishedFile) -> None:
        """Add a file that its insurer has published, later than all others. Raises as the constructor."""
        number = len(self._files)
        self._files.append(published)
        self._read(number, file)
        self._read_unmatched(number, file)
        self._sort()

    @property
    def changes(self) -> list[datetime]:
        """The instants at which the known data change, without those of the first files."""
        later = self._files[self._months :]
        return sorted(
            at for published in later for at in (published.at, published.undone_at) if at is not None
        )

    def _sort(self) -> None:
        for history in self._of_key.values():
            history.sort(key=_file_number)

    def _read(self, number: int, file: Path) -> None:
        """Add the rows that are about one of the residents."""
        for cells in read_cells(file):
            match = self._register.match(cells)
            if match is not None:
                row = row_of(cells, self._names, match.person)
                self._add(FileRow(number, row, self._is_proposed(number, row, match)))

    def _is_proposed(self, number: int, row: Row, match: Match) -> bool:
        """Whether the insurer of a row has still to confirm its person. Of the first files it has."""
        confirmed = self._confirmed[row.membership.insurer_number, match.person]
        if number < self._months:
            confirmed.add(match.differences)
            return False
        return match.is_variant and not any(match.differences <= before for before in confirmed)

    def _read_unmatched(self, number: int, file: Path) -> None:
        """Add the other rows of their memberships."""
        for cells in read_cells(file):
            if self._register.match(cells) is None and key_of(membership_of(cells)) in self._of_key:
                self._add(FileRow(number, row_of(cells, self._names, None)))

    def _add(self, row: FileRow) -> None:
        key = key_of(row.row.membership)
        self._of_key[key].append(row)
        if row.row.person is not None:
            self._of_person[row.row.person].add(key)

    def keys_of(self, persons: Iterable[str]) -> set[Key]:
        """The memberships of some persons."""
        return {key for person in persons for key in self._of_person.get(person, ())}

    @property
    def memberships(self) -> list[Membership]:
        """Every membership of the first files, as written in the newest one of them.

        A later file, undone since, may have had wrong ones.
        """
        first = ([each for each in history if each.file < self._months] for history in self._of_key.values())
        return [history[-1].row.membership for history in first if history]

    def answer(self, question: Question, known_at: datetime = FAR_FUTURE) -> Answer:
        """The expected answer by what was known at an instant."""
        return answer(self._known_for(question, known_at), question)

    def _known_for(self, question: Question, known_at: datetime) -> Knowledge:
        """What is known of the person in question, and of everybody who shares a membership with her."""
        keys = set(self._of_person.get(question.person or "", ()))
        if question.membership is not None:
            # Without a branch every member of the number is meant: no question is put so here.
            keys.add(key_of(question.membership))
        persons = {row.row.person for key in keys for row in self._of_key.get(key, ())} - {None}
        for person in persons:
            keys |= self._of_person[person or ""]
        return replay(self._events(keys), known_at)

    def _events(self, keys: set[Key]) -> list[Event]:
        rows: defaultdict[int, list[Row]] = defaultdict(list)
        for key in sorted(keys):
            for row in _linked(self._of_key.get(key, ())):
                rows[row.file].append(row.row)
        of_files = (
            published.events(f"file {number}", rows[number]) for number, published in enumerate(self._files)
        )
        return sorted((event for events in of_files for event in events), key=_instant)


def _linked(history: Iterable[FileRow]) -> Iterator[FileRow]:
    """The rows of a membership, each with the person that the membership is linked to.

    A link, once made, stays: where the register matches a later row to somebody else, that waits for the
    insurer.
    """
    person: str | None = None
    for row in history:
        if person is None and row.proposed:
            yield replace(row, row=row.row._replace(person=None, unconfirmed=True))
        elif person is None or row.row.person == person:
            person = row.row.person
            yield replace(row, row=row.row._replace(unconfirmed=row.proposed))
        else:
            yield replace(row, row=row.row._replace(person=person, unconfirmed=True))


def _file_number(row: FileRow) -> int:
    return row.file


def _instant(event: Event) -> datetime:
    return event.at


@dataclass(frozen=True, slots=True)
class AnswerIndex:
    """The expected answers about a whole dataset: people of the member files, and the bulk population."""

    reference_data: ReferenceData
    bulk: BulkPopulation | None = None

    @property
    def changes(self) -> Sequence[datetime]:
        """The instants of the run at which the known data change. Those of the bulk population never do."""
        return self.reference_data.changes

    def answer(self, question: Question, known_at: datetime) -> Answer:
        """The expected answer by what was known at an instant."""
        if self.bulk is not None and self.bulk.covers(question):
            return self.bulk.answer(question)
        return self.reference_data.answer(question, known_at)
