"""The resident register: its SQL, changes, and matching by attributes."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date
from itertools import islice
from typing import NamedTuple

from pydantic import ValidationError

from jpki_mock.errors import InvalidInput, NotAllowed, NotFound
from jpki_mock.register import folding
from jpki_mock.register.matching import Attributes, Difference, Folded, Match, differences, match_key
from jpki_mock.register.person_keys import PersonKeys
from jpki_mock.register.resident import Resident
from jpki_mock.store import Store

_CHUNK = 100_000
_KEYS_PER_STATEMENT = 500
_BY_KEY = """
SELECT {column} AS key, {items} FROM residents WHERE {column} IN ({keys})
"""
_SPELLED = "resident_id, name, name_kana, birth_date, sex, address"
_COLUMNS = """
INTO residents (resident_id, name, name_kana, birth_date, sex, postal_code, address, died_on, match_key, folded_key,
                reading_key)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_NEXT_RESIDENTS = "SELECT * FROM residents WHERE resident_id > ? ORDER BY resident_id LIMIT ?"
_SET_FOLDED_KEYS = "UPDATE residents SET folded_key = ?, reading_key = ? WHERE resident_id = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsChange:
    """New values of a resident's items; None leaves an item as it is."""

    name: str | None = None
    name_kana: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    postal_code: str | None = None
    address: str | None = None

    def values(self) -> dict[str, object]:
        """Return the items that have a new value."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in given.items() if value is not None}


class Found(NamedTuple):
    """How many residents have somebody's attributes: the person key if it is one, and how one is spelled otherwise."""

    match: Match
    person_key: str | None = None
    differences: Sequence[Difference] = ()


NOBODY = Found(Match.NONE)


class Register:
    """The residents of one home folder."""

    def __init__(self, store: Store, person_keys: PersonKeys) -> None:
        self._store = store
        self._person_keys = person_keys
        if store.folding_version != folding.VERSION:
            self._fold_all()

    def add(self, residents: Iterable[Resident]) -> None:
        """Add residents in chunks; a resident whose id exists already is left unchanged."""
        stream = iter(residents)
        with self._rebuilding_indexes():
            while chunk := list(map(_parameters, islice(stream, _CHUNK))):
                with self._store.unit() as connection:
                    connection.executemany("INSERT OR IGNORE" + _COLUMNS, chunk)

    def find(self, resident_id: str) -> Resident:
        """Return a resident. Raises NotFound."""
        row = self._store.row("SELECT * FROM residents WHERE resident_id = ?", resident_id)
        if row is None:
            raise NotFound("The register has no such resident.")
        return _resident(row)

    def count(self, prefix: str) -> int:
        """Return how many residents have an id with this prefix, such as those of one seed."""
        counted = "SELECT count(*) FROM residents WHERE substr(resident_id, 1, length(?1)) = ?1"
        row = self._store.row(counted, prefix)
        return int(row[0]) if row is not None else 0

    def person_key(self, resident_id: str) -> str:
        """Return the resident's pseudonym for the fund (32 hex characters)."""
        return self._person_keys.of(resident_id)

    def match(self, attributes: Attributes | None) -> Found:
        """Find a person by attributes; for None nobody is found.

        A resident who is spelled equally comes first; otherwise the only one with equal folded forms is proposed.
        Residents who have died are found too, since insurers still have to end their membership.
        """
        return self.match_all([attributes])[0]

    def match_all(self, people: Sequence[Attributes | None]) -> list[Found]:
        """Apply `match` to many people, in their order."""
        asked = {place: attributes for place, attributes in enumerate(people) if attributes is not None}
        found = self._match_spelled(asked)
        found |= self._match_folded({place: asked[place] for place in asked.keys() - found.keys()})
        return [found.get(place, NOBODY) for place in range(len(people))]

    def _match_spelled(self, asked: Mapping[int, Attributes]) -> dict[int, Found]:
        """Find residents who are spelled equally."""
        keys = {place: match_key(attributes) for place, attributes in asked.items()}
        residents = self._residents_by("match_key", set(keys.values()), items="resident_id")
        return {place: self._one_of(residents[key]) for place, key in keys.items() if key in residents}

    def _match_folded(self, asked: Mapping[int, Attributes]) -> dict[int, Found]:
        """Find residents whose folded forms fit, by the key of all of them; where ● is written, of the reading."""
        folded = {place: Folded.of(attributes) for place, attributes in asked.items()}
        missing = {place: each.reading_key for place, each in folded.items() if each.has_missing}
        whole = {place: each.key for place, each in folded.items() if place not in missing}
        by_key = self._residents_by("folded_key", set(whole.values()))
        by_reading = self._residents_by("reading_key", set(missing.values()))
        same = {place: by_key.get(key, []) for place, key in whole.items()}
        same |= {place: by_reading.get(key, []) for place, key in missing.items()}
        candidates = {place: _fitting(asked[place], folded[place], rows) for place, rows in same.items()}
        return {place: self._one_of(rows, asked[place]) for place, rows in candidates.items() if rows}

    def _one_of(self, rows: Sequence[sqlite3.Row], asked: Attributes | None = None) -> Found:
        """The only one of the residents; if `asked`, it is a proposal."""
        if len(rows) > 1:
            return Found(Match.AMBIGUOUS)
        [row] = rows
        person_key = self.person_key(row["resident_id"])
        if asked is None:
            return Found(Match.ONE, person_key)
        return Found(Match.VARIANT, person_key, differences(asked, _attributes(row)))

    def _residents_by(
        self, column: str, keys: set[bytes], *, items: str = _SPELLED
    ) -> dict[bytes, list[sqlite3.Row]]:
        found: defaultdict[bytes, list[sqlite3.Row]] = defaultdict(list)
        stream = iter(keys)
        while chunk := list(islice(stream, _KEYS_PER_STATEMENT)):
            statement = _BY_KEY.format(column=column, items=items, keys=",".join("?" * len(chunk)))
            for row in self._store.rows(statement, *chunk):
                found[row["key"]].append(row)
        return dict(found)

    def change(self, resident_id: str, change: ItemsChange) -> Resident:
        """Change a resident's items. Raises NotFound, and InvalidInput for no change or a wrong form."""
        with self._store.unit():
            resident = self.find(resident_id)
            changed = _changed(resident, change)
            if changed == resident:
                raise InvalidInput("The new values do not change anything.")
            self._save(changed)
        return changed

    def record_death(self, resident_id: str, day: date, today: date) -> Resident:
        """Record the day of a death, which must not be after `today`.

        Raises NotFound, InvalidInput, and NotAllowed if a death is already recorded.
        """
        with self._store.unit():
            resident = self.find(resident_id)
            if resident.died_on is not None:
                raise NotAllowed("A death is already recorded.")
            if day < resident.birth_date:
                raise InvalidInput("The day of death is before the birth date.")
            if day > today:
                raise InvalidInput("The day of death is in the future.")
            changed = resident.model_copy(update={"died_on": day})
            self._save(changed)
        return changed

    @contextmanager
    def _rebuilding_indexes(self) -> Iterator[None]:
        """Fill an empty register without its indexes, and build them at the end.

        This is three times as fast.
        """
        if self._store.row("SELECT 1 FROM residents LIMIT 1") is not None:
            yield
            return
        self._store.drop_attribute_indexes()
        try:
            yield
        finally:
            self._store.build_attribute_indexes()

    def _fold_all(self) -> None:
        """Make the residents' folded keys anew, in chunks. An interrupted run is repeated at the next start."""
        last = ""
        while rows := self._store.rows(_NEXT_RESIDENTS, last, _CHUNK):
            last = rows[-1]["resident_id"]
            with self._store.unit() as connection:
                keys = ((*_folded_keys(_attributes(row)), row["resident_id"]) for row in rows)
                connection.executemany(_SET_FOLDED_KEYS, keys)
        self._store.set_folding_version(folding.VERSION)

    def _save(self, resident: Resident) -> None:
        with self._store.unit() as connection:
            connection.execute("INSERT OR REPLACE" + _COLUMNS, _parameters(resident))


