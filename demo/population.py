"""Brings the named test persons into a running house, by the organisations' commands: residents and cards, enrolments,
first registrations, and what happens to them later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from demo.house import PIN, House
from demo.persons.member_file import write_members
from demo.persons.person import Change, Person
from demo.persons.residents import persons
from demo.persons.stage import Member, Stage
from demo.processes import HouseError

_AT_ONCE = 3
"""Taps at a time: a command's start is most of its work."""

_WRONG_PIN = "0000"
_TRIES = 3

Item = TypeVar("Item")


class Population:
    """The persons of the data in a house."""

    def __init__(self, house: House, data: Stage) -> None:
        self._house = house
        self._data = data

    def settle(self) -> None:
        """Everything, up to the state after the changes. Raises HouseError."""
        residents = _write_lines(self._house.home / "persons.jsonl", persons(self._data, PIN))
        self._house.run("jpki-mock", "import-residents", residents, "--cards", self._house.cards)
        self._house.admit_insurers({i.number: i.name for i in self._data.insurers.values()})
        self._enrol("first", self._told_first())
        self._register_tickets()
        _each(self._register, (p for p in self._data.persons if p.has_card and p.card.registered))
        self._enrol("later", self._told_later())
        self._correct()
        for person in self._data.persons:
            for change in person.changes:
                self._happens(person, change)

    def _enrolments(self) -> Iterator[tuple[Person, int]]:
        for person in self._data.persons:
            for of in range(1, len(person.enrolled) + 1):
                yield person, of

    def _told_first(self) -> Iterator[Member]:
        for person, of in self._enrolments():
            if not person.enrolled[of - 1].late:
                yield self._data.enrolment(person, of, "before")

    def _told_later(self) -> Iterator[Member]:
        for person, of in self._enrolments():
            if person.enrolled[of - 1].late or _has(person, of, "end"):
                yield self._data.enrolment(person, of)

    def _enrol(self, name: str, members: Iterable[Member]) -> None:
        file = self._house.home / f"persons-{name}.csv"
        write_members(file, members)
        self._house.run("payer-mock", "enrol", file)

    def _register_tickets(self) -> None:
        for name, insurer in self._data.insurers.items():
            tickets = [
                self._data.ticket(person, of, ticket)
                for person, of in self._enrolments()
                if person.enrolled[of - 1].insurer == name
                for ticket in person.enrolled[of - 1].tickets
            ]
            if tickets:
                file = _write_lines(self._house.home / f"tickets-{name}.jsonl", tickets)
                self._house.run("payer-mock", "tickets", file, "--insurer", insurer.number)

    def _correct(self) -> None:
        corrections = [
            self._data.correction(person, of)
            for person, of in self._enrolments()
            if _has(person, of, "correct")
        ]
        file = _write_lines(self._house.home / "corrections.jsonl", corrections)
        self._house.run("payer-mock", "correct", file)

    def _confirm(self, person: Person, of: int) -> None:
        """By the number in the mismatch queue: an insurer knows its members by what their certificates show."""
        member = self._data.enrolment(person, of)
        insurer = ("--insurer", member["insurer_number"])
        queue = json.loads(self._house.run("payer-mock", "mismatches", *insurer, "--json").stdout)
        [waiting] = [one for one in queue["mismatches"] if one["number"] == member["number"]]
        self._house.run("payer-mock", "confirm", waiting["enrolment_id"], *insurer)

    def _register(self, person: Person) -> None:
        if not self._tap(person, PIN, "--register")["registered"]:
            raise HouseError(f"The first registration of {person.id} was not taken.")

    def _happens(self, person: Person, change: Change) -> None:
        card = self._house.cards / person.card_file
        match change.kind:
            case "confirm":
                self._confirm(person, change.of)
            case "suspend":
                self._house.run("jpki-mock", "suspend", card)
            case "revoke":
                self._house.run("jpki-mock", "revoke", card, "--reason", "key-compromise")
            case "renew":
                renewed = self._house.cards / f"{person.id}-renewed.json"
                self._house.run("jpki-mock", "renew", card, "--out", renewed)
            case "lock":
                for _ in range(_TRIES):
                    self._tap(person, _WRONG_PIN, "--last-try")
            case "die":
                self._house.run("jpki-mock", "record-death", person.id, "--on", change.items["on"])

    def _tap(self, person: Person, pin: str, *options: str) -> dict[str, Any]:
        """What the terminal reports; a tap may well be refused."""
        card = self._house.cards / person.card_file
        words = ["tap", "--card", str(card), "--pin-stdin", "--json", *options]
        done = self._house.run("clinic-terminal", *words, stdin=f"{pin}\n", check=False)
        try:
            report: dict[str, Any] = json.loads(done.stdout)
        except ValueError as error:
            raise HouseError(f"clinic-terminal ended without a report:\n{done.stderr.strip()}") from error
        return report


def _has(person: Person, of: int, kind: str) -> bool:
    """Whether such a change happens to the enrolment `of`."""
    return any(change.kind == kind and change.of == of for change in person.changes)


def _write_lines(path: Path, values: Iterable[dict[str, Any]]) -> Path:
    """Write a JSON line each; the path."""
    lines = (f"{json.dumps(value, ensure_ascii=False)}\n" for value in values)
    path.write_text("".join(lines), encoding="utf-8")
    return path


def _each(work: Callable[[Item], object], items: Iterable[Item]) -> None:
    """Do it for all, a few at a time. Raises what the first that failed raised."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(work, items))
