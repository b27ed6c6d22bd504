"""Every code of the fund's catalogue, and how to get it: by a test person's question, or by a fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eligibility_api.contract.errors import CATALOGUE, CatalogueEntry, ErrorKind
from sandbox.persons import Persons

MAX_PERSONS = 3
"""Persons who are named for a code; the list of test persons has the others."""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """A code with its sentences. `persons`: some who are answered so, by id; `more`: whether there are others."""

    entry: CatalogueEntry
    persons: tuple[str, ...]
    more: bool
    faults: tuple[str, ...]


def error_rows(
    persons: Persons, refusals: Mapping[str, str], text: str = ""
) -> Mapping[ErrorKind, Sequence[ErrorRow]]:
    """The rows by kind, of the codes in whose texts `text` occurs. `refusals`: the code of each fault that answers one."""
    found: dict[ErrorKind, list[ErrorRow]] = {}
    for entry in CATALOGUE.values():
        words = f"{entry.code}\n{entry.ja}\n{entry.en}\n{entry.engineer}".casefold()
        if text.casefold() in words:
            found.setdefault(entry.kind, []).append(_row(entry, persons, refusals))
    return found


def _row(entry: CatalogueEntry, persons: Persons, refusals: Mapping[str, str]) -> ErrorRow:
    answered = [person.id for person in persons.find(answer=entry.code)]
    return ErrorRow(
        entry,
        tuple(answered[:MAX_PERSONS]),
        len(answered) > MAX_PERSONS,
        tuple(fault for fault, code in refusals.items() if code == entry.code),
    )
