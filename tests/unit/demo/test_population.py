"""How the test persons move into a house: which commands are run, and what stands in their files."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, cast

import pytest

from demo.house import PIN, House
from demo.persons.stage import Stage, stage
from demo.population import Population
from demo.processes import HouseError

SAID = {
    "mismatches": [
        {"number": "7764", "enrolment_id": "e64"},
        {"number": "7765", "enrolment_id": "e65"},
    ],
    "registered": True,
}
"""What every program of the house below says."""


@dataclass
class QuietHouse:
    """A house whose programs do nothing; it keeps what it was told."""

    home: Path
    admitted: dict[str, str] = field(default_factory=dict)
    commands: list[tuple[str, ...]] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=lambda: SAID)

    @property
    def cards(self) -> Path:
        return self.home / "cards"

    def admit_insurers(self, names: dict[str, str]) -> None:
        self.admitted |= names

    def run(self, *words: str | Path, stdin: str = "", check: bool = True) -> CompletedProcess[str]:
        self.commands.append(tuple(map(str, words)))
        self.typed.append(stdin)
        return CompletedProcess([], 0, json.dumps(self.said), "")

    def words(self, *start: str) -> list[tuple[str, ...]]:
        return [words for words in self.commands if words[: len(start)] == start]

    def rows(self, name: str) -> dict[tuple[str, str], dict[str, str]]:
        with (self.home / name).open(encoding="utf-8", newline="") as file:
            return {(row["insurer_number"], row["number"]): row for row in csv.DictReader(file)}


@pytest.fixture
def data() -> Stage:
    return stage(date(2026, 11, 23))


@pytest.fixture
def house(tmp_path: Path, data: Stage) -> QuietHouse:
    settled = QuietHouse(tmp_path)
    Population(cast(House, settled), data).settle()
    return settled


def test_every_insurer_is_admitted_and_everybody_is_taken_in(house: QuietHouse, data: Stage) -> None:
    assert house.admitted.keys() == {insurer.number for insurer in data.insurers.values()}
    lines = (house.home / "persons.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["resident_id"] for line in lines] == [person.id for person in data.persons]


def test_at_first_nobody_has_changed_and_who_is_late_is_missing(house: QuietHouse) -> None:
    first = house.rows("persons-first.csv")
    assert ("01130012", "7752") not in first
    assert ("01130012", "5445") in first
    assert first["06130017", "7753"]["lost_on"] == ""


def test_later_come_the_late_one_and_the_ends(house: QuietHouse) -> None:
    later = house.rows("persons-later.csv")
    assert {number: row["lost_on"] for (_, number), row in later.items()} == {
        "7752": "",
        "7753": "2026-10-24",
        "7775": "2026-11-14",
    }


def test_corrections_name_what_was_and_what_should_have_been(house: QuietHouse) -> None:
    lines = (house.home / "corrections.jsonl").read_text(encoding="utf-8").splitlines()
    corrections: list[dict[str, Any]] = [json.loads(line) for line in lines]
    assert len(corrections) == 4
    assert ("5445", "5454") in {(one["former"]["number"], one["member"]["number"]) for one in corrections}


def test_the_confirmed_one_is_found_in_the_queue_by_her_number(house: QuietHouse) -> None:
    assert house.words("payer-mock", "confirm") == [("payer-mock", "confirm", "e65", "--insurer", "138057")]


def test_tickets_are_sent_by_their_office(house: QuietHouse) -> None:
    [words] = house.words("payer-mock", "tickets")
    assert words[-1] == "12131009"
    assert len(Path(words[2]).read_text(encoding="utf-8").splitlines()) == 3


def test_registered_cards_are_tapped_once_with_consent_and_one_is_locked_by_three_wrong_pins(
    house: QuietHouse, data: Stage
) -> None:
    taps = house.words("clinic-terminal", "tap")
    registered = [words for words in taps if "--register" in words]
    assert len(registered) == sum(p.has_card and p.card.registered for p in data.persons)
    locked = [words for words in taps if "--last-try" in words]
    assert [Path(words[3]).stem for words in locked] == ["P72-locked-pin"] * 3
    assert house.typed.count(f"{PIN}\n") == len(registered)


def test_what_happens_to_cards_and_to_a_life_is_j_lis_business(house: QuietHouse) -> None:
    happened = [words[1] for words in house.words("jpki-mock")]
    assert happened == ["import-residents", "suspend", "revoke", "renew", "record-death"]


def test_a_registration_that_was_not_taken_ends_the_story(tmp_path: Path, data: Stage) -> None:
    house = QuietHouse(tmp_path, said=SAID | {"registered": False})
    with pytest.raises(HouseError, match="P01-valid"):
        Population(cast(House, house), data).settle()
