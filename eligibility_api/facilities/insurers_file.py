"""Reads a list of insurers to admit: CSV (UTF-8) with the columns `insurer_number` and `name`."""

from __future__ import annotations

import csv
from pathlib import Path

from eligibility_api.contract import numbers
from eligibility_api.platform.errors import OperatorError

_COLUMNS = ["insurer_number", "name"]


def read_insurers(path: Path) -> dict[str, str]:
    """Return the insurers' names by number, in the file's order. Raises OperatorError, which names the faulty line."""
    insurers: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.reader(lines, strict=True)
            if next(rows, None) != _COLUMNS:
                raise OperatorError(f"The insurers' file must begin with the line {','.join(_COLUMNS)}.")
            for row in rows:
                number, name = _insurer(row, rows.line_num)
                if number in insurers:
                    raise OperatorError(f"Line {rows.line_num} of the insurers' file repeats a number.")
                insurers[number] = name
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OperatorError("The insurers' file is not readable as CSV in UTF-8.") from error
    if not insurers:
        raise OperatorError("The insurers' file names no insurer.")
    return insurers


def _insurer(row: list[str], line: int) -> tuple[str, str]:
    if len(row) != len(_COLUMNS) or not row[1].strip() or not numbers.is_insurer_number(row[0]):
        raise OperatorError(
            f"Line {line} of the insurers' file is not a number of six or eight digits with its check digit, and a name."
        )
    return row[0], row[1]
