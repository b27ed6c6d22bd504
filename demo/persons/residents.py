"""The persons as J-LIS's program takes them: the lines of `jpki-mock people`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from demo.persons.person import Person
from demo.persons.stage import Stage


def persons(data: Stage, pin: str) -> Iterator[dict[str, Any]]:
    """Every person, with her card's order where she has one; every card has this `pin`."""
    for person in data.persons:
        yield person.resident() | ({"card": _order(person, pin)} if person.has_card else {})


def _order(person: Person, pin: str) -> dict[str, Any]:
    card = person.card
    return {
        "pin": None if card.no_pin else pin,
        "carrier": card.carrier,
        "key": card.key,
        "issued_on": card.issued_on,
    }
