"""The real desk without a card: by number, in a batch, with the clinic's own numbers, and as it was known before."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from eligibility_api.contract.numbers import check_digit
from shikaku.clock import today
from shikaku.processes import command_line
from shikaku.stack import INSURER_NUMBER
from tests.builders.stack import PopulatedStack

_PERSONAL_COLUMNS = ("name", "name_kana", "sex", "birth_date", "postal_code", "address")

_INSTITUTION_CODE = f"131999999{check_digit('131999999')}"

Person = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Desk:
    """A clinic's desk in a house, and the insurer whose members come to it."""

    stack: PopulatedStack
    folder: Path

    @property
    def credential(self) -> Path:
        return self.folder / "terminal.json"

    @property
    def variables(self) -> dict[str, str]:
        return {"TERMINAL_CREDENTIAL": str(self.credential), "TERMINAL_HOME": str(self.folder / "terminal")}

    def admit(self) -> None:
        """A clinic of its own: misses are counted by clinic, and others in the house may have had theirs."""
        self.stack.run(
            "eligibility-api", "facility", "add",
            "--institution-code", _INSTITUTION_CODE, "--name", "架空第二診療所", "--kind", "clinic",
            "--rights", "eligibility", "--out", self.credential,
        )  # fmt: skip

    def run(self, *words: str | Path, typed: Mapping[str, str | None] | None = None) -> dict[str, Any]:
        """What a command of the terminal reports, its exit code with it."""
        done = subprocess.run(
            command_line("clinic-terminal", [*words, "--json"]),
            env=self.stack.environment | self.variables,
            input=json.dumps(typed) if typed is not None else "",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        report: dict[str, Any] = json.loads(done.stdout)
        assert report["exit_code"] == done.returncode, done.stderr
        return report

    def ask(self, membership: Mapping[str, str | None], *options: str) -> dict[str, Any]:
        return self.run("ask", "--stdin", *options, typed=membership)

    def appointments(self, rows: Sequence[Mapping[str, str | None]]) -> dict[str, Any]:
        return self.run("appointments", self.write("appointments.csv", rows))

    def enrol(self, *members: Mapping[str, str]) -> None:
        self.stack.run("payer-mock", "enrol", self.write("members.csv", members))

    def write(self, name: str, rows: Sequence[Mapping[str, Any]]) -> Path:
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as output:
            writer = csv.DictWriter(output, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        return path


@pytest.fixture(scope="module")
def desk(stack: PopulatedStack, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """An admitted desk with a folder of its own."""
    desk = Desk(stack, tmp_path_factory.mktemp("desk"))
    desk.admit()
    return desk


@pytest.fixture(scope="module")
def people(stack: PopulatedStack) -> list[Person]:
    """Residents of working age who have no part in the story, whose cast is taken from the front."""
    lines = (stack.home / "residents.jsonl").read_text(encoding="utf-8").splitlines()
    everybody = [json.loads(line) for line in lines]
    return [person for person in everybody if "1960" < person["birth_date"] < "2000"][-4:]


def _member(person: Person, number: str, branch: str = "00", **changes: str) -> dict[str, str]:
    member = {
        "insurer_number": INSURER_NUMBER,
        "symbol": "見本",
        "number": number,
        "branch": branch,
        "relationship": "1",
        **{column: person[column] for column in _PERSONAL_COLUMNS},
        "acquired_on": (today() - timedelta(days=400)).isoformat(),
        "lost_on": "",
        "reason_of_loss": "",
    }
    return member | changes


def _membership(member: Mapping[str, str], **changes: str | None) -> dict[str, str | None]:
    names = ("insurer_number", "symbol", "number", "branch", "birth_date")
    return {**{name: member[name] for name in names}, **changes}


@pytest.fixture(scope="module")
def insured(desk: Desk, people: list[Person]) -> dict[str, str]:
    """A member alone under her number."""
    member = _member(people[0], "9001")
    desk.enrol(member)
    return member


@pytest.fixture(scope="module")
def twins(desk: Desk, people: list[Person]) -> list[dict[str, str]]:
    """Two members of one number, born on one day: only the branch tells them apart."""
    born = people[1]["birth_date"]
    desk.stack.run("jpki-mock", "change", "--birth-date", born, people[2]["resident_id"])
    both = [_member(people[1], "9002", "00"), _member(people[2], "9002", "01", birth_date=born)]
    desk.enrol(*both)
    return both


def test_a_member_is_found_by_number_whatever_the_width(desk: Desk, insured: dict[str, str]) -> None:
    typed = _membership(insured, number="９００１", insurer_number="０１１３００１２", branch="0")
    report = desk.ask(typed)
    assert (report["exit_code"], report["outcome"]) == (0, "valid")
    [result] = report["answer"]["results"]
    assert (result["name"], result["number"]) == (insured["name"], "9001")


@pytest.mark.parametrize("changes", [{"number": "9999"}, {"birth_date": "1901-01-01"}, {"branch": "07"}])
def test_whatever_is_wrong_nobody_is_found(
    desk: Desk, insured: dict[str, str], changes: dict[str, str]
) -> None:
    report = desk.ask(_membership(insured, **changes))
    assert (report["exit_code"], report["outcome"]) == (14, "not-found")
    assert (report["answer"]["results"], report["answer"]["version"]) == ([], None)


def test_a_membership_known_to_nobody_ends_before_it_begins(desk: Desk, insured: dict[str, str]) -> None:
    before = (today() - timedelta(days=500)).isoformat()
    assert desk.ask(_membership(insured), "--as-of", before)["exit_code"] == 14


def test_of_twins_nobody_is_shown_before_the_branch_is_told(desk: Desk, twins: list[dict[str, str]]) -> None:
    report = desk.ask(_membership(twins[0], branch=None))
    assert (report["exit_code"], report["outcome"]) == (15, "ambiguous")
    assert (report["answer"]["results"], report["answer"]["version"]) == ([], None)
    for twin in twins:
        [result] = desk.ask(_membership(twin))["answer"]["results"]
        assert result["name"] == twin["name"]


def test_whom_the_register_does_not_know_cannot_be_confirmed(desk: Desk, people: list[Person]) -> None:
    stranger = _member(people[3], "9003", name="架空　不明", name_kana="カクウ　フメイ")
    desk.enrol(stranger)
    report = desk.ask(_membership(stranger))
    assert (report["exit_code"], report["outcome"]) == (30, "not-confirmable")
    assert report["problem"]["code"] == "eligibility-not-confirmable"


def test_the_clinics_own_number_comes_back_with_later_answers(desk: Desk, insured: dict[str, str]) -> None:
    registered = desk.run("reference", "--stdin", typed=_membership(insured, reference_number="A-17"))
    assert registered["rows"] == [{"reference_number": "A-17", "outcome": "registered"}]
    assert desk.ask(_membership(insured))["answer"]["reference_number"] == "A-17"


def test_tomorrows_appointments_tell_what_changed_and_whom_to_ask(
    desk: Desk, people: list[Person], twins: list[dict[str, str]]
) -> None:
    leaving = _member(people[3], "9004")
    desk.enrol(leaving)
    rows = [
        {"tag": "leaving", **_membership(leaving)},
        {"tag": "staying", **_membership(twins[0])},
        {"tag": "twin", **_membership(twins[0], branch="")},
        {"tag": "unknown", **_membership(leaving, number="9999")},
        {"tag": "mistyped", **_membership(leaving, insurer_number="01130013")},
    ]
    to_ask = {"mistyped": "to-ask", "twin": "to-ask", "unknown": "to-ask"}
    assert _standings(desk.appointments(rows)) == to_ask | {"leaving": "ok", "staying": "ok"}

    next_month = (today() + timedelta(days=30)).isoformat()
    desk.enrol(leaving | {"lost_on": next_month, "reason_of_loss": "03"})
    report = desk.appointments(rows)
    assert _standings(report) == to_ask | {"leaving": "changed", "staying": "ok"}
    assert report["exit_code"] == 10
    assert [row["tag"] for row in report["rows"]][-2:] == ["leaving", "staying"]

    again = desk.run("appointments", "--batch", report["batch"]["batch_id"])
    assert again["done"] is True
    assert "mistyped" not in _standings(again)


def test_an_answer_is_given_again_as_it_was_known_then(desk: Desk, people: list[Person]) -> None:
    member = _member(people[0], "9005", acquired_on=(today() - timedelta(days=30)).isoformat())
    desk.enrol(member)
    [before] = _with_number(desk.ask(_membership(member)), "9005")
    instant = datetime.now(UTC).isoformat()
    tomorrow = (today() + timedelta(days=1)).isoformat()
    desk.enrol(member | {"lost_on": tomorrow, "reason_of_loss": "99"})

    [now] = _with_number(desk.ask(_membership(member)), "9005")
    [then] = _with_number(desk.ask(_membership(member), "--known-at", instant), "9005")
    assert (before["lost_on"], now["lost_on"], then["lost_on"]) == (None, tomorrow, None)


def _standings(report: dict[str, Any]) -> dict[str, str]:
    return {row["tag"]: row["standing"] for row in report["rows"]}


def _with_number(report: dict[str, Any], number: str) -> list[dict[str, Any]]:
    return [result for result in report["answer"]["results"] if result["number"] == number]
