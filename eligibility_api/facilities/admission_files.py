"""Reads lists of facilities or insurers to admit: CSV (UTF-8) with a header.

Facilities have the columns `institution_code`, `name`, `kind`, `rights` (separated by spaces) and `terminals`
(their number); insurers have `insurer_number` and `name`.
"""

from __future__ import annotations

import csv
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from eligibility_api.cli_support import is_shown_text
from eligibility_api.contract import identifiers
from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.contract.facility_codes import FACILITY_CODE_RULE, facility_code
from eligibility_api.domain.admission import Admission, excess_rights
from eligibility_api.platform.errors import OperatorError
from eligibility_api.web.client_certificate import thumbprint_of

MAX_TERMINALS = 999
"""Maximum number of terminals in one row."""

_MAX_CERTIFICATE_BYTES = 16_384
_PEM_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"

_FACILITY_COLUMNS = ["institution_code", "name", "kind", "rights", "terminals"]
_INSURER_COLUMNS = ["insurer_number", "name"]


def read_facilities(path: Path) -> list[Admission]:
    """Read the facilities, in the file's order. Raises OperatorError, which names the faulty line."""
    found: dict[str, Admission] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.reader(lines, strict=True)
            if next(rows, None) != _FACILITY_COLUMNS:
                raise OperatorError(
                    f"The facilities' file must begin with the line {','.join(_FACILITY_COLUMNS)}."
                )
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
    """Parse a facility's row. Raises ValueError, which states the rule that the row breaks."""
    if len(row) != len(_FACILITY_COLUMNS):
        raise ValueError(f"not the columns {','.join(_FACILITY_COLUMNS)}")
    written, name, kind, rights, terminals = row
    try:
        code = facility_code(written, lost_zeros=True)
    except identifiers.UnreadableIdentifier as error:
        raise ValueError(f"institution_code is not {FACILITY_CODE_RULE}") from error
    if not is_shown_text(name):
        raise ValueError("name is not 1 to 200 characters, none of them a control character")
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


def read_insurers(path: Path) -> dict[str, str]:
    """Read the insurers' names by number, in the file's order.

    Raises OperatorError, which names the faulty line.
    """
    insurers: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.reader(lines, strict=True)
            if next(rows, None) != _INSURER_COLUMNS:
                raise OperatorError(
                    f"The insurers' file must begin with the line {','.join(_INSURER_COLUMNS)}."
                )
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
    try:
        written, name = row
        number = identifiers.insurer_number(written, lost_zeros=True)
        if is_shown_text(name):
            return number, name
    except ValueError:
        pass
    raise OperatorError(
        f"Line {line} of the insurers' file is not a number of six or eight digits with its check digit, of a law that"
        " exists, and a name of 1 to 200 characters."
    )


def read_thumbprint(path: Path) -> str:
    """Read the thumbprint of a certificate (PEM or DER). Raises OperatorError."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_CERTIFICATE_BYTES)
        begins = content.find(_PEM_CERTIFICATE)
        certificate = (
            x509.load_der_x509_certificate(content)
            if begins < 0
            else x509.load_pem_x509_certificate(content[begins:])
        )
    except (OSError, ValueError) as error:
        raise OperatorError("The file has no readable certificate.") from error
    return thumbprint_of(certificate.public_bytes(Encoding.DER))
