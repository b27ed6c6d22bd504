"""All persons and insurers of the data, on the day of the story; their enrolments whole, before and after the changes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from demo.persons.days import resolved
from demo.persons.person import Insurer, Person, Ticket, When

DATA = Path(__file__).parent / "data"

MEMBERSHIP = ("insurer_number", "symbol", "number", "branch", "birth_date")
"""The items by which a membership is asked for and changed."""

Member = dict[str, Any]
"""An enrolment: every item of the contract by its name, the insurer's number among them."""

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
"""Items that a member has only where the data says so."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The day of the story, the insurers by their names in the data, and the persons by what they are about."""

    today: str
    insurers: Mapping[str, Insurer]
    groups: Mapping[str, tuple[Person, ...]]

    @property
    def persons(self) -> list[Person]:
        """All persons in their order."""
        return [person for group in self.groups.values() for person in group]

    def person(self, person_id: str) -> Person:
        """The person with this id."""
        [found] = [person for person in self.persons if person.id == person_id]
        return found

    def enrolment(self, person: Person, of: int, when: When = "after") -> Member:
        """What the insurer says of the enrolment `of` (from 1)."""
        enrolled = person.enrolled[of - 1]
        insurer = self.insurers[enrolled.insurer]
        usual = {
            "insurer_number": insurer.number,
            "certificate_kind": "01",
            "symbol": insurer.symbol,
            "number": f"77{person.number:02d}",
            "branch": "00" if insurer.symbol else None,
            "relationship": "1",
        }
        register = person.resident()
        del register["resident_id"]
        items = usual | register | _ABSENT | enrolled.items
        for change in person.changes:
            if when == "after" and change.of == of and change.kind in ("end", "correct"):
                items |= change.items
        return items

    def members(self, insurer: str) -> list[Member]:
        """What an insurer says of its members in the end."""
        return [
            self.enrolment(person, of)
            for person in self.persons
            for of, enrolled in enumerate(person.enrolled, start=1)
            if enrolled.insurer == insurer
        ]

    def correction(self, person: Person, of: int) -> dict[str, Any]:
        """The body by which the insurer corrects the enrolment `of`: as it was, and as it should have been."""
        former = self.enrolment(person, of, "before")
        period = {name: former[name] for name in (*MEMBERSHIP, "acquired_on")}
        return {"former": period, "member": self.enrolment(person, of)}

    def ticket(self, person: Person, of: int, ticket: Ticket) -> dict[str, Any]:
        """A ticket with its recipient, as the welfare office sends it."""
        recipient = self.enrolment(person, of)
        names = {"recipient_number": recipient["number"], "birth_date": recipient["birth_date"]}
        return names | ticket.said()


def stage(today: date | None = None) -> Stage:
    """The data read: as it falls on `today`, or with the days as they are written. Raises pydantic's ValidationError."""
    files = {path.name: _read(path, today) for path in sorted(DATA.glob("*.toml"))}
    insurers = {name: Insurer.model_validate(insurer) for name, insurer in files.pop(_INSURERS).items()}
    groups = {
        file["about"]: tuple(Person.model_validate(person) for person in file["person"])
        for file in files.values()
    }
    return Stage(today.isoformat() if today else "today", insurers, groups)


def _read(path: Path, today: date | None) -> dict[str, Any]:
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    return read if today is None else {name: resolved(value, today) for name, value in read.items()}
