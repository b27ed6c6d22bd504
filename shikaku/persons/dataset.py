"""Loads persons and insurers for a given day, with complete enrolments before and after the changes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from shikaku.persons.days import resolve
from shikaku.persons.person import Insurer, Person, Ticket, When

DATA = Path(__file__).parent / "data"

MEMBERSHIP = ("insurer_number", "symbol", "number", "branch", "birth_date")
"""The items that identify a membership in look-ups and changes."""

Member = dict[str, Any]
"""An enrolment: all items of the contract by name, including the insurer's number."""

_INSURERS = "insurers.toml"

_ABSENT: dict[str, Any] = {
    "insured_name": None,
    "insured_birth_date": None,
    "name_alias": None,
    "name_alias_kana": None,
    "sex_on_certificate": None,
    "lost_on": None,
    "reason_of_loss": None,
    "issued_on": None,
    "valid_from": None,
    "valid_to": None,
    "burden_ratio": None,
    "elderly_certificate": None,
    "limit_certificate": None,
    "specific_diseases": [],
    "nondisclosure": False,
    "self_disclosure_blocked": False,
}
"""Default values of items that the data may leave out."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """The day of the run, the insurers by their key in the data, the persons by theme (Japanese, English)."""

    today: str
    insurers: Mapping[str, Insurer]
    groups: Mapping[tuple[str, str], tuple[Person, ...]]

    @property
    def persons(self) -> list[Person]:
        """All persons, in order."""
        return [person for group in self.groups.values() for person in group]

    def person(self, person_id: str) -> Person:
        """The person with this id."""
        [found] = [person for person in self.persons if person.id == person_id]
        return found

    def enrolment(self, person: Person, of: int, when: When = "after") -> Member:
        """The enrolment `of` (from 1) as the insurer registers it."""
        given = person.enrolments[of - 1]
        insurer = self.insurers[given.insurer]
        defaults = {
            "insurer_number": insurer.number,
            "certificate_kind": "01",
            "symbol": insurer.symbol,
            "number": f"77{person.number:02d}",
            "branch": "00" if insurer.symbol else None,
            "relationship": "1",
        }
        register = person.resident()
        del register["resident_id"]
        items = defaults | register | _ABSENT | given.items
        for change in person.changes:
            if when == "after" and change.of == of and change.kind in ("end", "correct"):
                items |= change.items
        return items

    def members(self, insurer: str) -> list[Member]:
        """The enrolments of an insurer after all changes."""
        return [
            self.enrolment(person, of)
            for person in self.persons
            for of, given in enumerate(person.enrolments, start=1)
            if given.insurer == insurer
        ]

    def correction(self, person: Person, of: int) -> dict[str, Any]:
        """The request body that corrects the enrolment `of`: the former period and the corrected member."""
        former = self.enrolment(person, of, "before")
        period = {name: former[name] for name in (*MEMBERSHIP, "acquired_on")}
        return {"former": period, "member": self.enrolment(person, of)}

    def ticket(self, person: Person, of: int, ticket: Ticket) -> dict[str, Any]:
        """A ticket with its recipient, as the welfare office registers it."""
        recipient = self.enrolment(person, of)
        names = {"recipient_number": recipient["number"], "birth_date": recipient["birth_date"]}
        return names | ticket.as_answer()


@lru_cache(maxsize=16)
def load_dataset(today: date | None = None) -> Dataset:
    """Read the data, with days resolved for `today` or else as written. Raises pydantic's ValidationError."""
    files = {path.name: _read(path, today) for path in sorted(DATA.glob("*.toml"))}
    insurers = {name: Insurer.model_validate(insurer) for name, insurer in files.pop(_INSURERS).items()}
    groups = {
        tuple(file["about"]): tuple(Person.model_validate(person) for person in file["person"])
        for file in files.values()
    }
    return Dataset(today.isoformat() if today else "today", insurers, groups)


def residents(data: Dataset, pin: str) -> Iterator[dict[str, Any]]:
    """Input lines of `jpki-mock import-residents`: each person, with the order of a card with this `pin`."""
    for person in data.persons:
        yield person.resident() | ({"card": _card_order(person, pin)} if person.has_card else {})


def _card_order(person: Person, pin: str) -> dict[str, Any]:
    card = person.card
    return {
        "pin": None if card.no_pin else pin,
        "carrier": card.carrier,
        "key": card.key,
        "issued_on": card.issued_on,
    }


def _read(path: Path, today: date | None) -> dict[str, Any]:
    read = _written(path)
    return read if today is None else {name: resolve(value, today) for name, value in read.items()}


@cache
def _written(path: Path) -> dict[str, Any]:
    """A file's content, with days as written; nobody changes it."""
    return tomllib.loads(path.read_text(encoding="utf-8"))
