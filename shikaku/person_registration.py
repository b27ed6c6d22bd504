"""Registers the named test persons in a running stack with the organisations' commands.

In this order: residents and cards (`issue_cards`), which need no fund; one person alone (`register_first`), where somebody
waits for an answer; then (`register`) enrolments, first registrations, what institutions recorded, and later changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from shikaku.admission import admit_insurers, admit_terminal
from shikaku.persons.care import claim_descriptions, prescriptions
from shikaku.persons.dataset import Dataset, Member, residents
from shikaku.persons.member_file import write_members
from shikaku.persons.person import INSTITUTIONS, Change, Person
from shikaku.private_files import write_private
from shikaku.processes import StackError
from shikaku.stack import PIN, Stack
from shikaku.story.step import run_json

_SIDE_BY_SIDE = 3
"""So many commands at a time: each waits for the fund and J-LIS."""

_WRONG_PIN = "0000"
_VISUAL_CHECK = ("--visual-check", "--operator", "受付　見本")
_MAX_TRIES = 3
_PRESCRIBER = "eligibility,registration,consent,prescription"
_DOCTOR = ("--role", "doctor", "--operator", "見本　医師")

Item = TypeVar("Item")


class PersonRegistration:
    """Registers the persons of the data in a stack."""

    def __init__(self, stack: Stack, data: Dataset) -> None:
        self._stack = stack
        self._data = data
        self._first: Person | None = None
        self._admitted = False

    def issue_cards(self) -> None:
        """Add the residents to J-LIS's register and issue their cards. Raises StackError."""
        lines = _write_lines(self._stack.home / "persons.jsonl", residents(self._data, PIN))
        self._stack.run("jpki-mock", "import-residents", lines, "--cards", self._stack.cards)

    def register_first(self, person_id: str) -> None:
        """Enrol and register one person before all others. Raises StackError."""
        self._admit()
        self._first = self._data.person(person_id)
        self._enrol("one", self._first_enrolments(self._first))
        self._register(self._first)

    def register(self) -> None:
        """Register everything that needs the fund, up to the state after the changes. Raises StackError."""
        self._admit()
        persons = [person for person in self._data.persons if person is not self._first]
        _for_each(self._enrol_some, enumerate(_parts(persons), start=1))
        self._register_tickets()
        _for_each(self._register, (p for p in persons if p.has_card and p.card.registered))
        self._send_claims()
        self._prescribe_elsewhere()
        self._enrol("later", self._later_enrolments())
        self._correct()
        _for_each(self._change, self._data.persons)

    def _admit(self) -> None:
        if not self._admitted:
            admit_insurers(self._stack, {i.number: i.name for i in self._data.insurers.values()})
            self._admitted = True

    def _enrolments(self) -> Iterator[tuple[Person, int]]:
        for person in self._data.persons:
            for of in range(1, len(person.enrolments) + 1):
                yield person, of

    def _first_enrolments(self, person: Person) -> Iterator[Member]:
        for of, enrolment in enumerate(person.enrolments, start=1):
            if not enrolment.late:
                yield self._data.enrolment(person, of, "before")

    def _later_enrolments(self) -> Iterator[Member]:
        for person, of in self._enrolments():
            if person.enrolments[of - 1].late or _has_change(person, of, "end"):
                yield self._data.enrolment(person, of)

    def _enrol_some(self, part: tuple[int, Sequence[Person]]) -> None:
        number, persons = part
        members = [member for person in persons for member in self._first_enrolments(person)]
        self._enrol(f"first-{number}", members)

    def _enrol(self, name: str, members: Iterable[Member]) -> None:
        file = self._stack.home / f"persons-{name}.csv"
        write_members(file, members)
        self._stack.run("payer-mock", "enrol", file)

    def _register_tickets(self) -> None:
        for name, insurer in self._data.insurers.items():
            tickets = [
                self._data.ticket(person, of, ticket)
                for person, of in self._enrolments()
                if person.enrolments[of - 1].insurer == name
                for ticket in person.enrolments[of - 1].tickets
            ]
            if tickets:
                file = _write_lines(self._stack.home / f"tickets-{name}.jsonl", tickets)
                self._stack.run("payer-mock", "tickets", file, "--insurer", insurer.number)

    def _send_claims(self) -> None:
        for insurer, described in claim_descriptions(self._data).items():
            description = self._stack.home / f"claims-{insurer}.json"
            file = self._stack.home / f"claims-{insurer}.UKE"
            write_private(description, json.dumps(described, ensure_ascii=False))
            self._stack.run("payer-mock", "write-claims", description, "--out", file)
            self._stack.run("payer-mock", "send-claims", file, "--insurer", insurer)

    def _prescribe_elsewhere(self) -> None:
        """Another clinic's terminal records its prescriptions, each after a tap there."""
        code, name = (INSTITUTIONS["elsewhere"][key] for key in ("institution_code", "institution_name"))
        prescribed = [person for person in self._data.persons if person.prescriptions]
        credential = admit_terminal(
            self._stack, code, name, "clinic", _PRESCRIBER, file=f"prescriber-{code}.json"
        )
        at = {"TERMINAL_CREDENTIAL": str(credential)}
        for person in prescribed:
            record_id = self._tap(person, PIN, "--pin-stdin", at=at)["answer"]["record_id"]
            for number, body in enumerate(prescriptions(person, record_id)):
                file = self._stack.home / f"prescription-{person.id}-{number}.json"
                write_private(file, json.dumps(body, ensure_ascii=False))
                self._stack.run("clinic-terminal", "prescribe", file, *_DOCTOR, variables=at)

    def _correct(self) -> None:
        corrections = [
            self._data.correction(person, of)
            for person, of in self._enrolments()
            if _has_change(person, of, "correct")
        ]
        file = _write_lines(self._stack.home / "corrections.jsonl", corrections)
        self._stack.run("payer-mock", "correct", file)

    def _confirm(self, person: Person, of: int) -> None:
        """Confirm a mismatch, found in the queue by its number, by which insurers identify members."""
        member = self._data.enrolment(person, of)
        insurer = ("--insurer", member["insurer_number"])
        queue = run_json(self._stack, "payer-mock", "mismatches", *insurer, "--json")
        [mismatch] = [one for one in queue["mismatches"] if one["number"] == member["number"]]
        self._stack.run("payer-mock", "confirm", mismatch["enrolment_id"], *insurer)

    def _register(self, person: Person) -> None:
        if person.card.registered_on is not None:
            self._take_over(person, person.card.registered_on)
            return
        by = _VISUAL_CHECK if person.card.no_pin else ("--pin-stdin",)
        if not self._tap(person, PIN, *by, "--register")["registered"]:
            raise StackError(f"The first registration of {person.id} was refused.")

    def _take_over(self, person: Person, registered_on: str) -> None:
        """Take over a registration that was made before the certificate expired."""
        certificate = self._stack.run("jpki-mock", "certificate", self._stack.cards / person.card_file).stdout
        file = self._stack.home / f"{person.id}.pem"
        write_private(file, certificate)
        self._stack.run(
            "eligibility-api", "registration", "take-over", file, "--registered-on", registered_on
        )

    def _change(self, person: Person) -> None:
        for change in person.changes:
            self._apply(person, change)

    def _apply(self, person: Person, change: Change) -> None:
        card = self._stack.cards / person.card_file
        match change.kind:
            case "confirm":
                self._confirm(person, change.of)
            case "suspend":
                # A phone's holder loses the card, with which the phone is suspended.
                lost = self._stack.cards / person.lost_file
                self._stack.run("jpki-mock", "suspend", lost)
            case "revoke":
                self._stack.run("jpki-mock", "revoke", card, "--reason", "key-compromise")
            case "renew":
                renewed = self._stack.cards / f"{person.id}-renewed.json"
                self._stack.run("jpki-mock", "renew", card, "--out", renewed)
            case "lock":
                for _ in range(_MAX_TRIES):
                    self._tap(person, _WRONG_PIN, "--pin-stdin", "--last-try")
            case "die":
                self._stack.run("jpki-mock", "record-death", person.id, "--on", change.items["on"])

    def _tap(
        self, person: Person, pin: str, *options: str, at: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The terminal's report of a tap, which may be a refusal."""
        card = self._stack.cards / person.card_file
        arguments = ("tap", "--card", str(card), "--json", *options)
        return run_json(self._stack, "clinic-terminal", *arguments, stdin=f"{pin}\n", variables=at or {})


def _has_change(person: Person, of: int, kind: str) -> bool:
    """Whether the enrolment `of` has a change of this kind."""
    return any(change.kind == kind and change.of == of for change in person.changes)


def _write_lines(path: Path, values: Iterable[dict[str, Any]]) -> Path:
    """Write one JSON object per line; returns the path."""
    lines = (f"{json.dumps(value, ensure_ascii=False)}\n" for value in values)
    write_private(path, "".join(lines))
    return path


def _parts(persons: Sequence[Person]) -> list[Sequence[Person]]:
    """The persons in as many parts of the same size as commands run at a time."""
    size = -(-len(persons) // _SIDE_BY_SIDE)
    return [persons[first : first + size] for first in range(0, len(persons), size)]


def _for_each(function: Callable[[Item], object], items: Iterable[Item]) -> None:
    """Call `function` for all items, a few at a time. Raises the first exception that occurs."""
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        list(pool.map(function, items))
