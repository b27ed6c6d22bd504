"""Claims beside the taps: of whom they are, which file is next, and what a refused one is."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from eligibility_api.contract.member_file import MEMBER_COLUMNS
from loadtest.dataset.member_files import read_cells
from loadtest.errors import LoadError
from loadtest.faults.insurer_client import InsurerClient, TechnicalFailure
from loadtest.model.events import Membership
from loadtest.model.replay import Key, key_of
from loadtest.soak.chores import ClaimSender, back_up, claim_files, copy_members
from tests.unit.loadtest.faults.builders import FakeTarget

MONTH = "2026-11"


def population(folder: Path, members: dict[str, list[tuple[str, str]]]) -> Path:
    """Member files by insurer: number and birth date of each member."""
    (folder / MONTH).mkdir(parents=True)
    (folder / "2026-10").mkdir()
    (folder / "population.json").write_text(
        json.dumps({"people": 9, "seed": 1, "month": MONTH}), encoding="utf-8"
    )
    for insurer, rows in members.items():
        with (folder / MONTH / f"members-{insurer}.csv").open("w", encoding="utf-8", newline="") as output:
            writer = csv.DictWriter(output, MEMBER_COLUMNS, restval="", lineterminator="\n")
            writer.writeheader()
            for number, born in rows:
                writer.writerow({"insurer_number": insurer, "number": number, "birth_date": born})
    return folder


def key(insurer: str, number: str, born: str) -> Key:
    return key_of(Membership(insurer, None, number, None, date.fromisoformat(born)))


def test_cardholders_and_their_families_are_left_out(tmp_path: Path) -> None:
    members = {
        "06010001": [("1", "1980-01-01"), ("1", "2010-05-05"), ("2", "1990-02-02")],
        "06010002": [("1", "1970-03-03")],
        "06010003": [("7", "1960-04-04")],
    }
    source, target = population(tmp_path / "population", members), tmp_path / "claimants"
    copy_members(source, target, {key("06010001", "1", "1980-01-01"), key("06010003", "7", "1960-04-04")})
    left = {file.name: [row["number"] for row in read_cells(file)] for file in (target / MONTH).iterdir()}
    assert left == {"members-06010001.csv": ["2"], "members-06010002.csv": ["1"]}
    assert json.loads((target / "population.json").read_text())["month"] == MONTH
    assert all(file.stat().st_mode & 0o077 == 0 for file in (target / MONTH).iterdir())


def test_the_claims_are_those_of_the_others_and_of_a_visible_month(tmp_path: Path) -> None:
    population(tmp_path / "population", {"06010001": [("1", "1980-01-01"), ("2", "1990-02-02")]})

    def write(command: tuple[str, ...]) -> str:
        folder = Path(command[-1])
        folder.mkdir()
        for insurer in ("06010002", "06010001"):
            (folder / f"claims-{insurer}-{command[4]}.UKE").touch()
        return ""

    target = FakeTarget(write)
    reference_data = SimpleNamespace(
        keys_of=lambda persons: {key("06010001", "1", "1980-01-01")} if "R1" in persons else set()
    )
    dataset = SimpleNamespace(cards=[SimpleNamespace(resident_id="R1")], reference_data=reference_data)
    files = claim_files(cast(Any, target), cast(Any, dataset), tmp_path)
    assert [file.name.split("-")[1] for file in files] == ["06010001", "06010002"]
    [command] = target.commands
    assert [str(word) for word in command[:3]] == ["payer-mock", "claims-files", str(tmp_path / "claimants")]
    assert [row["number"] for row in read_cells(tmp_path / "claimants" / MONTH / "members-06010001.csv")] == [
        "2"
    ]


def test_a_population_without_claims_is_too_small(tmp_path: Path) -> None:
    population(tmp_path / "population", {"06010001": [("1", "1980-01-01")]})
    dataset = SimpleNamespace(cards=[], reference_data=SimpleNamespace(keys_of=lambda _: set()))
    with pytest.raises(LoadError, match="increase --people"):
        claim_files(cast(Any, FakeTarget()), cast(Any, dataset), tmp_path)


class FakeInsurer:
    """An insurer's program, which is answered with a state."""

    def __init__(self, insurer: str, state: str, sent: list[tuple[str, str]]) -> None:
        self._insurer, self._state, self._sent = insurer, state, sent

    async def run(self, command: str, file: Path) -> dict[str, Any]:
        assert command == "send-claims"
        self._sent.append((self._insurer, file.name))
        return {"state": self._state}


@pytest.mark.parametrize(("state", "refused"), [("done", 0), ("refused", 3)])
def test_files_are_sent_in_turn_each_by_its_insurer(state: str, refused: int) -> None:
    sent: list[tuple[str, str]] = []
    files = [Path("claims-06010001-2026-10.UKE"), Path("claims-39010001-2026-10.UKE")]
    sender = ClaimSender(files, lambda insurer: cast(InsurerClient, FakeInsurer(insurer, state, sent)))
    for _ in range(3):
        sender.send_next()
    assert sent == [(file.name.split("-")[1], file.name) for file in (*files, files[0])]
    assert (sender.sent, len(sender.refused)) == (3, refused)


def test_a_file_that_met_a_technical_failure_is_sent_again_and_not_called_refused() -> None:
    answers: list[Any] = [
        {"state": "done"},
        TechnicalFailure("overloaded"),
        {"state": "done"},
        LoadError("refused"),
    ]
    sent: list[str] = []

    class Insurer:
        async def run(self, _: str, file: Path) -> dict[str, Any]:
            sent.append(file.name)
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return cast(dict[str, Any], answer)

    files = [Path("claims-06010001-2026-10.UKE"), Path("claims-39010001-2026-10.UKE")]
    sender = ClaimSender(files, lambda _: cast(InsurerClient, Insurer()))
    for _ in range(3):
        sender.send_next()
    assert sent == [files[0].name, files[1].name, files[1].name]
    assert (sender.sent, sender.refused, sender.failures) == (2, [], 1)
    with pytest.raises(LoadError, match="refused"):
        sender.send_next()


def test_a_back_up_is_made_by_the_operators_command() -> None:
    target = FakeTarget()
    back_up(cast(Any, target))
    assert target.commands == [("eligibility-api", "backup")]
