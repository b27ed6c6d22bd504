"""Blank column: an insurer publishes a file with empty burden columns. A city once did so through one setting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from loadtest.dataset.member_files import read_cells
from loadtest.errors import LoadError
from loadtest.faults.fault import Expectation, Fault, FaultContext, always
from loadtest.faults.insurer_client import latest_files, rewrite
from loadtest.faults.wrong_file import Mistake, WrongFile
from loadtest.sections import Text

COLUMNS = ("burden_ratio", "elderly_burden_ratio")
_MIN_FILLED = 20
"""The fund does not hold files for shares of fewer rows."""

_FINDING = "fill-dropped"


def fullest(files: Sequence[Path]) -> tuple[Path, int]:
    """The member file with the most values in those columns, and their number.

    Raises LoadError if there are too few.
    """
    filled = {file: sum(map(_filled, read_cells(file))) for file in files}
    best = max(filled, key=filled.__getitem__, default=None)
    if best is None or filled[best] < _MIN_FILLED:
        raise LoadError(f"no insurer has {_MIN_FILLED} members with a burden ratio: increase --people")
    return best, filled[best]


def _filled(cells: Any) -> int:
    return sum(bool(cells[column]) for column in COLUMNS)


def write_blank(file: Path, target: Path, rng: Random | None = None) -> None:
    """Write a member file with those columns empty, readable by its owner only."""
    blank = dict.fromkeys(COLUMNS, "")
    rewrite(file, target, lambda row: {**row, **blank}, rng)


def blank_column(fault_context: FaultContext) -> WrongFile:
    """The injector. Raises LoadError if no insurer has enough values."""
    file, filled = fullest(latest_files(fault_context))
    return WrongFile(fault_context, file, Mistake("blank", write_blank, ("cells_blanked", filled), _FINDING))


BLANK_COLUMN = Fault(
    "blank-column",
    Text(
        "負担割合の列が空のファイルを保険者が送信し、別の職員が承認して反映、その後取り消し",
        "an insurer's file with a blank burden column, published by a second person all the same, then undone",
    ),
    always(
        Expectation(
            Text(
                "ファイルは空の列のため保留され、回答は変わりません。別の職員が承認すると、その時点からそのまま"
                "回答に現れ、取り消すと元の値に戻ります。照会は遅くならず、誤った情報を受け取った医療機関等が"
                "特定されます。",
                "The file is held for its blank column, and no answer changes. Published by a second person, it is"
                " in effect from that instant on, to its last answer; undone, the former values are given again."
                " No check is slower, and the fund names the recipients of what was withdrawn.",
            )
        )
    ),
    blank_column,
)
