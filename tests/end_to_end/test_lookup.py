"""The real terminal without a card: by number, in a batch, with reference numbers, and as of an earlier
instant.
"""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
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
class Clinic:
    """A clinic of its own in the running stack, and the insurer of its patients."""

    stack: PopulatedStack
    folder: Path

    @property
    def credential(self) -> Path:
        return self.folder / "terminal.json"

    @property
    def variables(self) -> dict[str, str]:
        return {"TERMINAL_CREDENTIAL": str(self.credential), "TERMINAL_HOME": str(self.folder / "terminal")}

    def admit(self) -> None:
        """Admit a clinic of its own: misses are counted by clinic, and other tests of the stack may cause
        some.
        """
        self.stack.run(
            "eligibility-api", "facility", "add",
            "--institution-code", _INSTITUTION_CODE, "--name", "架空第二診療所", "--kind", "clinic",
            "--rights", "eligibility", "--out", self.credential,
        )  # fmt: skip

    def run(self, *arguments: str | Path, typed: Mapping[str, str | None] | None = None) -> dict[str, Any]:
        """The JSON report of a command; its `exit_code` is checked."""
        done = self.stack.run(
            "clinic-terminal",
            *arguments,
            "--json",
            stdin=json.dumps(typed) if typed is not None else "",
            check=False,
            variables=self.variables,
        )
        report: dict[str, Any] = json.loads(done.stdout)
        assert report["exit_code"] == done.returncode, done.stderr
        return report

    def lookup(self, membership: Mapping[str, str | None], *options: str) -> dict[str, Any]:
        return self.run("lookup", "--stdin", *options, typed=membership)

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
def clinic(stack: PopulatedStack, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """An admitted clinic with a folder of its own."""
    clinic = Clinic(stack, tmp_path_factory.mktemp("clinic"))
    clinic.admit()
    return clinic


@pytest.fixture(scope="module")
def people(stack: PopulatedStack) -> list[Person]:
    """Residents of working age who are not used by the demo, which takes the first ones."""
    lines = (stack.home / "residents.jsonl").read_text(encoding="utf-8").splitlines()
    residents = [json.loads(line) for line in lines]
    found = [person for person in residents if "1960" < person["birth_date"] < "2000"][-4:]
    assert len(found) == 4
    return found


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
def insured(clinic: Clinic, people: list[Person]) -> dict[str, str]:
    """A member without others under the same number."""
    member = _member(people[0], "9001")
    clinic.enrol(member)
    return member


@pytest.fixture(scope="module")
def twins(clinic: Clinic, people: list[Person]) -> list[dict[str, str]]:
    """Two members with one number and one date of birth: they differ only in the branch."""
    born = people[1]["birth_date"]
    clinic.stack.run("jpki-mock", "change", "--birth-date", born, people[2]["resident_id"])
    both = [_member(people[1], "9002", "00"), _member(people[2], "9002", "01", birth_date=born)]
    clinic.enrol(*both)
    return both


def test_a_member_is_found_by_full_width_numbers(clinic: Clinic, insured: dict[str, str]) -> None:
    typed = _membership(insured, number="９００１", insurer_number="０１１３００１２", branch="0")
    report = clinic.lookup(typed)
    assert (report["exit_code"], report["outcome"]) == (0, "valid")
    [result] = report["answer"]["results"]
    assert (result["name"], result["number"]) == (insured["name"], "9001")


def test_a_token_authorises_a_call_by_another_program(clinic: Clinic, insured: dict[str, str]) -> None:
    environment = clinic.stack.environment | clinic.variables
    printed = subprocess.run(
        command_line("clinic-terminal", ["token"]),
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert (printed.stdout.count("\n"), printed.stderr) == (1, "")
    response = httpx2.post(
        f"{environment['TERMINAL_FUND_URL']}/v1/eligibility/number",
        headers={"Authorization": f"Bearer {printed.stdout.strip()}"},
        json=_membership(insured),
    )
    assert (response.status_code, response.json()["validity"]) == (200, "1")


@pytest.mark.parametrize("changes", [{"number": "9999"}, {"birth_date": "1901-01-01"}, {"branch": "07"}])
def test_any_wrong_item_finds_nobody(
    clinic: Clinic, insured: dict[str, str], changes: dict[str, str]
) -> None:
    report = clinic.lookup(_membership(insured, **changes))
    assert (report["exit_code"], report["outcome"]) == (14, "not-found")
    assert (report["answer"]["results"], report["answer"]["version"]) == ([], None)


def test_before_its_first_day_a_membership_is_not_found(clinic: Clinic, insured: dict[str, str]) -> None:
    before = (today() - timedelta(days=500)).isoformat()
    assert clinic.lookup(_membership(insured), "--as-of", before)["exit_code"] == 14


def test_twins_are_ambiguous_without_the_branch(clinic: Clinic, twins: list[dict[str, str]]) -> None:
    report = clinic.lookup(_membership(twins[0], branch=None))
    assert (report["exit_code"], report["outcome"]) == (15, "ambiguous")
    assert (report["answer"]["results"], report["answer"]["version"]) == ([], None)
    for twin in twins:
        [result] = clinic.lookup(_membership(twin))["answer"]["results"]
        assert result["name"] == twin["name"]


def test_a_member_without_a_resident_cannot_be_confirmed(clinic: Clinic, people: list[Person]) -> None:
    stranger = _member(people[3], "9003", name="架空　不明", name_kana="カクウ　フメイ")
    clinic.enrol(stranger)
    report = clinic.lookup(_membership(stranger))
    assert (report["exit_code"], report["outcome"]) == (30, "not-confirmable")
    assert report["problem"]["code"] == "eligibility-not-confirmable"


def test_a_reference_number_is_returned_with_later_answers(clinic: Clinic, insured: dict[str, str]) -> None:
    registered = clinic.run("reference", "--stdin", typed=_membership(insured, reference_number="A-17"))
    assert registered["rows"] == [{"reference_number": "A-17", "outcome": "registered"}]
    assert clinic.lookup(_membership(insured))["answer"]["reference_number"] == "A-17"


def test_tomorrows_appointments_show_what_changed_and_whom_to_ask(
    clinic: Clinic, people: list[Person], twins: list[dict[str, str]]
) -> None:
    leaving = _member(people[3], "9004")
    clinic.enrol(leaving)
    rows = [
        {"tag": "leaving", **_membership(leaving)},
        {"tag": "staying", **_membership(twins[0])},
        {"tag": "twin", **_membership(twins[0], branch="")},
        {"tag": "unknown", **_membership(leaving, number="9999")},
        {"tag": "mistyped", **_membership(leaving, insurer_number="01130013")},
    ]
    to_ask = {"mistyped": "to-ask", "twin": "to-ask", "unknown": "to-ask"}
    assert _statuses(clinic.appointments(rows)) == to_ask | {"leaving": "ok", "staying": "ok"}

    next_month = (today() + timedelta(days=30)).isoformat()
    clinic.enrol(leaving | {"lost_on": next_month, "reason_of_loss": "03"})
    report = clinic.appointments(rows)
    assert _statuses(report) == to_ask | {"leaving": "changed", "staying": "ok"}
    assert report["exit_code"] == 10
    assert [row["tag"] for row in report["rows"]][-2:] == ["leaving", "staying"]

    again = clinic.run("appointments", "--batch", report["batch"]["batch_id"])
    assert again["done"] is True
    assert "mistyped" not in _statuses(again)


def test_an_answer_can_be_repeated_as_known_at_an_earlier_instant(
    clinic: Clinic, people: list[Person]
) -> None:
    member = _member(people[0], "9005", acquired_on=(today() - timedelta(days=30)).isoformat())
    clinic.enrol(member)
    [before] = _with_number(clinic.lookup(_membership(member)), "9005")
    instant = datetime.now(UTC).isoformat()
    tomorrow = (today() + timedelta(days=1)).isoformat()
    clinic.enrol(member | {"lost_on": tomorrow, "reason_of_loss": "99"})

    [now] = _with_number(clinic.lookup(_membership(member)), "9005")
    [then] = _with_number(clinic.lookup(_membership(member), "--known-at", instant), "9005")
    assert (before["lost_on"], now["lost_on"], then["lost_on"]) == (None, tomorrow, None)


def _statuses(report: dict[str, Any]) -> dict[str, str]:
    return {row["tag"]: row["status"] for row in report["rows"]}


def _with_number(report: dict[str, Any], number: str) -> list[dict[str, Any]]:
    return [result for result in report["answer"]["results"] if result["number"] == number]