def _changed(resident: Resident, change: ItemsChange) -> Resident:
    try:
        return Resident.model_validate(resident.model_dump() | change.values())
    except ValidationError as error:
        raise InvalidInput("A new value does not have the form of a resident's item.") from error


def _parameters(resident: Resident) -> tuple[object, ...]:
    attributes = Attributes(
        resident.name, resident.name_kana, resident.birth_date, resident.sex, resident.address
    )
    return (
        resident.resident_id,
        resident.name,
        resident.name_kana,
        resident.birth_date.isoformat(),
        resident.sex,
        resident.postal_code,
        resident.address,
        None if resident.died_on is None else resident.died_on.isoformat(),
        match_key(attributes),
        *_folded_keys(attributes),
    )


def _fitting(asked: Attributes, folded: Folded, rows: Sequence[sqlite3.Row]) -> list[sqlite3.Row]:
    """The residents whom the attributes fit, of those with the same key.

    Somebody is compared in any case: the time does not depend on whether anybody has this key.
    """
    compared = list(map(_attributes, rows)) or [asked]
    fitting = [folded.fits(Folded.of(register)) for register in compared]
    return [row for row, fits in zip(rows, fitting, strict=False) if fits]


def _folded_keys(attributes: Attributes) -> tuple[bytes, bytes]:
    folded = Folded.of(attributes)
    return folded.key, folded.reading_key


def _attributes(row: sqlite3.Row) -> Attributes:
    return Attributes(
        row["name"], row["name_kana"], date.fromisoformat(row["birth_date"]), row["sex"], row["address"]
    )


def _resident(row: sqlite3.Row) -> Resident:
    return Resident.model_validate({name: row[name] for name in Resident.model_fields})
