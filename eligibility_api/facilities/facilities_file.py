"""Reads a list of facilities to admit: CSV (UTF-8) with a header.

The columns are `institution_code`, `name`, `kind`, `rights` (separated by spaces) and `terminals` (their number).
"""

from __future__ import annotations

import csv
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from eligibility_api.contract import numbers
from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.contract.wire import PersonText
from eligibility_api.domain.admission import Admission, excess_rights
from eligibility_api.platform.errors import OperatorError

MAX_TERMINALS = 999
"""Maximum number of terminals in one row."""

_COLUMNS = ["institution_code", "name", "kind", "rights", "terminals"]
_NAME = TypeAdapter[str](PersonText)


def read_facilities(path: Path) -> list[Admission]:
    """Return the facilities in the file's order. Raises OperatorError, which names the faulty line."""
    found: dict[str, Admission] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.reader(lines, strict=True)
            if next(rows, None) != _COLUMNS:
                raise OperatorError(f"The facilities' file must begin with the line {','.join(_COLUMNS)}.")
            for row in rows:
                try:
                    admission = _admission(row)
                except ValueError as error:
                    raise OperatorError(f"Line {rows.line_num} of the facilities' file: {error}.") from error
                if admission.institution_code in found:
                    raise OperatorError(f"Line {rows.line_num} of the facilities' file repeats a code.")
                found[admission.institution_code] = admission
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OperatorError("The facilities' file is not readable as CSV in UTF-8.") from error
    if not found:
        raise OperatorError("The facilities' file names no facility.")
    return list(found.values())


def _admission(row: list[str]) -> Admission:
    """Parse one row. Raises ValueError, which states the rule that the row breaks."""
    if len(row) != len(_COLUMNS):
        raise ValueError(f"not the columns {','.join(_COLUMNS)}")
    code, name, kind, rights, terminals = row
    if not numbers.is_institution_code(code):
        raise ValueError("institution_code is not ten digits with a valid check digit")
    try:
        _NAME.validate_python(name)
    except ValidationError:
        raise ValueError("name is not 1 to 200 characters, none of them a control character") from None
    if kind not in tuple(FacilityKind):
        raise ValueError(f"kind is none of {', '.join(FacilityKind)}")
    if not rights.split() or not set(rights.split()) <= set(Right):
        raise ValueError(f"rights are not a list, separated by spaces, of: {', '.join(Right)}")
    granted = frozenset(map(Right, rights.split()))
    if missing := excess_rights(FacilityKind(kind), granted):
        raise ValueError(f"a facility of this kind cannot have the right {', '.join(sorted(missing))}")
    if not (terminals.isascii() and terminals.isdecimal() and 1 <= int(terminals) <= MAX_TERMINALS):
        raise ValueError(f"terminals is not a number from 1 to {MAX_TERMINALS}")
    return Admission(code, name, FacilityKind(kind), granted, int(terminals))
