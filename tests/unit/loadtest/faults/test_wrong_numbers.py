"""Wrong numbers: which members get which number, and the file that is sent."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from eligibility_api.contract.member_file import MEMBER_COLUMNS
from loadtest.dataset.member_files import membership_of, read_cells
from loadtest.errors import LoadError
from loadtest.faults.wrong_numbers import swapped_numbers, write_swapped, wrong_numbers
from loadtest.model.replay import key_of
from tests.unit.loadtest.faults.builders import fault_context

INSURER = "06010001"


def row(number: str, birth_date: str = "1980-01-01", **cells: str) -> dict[str, str]:
    return dict.fromkeys(MEMBER_COLUMNS, "") | {
        "insurer_number": INSURER, "symbol": "1", "number": number, "branch": "00", "birth_date": birth_date, **cells,
    }  # fmt: skip


def wrong(rows: Sequence[dict[str, str]]) -> list[str]:
    """The number of each row in the wrong file."""
    swapped = swapped_numbers(rows)
    return [swapped.get(key_of(membership_of(each)), each["number"]) for each in rows]


@pytest.mark.parametrize(
    ("rows", "numbers"),
    [
        ([row("1", "1980-01-01"), row("2", "1981-01-01"), row("3", "1982-01-01")], ["2", "3", "1"]),
        ([row("1"), row("1", "2010-01-01", branch="01"), row("2", "1981-01-01")], ["2", "2", "1"]),
        (
            [row("1"), row("2", "1981-01-01", lost_on="2026-10-01"), row("3", "1982-01-01")],
            ["3", "2", "1"],
        ),
        (
            [row("1"), row("1", "2010-01-01", branch="01", lost_on="2026-10-01"), row("2", "1981-01-01")],
            ["1", "1", "2"],
        ),
        ([row("1"), row("2")], ["1", "2"]),
        ([row("1"), row("2"), row("3", "1982-01-01"), row("4", "1983-01-01")], ["1", "3", "4", "2"]),
        ([row("1")], ["1"]),
        ([], []),
    ],
    ids=[
        "the next one's",
        "a family together",
        "not of a family that has left",
        "not with a member who has left",
        "not another member's",
        "not another member's, the others all the same",
        "alone",
        "nobody",
    ],
)
def test_each_member_gets_the_number_of_the_next_family(
    rows: list[dict[str, str]], numbers: list[str]
) -> None:
    assert wrong(rows) == numbers


def test_no_two_people_of_the_wrong_file_have_one_branch_number() -> None:
    """The fund refuses such rows, and the reference model takes every row as accepted."""
    rows = [
        row(str(number), f"19{60 + number % 7}-01-01", lost_on="2024-12-20" if number % 5 == 2 else "")
        for number in range(60)
    ]
    numbers = wrong(rows)
    assert len(set(numbers)) == len(numbers) == 60
    assert sum(number != each["number"] for number, each in zip(numbers, rows, strict=True)) > 20


def test_no_swapped_membership_is_one_of_the_file() -> None:
    rows = [row(str(number), f"19{60 + number % 3}-01-01") for number in range(40)]
    keys = {key_of(membership_of(each)) for each in rows}
    swapped = swapped_numbers(rows)
    changed = [
        {**each, "number": swapped[key]} for each in rows if (key := key_of(membership_of(each))) in swapped
    ]
    assert len(changed) > 20
    assert not keys & {key_of(membership_of(each)) for each in changed}


def write(folder: Path, insurer: str, count: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"members-{insurer}.csv"
    with file.open("w", encoding="utf-8", newline="") as output:
        writer = csv.DictWriter(output, MEMBER_COLUMNS, lineterminator="\n")
        writer.writeheader()
        days = (f"19{50 + number // 28}-01-{number % 28 + 1:02}" for number in range(count))
        writer.writerows(row(str(number), day, insurer_number=insurer) for number, day in enumerate(days))
    return file


def test_the_wrong_file_differs_in_the_numbers_only_and_is_private(tmp_path: Path) -> None:
    file, target = write(tmp_path, INSURER, 30), tmp_path / "wrong.csv"
    write_swapped(file, target)
    before, after = list(read_cells(file)), list(read_cells(target))
    assert [each["number"] for each in after] == [str((number + 1) % 30) for number in range(30)]
    assert [{**each, "number": ""} for each in before] == [{**each, "number": ""} for each in after]
    assert target.stat().st_mode & 0o077 == 0


def test_the_largest_file_of_the_last_month_is_sent(tmp_path: Path) -> None:
    write(tmp_path / "population" / "2026-09", "06010003", 90)
    write(tmp_path / "population" / "2026-10", INSURER, 25)
    write(tmp_path / "population" / "2026-10", "06010002", 30)
    sender: Any = wrong_numbers(fault_context(folder=tmp_path))
    assert sender._mistake.counted == ("numbers_swapped", 30)
    assert sender._mistake.held_for == "renumbered"


@pytest.mark.parametrize("count", [0, 19])
def test_a_dataset_with_too_few_members_is_rejected(tmp_path: Path, count: int) -> None:
    (tmp_path / "population").mkdir()
    if count:
        write(tmp_path / "population" / "2026-10", INSURER, count)
    with pytest.raises(LoadError, match="increase --people"):
        wrong_numbers(fault_context(folder=tmp_path))


def test_the_same_mistake_again_is_another_file_of_the_same_rows(tmp_path: Path) -> None:
    """The fund returns its first answer to an identical file, and a soak makes each mistake several times."""
    file = write(tmp_path, INSURER, 30)
    for seed in (1, 2):
        write_swapped(file, tmp_path / f"wrong-{seed}.csv", Random(seed))
    first, second = ((tmp_path / f"wrong-{seed}.csv").read_text(encoding="utf-8") for seed in (1, 2))
    assert first != second
    assert first.splitlines()[0] == second.splitlines()[0]
    assert sorted(first.splitlines()) == sorted(second.splitlines())
