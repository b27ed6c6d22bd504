"""Writes the bytes of a claim file: CP932, CRLF, one section per institution."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import BinaryIO, NamedTuple

from eligibility_api.contract.identifiers import is_late_elderly
from payer_mock.claims.claim import Claim, Institution, MedicalClaim
from payer_mock.claims.medical import medical_points, medical_records
from payer_mock.claims.payers import payer_count
from payer_mock.claims.pharmacy import pharmacy_points, pharmacy_records
from payer_mock.claims.records import (
    END_OF_FILE,
    LINE_END,
    MAX_NAME_BYTES,
    MEDICAL_FIELDS,
    PHARMACY_FIELDS,
    encode,
    record,
    truncated,
)

_PHARMACY = "4"
_ONE_VOLUME = "00"
_TELEPHONE = "00-0000-0000"
_LAST_OF_GO = "99"
_EMPLOYEES, _NATIONAL = "1", "2"
"""審査支払機関: the fund for employees' insurance, the federations for national and late-elderly insurance."""

_NUMBER_OFFSET = len("RE,")
"""Offset of a claim's number in its bytes."""


class EncodedClaim(NamedTuple):
    """A claim as bytes without its number; records are separated by line ends, with none at the end."""

    institution: Institution
    payers: int
    """Insurance and public expenses: 総件数 counts each of them."""
    points: int
    records: bytes


def encode_claim(claim: Claim) -> EncodedClaim:
    """Encode a claim."""
    if isinstance(claim, MedicalClaim):
        points, records = medical_points(claim), medical_records(claim)
    else:
        points, records = pharmacy_points(claim), pharmacy_records(claim)
    return EncodedClaim(claim.institution, payer_count(claim.member), points, encode("\r\n".join(records)))


def examiner_of(insurer_number: str) -> str:
    """The code of the examining body (審査支払機関) that handles an insurer's claims."""
    national = len(insurer_number) == 6 or is_late_elderly(insurer_number)
    return _NATIONAL if national else _EMPLOYEES


def write_sections(
    file: BinaryIO,
    claim_month: date,
    examiner: str,
    claims: Iterable[EncodedClaim],
    *,
    end_byte: bool = False,
) -> int:
    """Write claims, which must be grouped by institution; returns how many were written.

    `end_byte`: end with the byte 0x1A, as some programs do.
    """
    count = 0
    section: _Section | None = None
    for count, claim in enumerate(claims, start=1):  # noqa: B007 - the last count is the result
        if section is None or section.institution != claim.institution:
            if section is not None:
                section.end()
            section = _Section(file, claim.institution, claim_month, examiner)
        section.add(claim)
    if section is not None:
        section.end()
    if end_byte:
        file.write(END_OF_FILE)
    return count


class _Section:
    """The section of one institution, from IR or YK to GO."""

    def __init__(self, file: BinaryIO, institution: Institution, claim_month: date, examiner: str) -> None:
        self.institution = institution
        self._file = file
        self._claims = self._payers = self._points = 0
        self._write(_header(institution, claim_month, examiner))

    def add(self, claim: EncodedClaim) -> None:
        """Write a claim with its number, and count its payers and points."""
        self._claims += 1
        self._payers += claim.payers
        self._points += claim.points
        records = claim.records
        self._file.write(
            b"%b%d%b%b" % (records[:_NUMBER_OFFSET], self._claims, records[_NUMBER_OFFSET:], LINE_END)
        )

    def end(self) -> None:
        """Write the record GO with the totals."""
        self._write(record("GO", MEDICAL_FIELDS["GO"], self._payers, self._points, _LAST_OF_GO))

    def _write(self, line: str) -> None:
        self._file.write(encode(line) + LINE_END)


def _header(institution: Institution, claim_month: date, examiner: str) -> str:
    code = institution.code
    place = examiner, code[:2], code[2], code[3:]
    name, month = truncated(institution.name, MAX_NAME_BYTES), f"{claim_month:%Y%m}"
    if code[2] == _PHARMACY:
        return record("YK", PHARMACY_FIELDS["YK"], *place, name, month, _ONE_VOLUME, _TELEPHONE)
    return record("IR", MEDICAL_FIELDS["IR"], *place, None, name, month, _ONE_VOLUME, _TELEPHONE)
