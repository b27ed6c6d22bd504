"""Reads the residents file line by line, as households."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple
from zlib import crc32

_SEXES = ("1", "2")
"""Those of the resident register: male, female."""


class ResidentsError(Exception):
    """The file is not a residents file; the text names the line, never a value."""


class Person(NamedTuple):
    """A living resident, as in the resident register."""

    name: str
    name_kana: str
    birth_date: date
    sex: str
    postal_code: str
    address: str


def read_households(lines: Iterable[str]) -> Iterator[list[Person]]:
    """Groups of consecutive living residents (JSON lines) with the same address and family name.

    Raises ResidentsError.
    """
    read = (_read(line, text) for line, text in enumerate(lines, start=1))
    living = (person for person in read if person is not None)
    for _, members in groupby(living, key=lambda person: (person.address, person.name.split("\u3000")[0])):
        yield list(members)


def birthday(born: date, age: int) -> date:
    """The day on which a person turns `age`; 1 March for 29 February in a common year."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def age_on(born: date, day: date) -> int:
    """Age in full years on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def elderly_class_from(born: date) -> date:
    """The first day in the 70 to 74 class: the 1st of a month, on or after the 70th birthday."""
    seventieth = birthday(born, 70)
    return (
        seventieth if seventieth.day == 1 else (seventieth.replace(day=1) + timedelta(days=32)).replace(day=1)
    )


def home_place(address: str) -> int:
    """A number that selects the municipality of an address: the same for the whole household."""
    return crc32(address.encode())


def _read(line: int, text: str) -> Person | None:
    """The person on a line, or None if she has died."""
    try:
        resident = json.loads(text)
        if resident.get("died_on") is not None:
            return None
        texts = [
            resident[item] for item in ("name", "name_kana", "birth_date", "sex", "postal_code", "address")
        ]
        if not all(isinstance(text, str) for text in texts) or resident["sex"] not in _SEXES:
            raise ValueError
        name, name_kana, birth_date, sex, postal_code, address = texts
        return Person(name, name_kana, date.fromisoformat(birth_date), sex, postal_code, address)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ResidentsError(f"line {line} is not a resident") from error
