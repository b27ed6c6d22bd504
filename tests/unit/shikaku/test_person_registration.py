"""Registering the test persons: the commands run, and the contents of their input files."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, cast

import pytest

from payer_mock.claims.description import read_description
from shikaku.commands import Commands
from shikaku.person_registration import PersonRegistration
from shikaku.persons.dataset import Dataset, load_dataset
from shikaku.processes import StackError
from shikaku.stack import PIN, Stack

RECORD = "01980c5e-0000-7000-8000-000000000000"


def confirmed(data: Dataset) -> list[tuple[str, str]]:
    """The insurer and the number of each member whose mismatch its insurer confirms."""
    members = [
        data.enrolment(person, change.of)
        for person in data.persons
        for change in person.changes
        if change.kind == "confirm"
    ]
    return [(member["insurer_number"], member["number"]) for member in members]


def output(data: Dataset) -> dict[str, Any]:
    """The output of every command of the stack below: a queue of mismatches, of which one stays."""
    numbers = ["7764", *(number for _, number in confirmed(data))]
    queue = [{"number": number, "enrolment_id": f"e{number}"} for number in numbers]
    return {"mismatches": queue, "registered": True, "answer": {"record_id": RECORD}}


class RecordingStack(Commands):
    """Records the commands that a stack would run."""

    def __init__(self, home: Path, output: dict[str, Any]) -> None:
        super().__init__(home, {})
        self.cards = home / "cards"
        self.output = output
        self.commands: list[tuple[str, ...]] = []
        self.stdin: list[str] = []
        self.variables: dict[tuple[str, ...], object] = {}

    def run(
        self, *arguments: str | Path, stdin: str = "", variables: object = None, **_: object
    ) -> CompletedProcess[str]:
        self.commands.append(tuple(map(str, arguments)))
        self.variables[self.commands[-1]] = variables
        self.stdin.append(stdin)
        return CompletedProcess([], 0, json.dumps(self.output), "")

    def runs(self, *start: str) -> list[tuple[str, ...]]:
        return [arguments for arguments in self.commands if arguments[: len(start)] == start]

    def lines(self, pattern: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        for path in sorted(self.home.glob(pattern)):
            with path.open(encoding="utf-8", newline="") as file:
                found += csv.DictReader(file)
        return found

    def rows(self, pattern: str) -> dict[tuple[str, str], dict[str, str]]:
        return {(row["insurer_number"], row["number"]): row for row in self.lines(pattern)}


@pytest.fixture
def data() -> Dataset:
    return load_dataset(date(2026, 11, 23))


@pytest.fixture
def stack(tmp_path: Path, data: Dataset) -> RecordingStack:
    recording = RecordingStack(tmp_path, output(data))
    persons = PersonRegistration(cast(Stack, recording), data)
    persons.issue_cards()
    persons.register()
    return recording


def test_all_insurers_are_admitted_and_all_residents_imported(stack: RecordingStack, data: Dataset) -> None:
    with (stack.home / "insurers.csv").open(encoding="utf-8", newline="") as file:
        admitted = [row["insurer_number"] for row in csv.DictReader(file)]
    assert sorted(admitted) == sorted(insurer.number for insurer in data.insurers.values())
    lines = (stack.home / "persons.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["resident_id"] for line in lines] == [person.id for person in data.persons]


def test_first_file_has_no_changes_and_no_late_enrolment(stack: RecordingStack) -> None:
    first = stack.rows("persons-first-*.csv")
    assert ("01130012", "7752") not in first
    assert ("01130012", "5445") in first
    assert first["06130017", "7753"]["lost_on"] == ""


def test_later_file_has_the_late_enrolment_and_the_ends(stack: RecordingStack) -> None:
    later = stack.rows("persons-later.csv")
    assert {number: row["lost_on"] for (_, number), row in later.items()} == {
        "7752": "",
        "7753": "2026-10-24",
        "7762": "",
        "7775": "2026-11-14",
    }


def test_corrections_name_the_former_and_the_corrected_values(stack: RecordingStack, data: Dataset) -> None:
    lines = (stack.home / "corrections.jsonl").read_text(encoding="utf-8").splitlines()
    corrections: list[dict[str, Any]] = [json.loads(line) for line in lines]
    made = [change for person in data.persons for change in person.changes if change.kind == "correct"]
    assert len(corrections) == len(made) > 4
    assert ("5445", "5454") in {(one["former"]["number"], one["member"]["number"]) for one in corrections}


def test_the_mismatch_to_confirm_is_found_by_its_number(stack: RecordingStack, data: Dataset) -> None:
    expected = [
        ("payer-mock", "confirm", f"e{number}", "--insurer", insurer) for insurer, number in confirmed(data)
    ]
    assert ("payer-mock", "confirm", "e7765", "--insurer", "138057") in expected
    assert sorted(stack.runs("payer-mock", "confirm")) == sorted(expected)


def test_tickets_are_registered_by_their_office(stack: RecordingStack) -> None:
    [arguments] = stack.runs("payer-mock", "tickets")
    assert arguments[-1] == "12131009"
    assert len(Path(arguments[2]).read_text(encoding="utf-8").splitlines()) == 4


def test_claims_are_written_and_sent_by_their_insurer(stack: RecordingStack) -> None:
    [written] = stack.runs("payer-mock", "write-claims")
    [sent] = stack.runs("payer-mock", "send-claims")
    assert sent[2:] == (written[-1], "--insurer", "01130012")
    claims = read_description(Path(written[2]).read_bytes())
    assert {claim.member.number for claim in claims.medical} >= {"77116", "77117", "77118", "77119"}


def test_the_other_clinic_records_its_prescriptions_after_a_tap_there(
    stack: RecordingStack, data: Dataset
) -> None:
    [terminal] = stack.runs("eligibility-api", "facility", "add")
    assert {"0110113719", "見本診療所", "clinic"} < set(terminal)
    prescribed = [person for person in data.persons if person.prescriptions]
    runs = stack.runs("clinic-terminal", "prescribe")
    assert len(runs) == len(prescribed) > 1
    elsewhere = {"TERMINAL_CREDENTIAL": str(stack.home / "prescriber-0110113719.json")}
    for arguments, person in zip(runs, prescribed, strict=True):
        body = json.loads(Path(arguments[2]).read_text(encoding="utf-8"))
        assert (body["identified_by"], body["prescribed_on"]) == (RECORD, person.prescriptions[0].on)
        assert arguments[3:] == ("--role", "doctor", "--operator", "見本　医師")
        assert stack.variables[arguments] == elsewhere
        [tap] = [
            one
            for one in stack.runs("clinic-terminal", "tap")
            if person.card_file in one[3] and "--register" not in one
        ]
        assert stack.variables[tap] == elsewhere


def test_registered_cards_are_tapped_once_and_three_wrong_pins_lock_one(
    stack: RecordingStack, data: Dataset
) -> None:
    taps = stack.runs("clinic-terminal", "tap")
    registered = [arguments for arguments in taps if "--register" in arguments]
    tapped = [p for p in data.persons if p.has_card and p.card.registered and not p.card.registered_on]
    assert len(registered) == len(tapped)
    locked = [arguments for arguments in taps if "--last-try" in arguments]
    assert [Path(arguments[3]).stem for arguments in locked] == ["P72-locked-pin"] * 3
    elsewhere = [person for person in data.persons if person.prescriptions]
    assert stack.stdin.count(f"{PIN}\n") == len(registered) + len(elsewhere)
    by_face = [arguments for arguments in registered if "--visual-check" in arguments]
    assert [Path(arguments[3]).stem for arguments in by_face] == ["P73-no-pin"]
    assert all("--pin-stdin" in arguments for arguments in registered if arguments not in by_face)


def test_registrations_of_earlier_days_are_taken_over_from_the_cards_certificates(
    stack: RecordingStack, data: Dataset
) -> None:
    """Rule B3: no card is tapped whose certificate has expired."""
    earlier = [person for person in data.persons if person.card.registered_on]
    assert {person.label for person in earlier} >= {"P105", "P107", "P108"}
    printed = stack.runs("jpki-mock", "certificate")
    assert sorted(Path(arguments[2]).name for arguments in printed) == [
        person.card_file for person in earlier
    ]
    # Some at a time, in any order.
    assert sorted(stack.runs("eligibility-api", "registration", "take-over")) == [
        (
            "eligibility-api",
            "registration",
            "take-over",
            str(stack.home / f"{person.id}.pem"),
            "--registered-on",
            str(person.card.registered_on),
        )
        for person in earlier
    ]


def test_changes_of_cards_and_persons_are_made_at_j_lis(stack: RecordingStack) -> None:
    runs = stack.runs("jpki-mock")
    commands = [arguments[1] for arguments in runs if arguments[1] != "certificate"]
    # Those of a person in their order; the persons side by side.
    assert commands[0] == "import-residents"
    assert sorted(commands[1:]) == ["record-death", "renew", "revoke", "revoke", "suspend", "suspend"]
    suspended = [Path(arguments[2]).stem for arguments in runs if arguments[1] == "suspend"]
    assert sorted(suspended) == ["P69-suspended", "P93-phone-of-a-lost-card-card"]


def test_a_refused_registration_raises_an_error(tmp_path: Path, data: Dataset) -> None:
    stack = RecordingStack(tmp_path, output(data) | {"registered": False})
    persons = PersonRegistration(cast(Stack, stack), data)
    with pytest.raises(StackError, match="P01-valid"):
        persons.register()


def test_one_person_may_be_registered_before_the_others_and_once(tmp_path: Path, data: Dataset) -> None:
    stack = RecordingStack(tmp_path, output(data))
    persons = PersonRegistration(cast(Stack, stack), data)
    persons.register_first("P01-valid")
    assert [arguments[:2] for arguments in stack.commands] == [
        ("eligibility-api", "insurer"),
        ("payer-mock", "enrol"),
        ("clinic-terminal", "tap"),
    ]
    assert list(stack.rows("persons-one.csv")) == [("01130012", "7701")]
    persons.register()
    assert len(stack.runs("eligibility-api", "insurer", "add")) == 1
    rest = stack.rows("persons-first-*.csv")
    assert ("01130012", "7701") not in rest
    assert len(rest) > 100
    registered = [
        arguments for arguments in stack.runs("clinic-terminal", "tap") if "--register" in arguments
    ]
    assert sum("P01-valid.json" in arguments[3] for arguments in registered) == 1


def test_every_member_is_enrolled_once_in_the_order_of_the_person_s_enrolments(
    stack: RecordingStack, data: Dataset
) -> None:
    first = [(member["insurer_number"], member["number"]) for person in data.persons
             for of, enrolment in enumerate(person.enrolments, start=1) if not enrolment.late
             for member in [data.enrolment(person, of, "before")]]  # fmt: skip
    assert len(list(stack.home.glob("persons-first-*.csv"))) == 3
    assert [(row["insurer_number"], row["number"]) for row in stack.lines("persons-first-*.csv")] == first
