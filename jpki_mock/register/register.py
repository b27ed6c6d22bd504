"""The resident register: its SQL, changes, person keys, and matching by attributes."""

import hashlib
import hmac
import secrets
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from jpki_mock.errors import InvalidInput, NotAllowed, NotFound
from jpki_mock.files import write_file
from jpki_mock.register.matching import Attributes, Match, match_key
from jpki_mock.register.resident import Resident
from jpki_mock.store import Store

_CHUNK = 100_000
_KEYS_PER_STATEMENT = 500
_BY_ATTRIBUTES = """
SELECT match_key, resident_id FROM residents WHERE match_key IN ({})
"""
_COLUMNS = """
INTO residents (resident_id, name, name_kana, birth_date, sex, postal_code, address, died_on, match_key)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


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


class PersonKeys:
    """Derives person keys, pseudonyms of residents that cannot be computed without the register's secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def open(cls, path: Path) -> "PersonKeys":
        """Read the secret's file; creates it on first use."""
        if not path.exists():
            write_file(path, secrets.token_bytes(32))
        return cls(path.read_bytes())

    def of(self, resident_id: str) -> str:
        """Return a resident's person key: HMAC-SHA256 of the resident id, truncated to 32 hex characters."""
        return hmac.digest(self._secret, resident_id.encode(), hashlib.sha256).hex()[:32]


class Register:
    """The residents of one home folder."""

    def __init__(self, store: Store, person_keys: PersonKeys) -> None:
        self._store = store
        self._person_keys = person_keys

    def add(self, residents: Iterable[Resident]) -> None:
        """Add residents in chunks; a resident whose id exists already is left unchanged."""
        stream = iter(residents)
        with self._rebuilding_index():
            while chunk := list(map(_parameters, islice(stream, _CHUNK))):
                with self._store.unit() as connection:
                    connection.executemany("INSERT OR IGNORE" + _COLUMNS, chunk)

    def find(self, resident_id: str) -> Resident:
        """Return a resident. Raises NotFound."""
        row = self._store.row("SELECT * FROM residents WHERE resident_id = ?", resident_id)
        if row is None:
            raise NotFound("The register has no such resident.")
        return _resident(row)

    def person_key(self, resident_id: str) -> str:
        """Return the resident's pseudonym for the fund (32 hex characters)."""
        return self._person_keys.of(resident_id)

    def match(self, attributes: Attributes | None) -> tuple[Match, str | None]:
        """Find a person by attributes; returns a person key only for exactly one match, for None nobody.

        Residents who have died are found too, since insurers still have to end their membership.
        """
        return self.match_all([attributes])[0]

    def match_all(self, people: Sequence[Attributes | None]) -> list[tuple[Match, str | None]]:
        """Apply `match` to many people, in their order."""
        keys = [match_key(attributes) if attributes is not None else None for attributes in people]
        found = self._residents_by_key({key for key in keys if key is not None})
        return [self._match_result(found.get(key, ()) if key is not None else ()) for key in keys]

    def _match_result(self, resident_ids: Sequence[str]) -> tuple[Match, str | None]:
        if not resident_ids:
            return Match.NONE, None
        if len(resident_ids) > 1:
            return Match.AMBIGUOUS, None
        return Match.ONE, self.person_key(resident_ids[0])

    def _residents_by_key(self, keys: set[bytes]) -> dict[bytes, list[str]]:
        found: defaultdict[bytes, list[str]] = defaultdict(list)
        stream = iter(keys)
        while chunk := list(islice(stream, _KEYS_PER_STATEMENT)):
            statement = _BY_ATTRIBUTES.format(",".join("?" * len(chunk)))
            for key, resident_id in self._store.rows(statement, *chunk):
                found[key].append(resident_id)
        return found

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
    def _rebuilding_index(self) -> Iterator[None]:
        """Fill an empty register without its index, and build the index at the end.

        This is three times as fast.
        """
        if self._store.row("SELECT 1 FROM residents LIMIT 1") is not None:
            yield
            return
        self._store.drop_attribute_index()
        try:
            yield
        finally:
            self._store.build_attribute_index()

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
    )


def _resident(row: sqlite3.Row) -> Resident:
    return Resident.model_validate({name: row[name] for name in Resident.model_fields})
