"""Writing the data's enrolments as a member file of the contract."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from eligibility_api.contract.member_file import MEMBER_COLUMNS
from eligibility_api.contract.member_rules import CHECKS
from payer_mock.members.reader import MemberFile
from shikaku.persons.dataset import load_dataset
from shikaku.persons.member_file import write_members


def rows(path: Path, *person_ids: str) -> list[dict[str, str]]:
    data = load_dataset(date(2026, 11, 23))
    write_members(path, [data.enrolment(data.person(person_id), 1) for person_id in person_ids])
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_columns_are_those_of_the_contract(tmp_path: Path) -> None:
    [row] = rows(tmp_path / "members.csv", "P01-valid")
    assert row.keys() == set(MEMBER_COLUMNS)


def test_groups_and_flags_are_flat(tmp_path: Path) -> None:
    elderly, disease, flagged = rows(
        tmp_path / "members.csv", "P19-seventies-30", "P14-limit-a02", "P60-nondisclosure"
    )
    assert (elderly["elderly_burden_ratio"], elderly["limit_kind"], elderly["limit_class"]) == (
        "30",
        "01",
        "B01",
    )
    assert (disease["disease_1"], disease["disease_1_self_pay"]) == ("1", "20000")
    assert (flagged["nondisclosure"], flagged["self_disclosure_blocked"], flagged["lost_on"]) == ("1", "", "")


def test_every_person_s_row_is_read_and_only_those_of_the_past_are_implausible(tmp_path: Path) -> None:
    """Rules F4 to F8."""
    today = date(2026, 11, 23)
    data = load_dataset(today)
    people = [person for group in data.groups.values() for person in group]
    places = [(person, of) for person in people for of in range(1, len(person.enrolments) + 1)]
    write_members(tmp_path / "members.csv", [data.enrolment(person, of) for person, of in places])
    blocks = [*MemberFile(tmp_path / "members.csv", today).blocks()]
    assert sum(len(block.records) for block in blocks) == len(places) > 80
    implausible = {
        places[fault.row - 2][0].id for block in blocks for fault in block.faults if fault.code in CHECKS
    }
    past = {person.id for person in people if person.history is not None}
    assert implausible & past
    assert implausible - past == {"P86-ratio-without-ground"}
