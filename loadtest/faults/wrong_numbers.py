"""Wrong numbers: an insurer loads a file in which each member has the number of another one.

Name, birth date and address are right, so that the register finds the right persons: only the fund's comparison
with what it knows of them can notice it (rule N5).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

from loadtest.dataset.member_files import Cells, membership_of, read_cells
from loadtest.errors import LoadError
from loadtest.faults.fault import Expectation, Fault, FaultContext, always
from loadtest.faults.insurer_client import latest_files, rewrite
from loadtest.faults.wrong_file import Mistake, WrongFile
from loadtest.model.replay import Key, key_of
from loadtest.sections import Text

_MIN_MEMBERS = 20
"""The fund does not hold files for shares of fewer rows."""

_FINDING = "renumbered"


def swapped_numbers(rows: Sequence[Cells]) -> dict[Key, str]:
    """The number that each membership wrongly gets: that of the next family, which gets another one itself.

    A family keeps its number if a member of it has left: beside the member who got it, two people would have one branch number on
    the same day, and the fund would refuse both. So does a family of which a member would become another one, with the
    same birth date: that would be a change of that member instead.
    """
    staying = {row["number"] for row in rows if row["lost_on"]}
    taken = {_key(row) for row in rows}
    while True:
        numbers = list(dict.fromkeys(row["number"] for row in rows if row["number"] not in staying))
        following = dict(zip(numbers, [*numbers[1:], *numbers[:1]], strict=True))
        moved = [
            (row, {**row, "number": following[row["number"]]}) for row in rows if row["number"] in following
        ]
        colliding = {row["number"] for row, wrong in moved if _key(wrong) in taken}
        if not colliding:
            return {_key(row): wrong["number"] for row, wrong in moved}
        staying |= colliding


def _key(row: Cells) -> Key:
    return key_of(membership_of(row))


def write_swapped(file: Path, target: Path, rng: Random | None = None) -> None:
    """Write a member file with those numbers, readable by its owner only."""
    swapped = swapped_numbers(list(read_cells(file)))
    rewrite(file, target, lambda row: {**row, "number": swapped.get(_key(row), row["number"])}, rng)


def wrong_numbers(fault_context: FaultContext) -> WrongFile:
    """The injector, for the largest file. Raises LoadError if it is too small."""
    sizes = {file: len(swapped_numbers(list(read_cells(file)))) for file in latest_files(fault_context)}
    file = max(sizes, key=sizes.__getitem__, default=None)
    if file is None or sizes[file] < _MIN_MEMBERS:
        raise LoadError(f"no insurer has {_MIN_MEMBERS} members: increase --people")
    mistake = Mistake("swapped", write_swapped, ("numbers_swapped", sizes[file]), _FINDING)
    return WrongFile(fault_context, file, mistake)


WRONG_NUMBERS = Fault(
    "wrong-numbers",
    Text(
        "加入者全員の番号を取り違えたファイルを保険者が送信し、別の職員が承認して反映、その後取り消し",
        "an insurer's file in which each member has another one's number, published all the same, then undone",
    ),
    always(
        Expectation(
            Text(
                "ファイルは番号の変更が多いため保留され、回答は変わりません。別の職員が承認すると、その時点から本人の回答に"
                "現れ、取り消すと元の回答に戻ります。誤った番号でも他人の情報は表示されません。照会は遅くならず、"
                "誤った情報を受け取った医療機関等が特定されます。",
                "The file is held since it renumbers its members, and no answer changes. Published by a second person, it"
                " is in effect from that instant on; undone, the former answers are given again. No number ever shows"
                " another person. No check is slower, and the fund names the recipients of what was withdrawn.",
            )
        )
    ),
    wrong_numbers,
)
