"""Receipts as the bytes of a receipt file: CP932, CRLF, the sections of several institutions one behind the other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import BinaryIO, NamedTuple

from eligibility_api.contract.numbers import is_late_elderly_number
from payer_mock.claims.medical import medical_points, medical_records
from payer_mock.claims.pharmacy import pharmacy_points, pharmacy_records
from payer_mock.claims.receipt import Institution, MedicalReceipt, Receipt
from payer_mock.claims.records import (
    END_OF_FILE,
    LINE_END,
    MEDICAL_FIELDS,
    MOST_NAME_BYTES,
    PHARMACY_FIELDS,
    encoded,
    fitted,
    record,
)

_PHARMACY = "4"
_ONE_VOLUME = "00"
_TELEPHONE = "00-0000-0000"
_LAST_OF_GO = "99"
_EMPLOYEES, _NATIONAL = "1", "2"
"""審査支払機関: the fund for employees' insurance, the federations for national and late-elderly insurance."""

_NUMBER = len("RE,")
"""Where a receipt's number has its place among its bytes."""


class Written(NamedTuple):
    """A receipt as bytes, but for its number; line ends between its records and none at its end."""

    institution: Institution
    points: int
    records: bytes


def written(receipt: Receipt) -> Written:
    """The bytes of a receipt."""
    if isinstance(receipt, MedicalReceipt):
        points, records = medical_points(receipt), medical_records(receipt)
    else:
        points, records = pharmacy_points(receipt), pharmacy_records(receipt)
    return Written(receipt.institution, points, encoded("\r\n".join(records)))


def examiner_of(insurer_number: str) -> str:
    """審査支払機関 through which an insurer's receipts come."""
    national = len(insurer_number) == 6 or is_late_elderly_number(insurer_number)
    return _NATIONAL if national else _EMPLOYEES


def write_sections(
    file: BinaryIO, claim_month: date, examiner: str, receipts: Iterable[Written], *, end_byte: bool = False
) -> int:
    """Write receipts, those of one institution behind each other, and give back how many there were.

    `end_byte`: end with the byte 0x1A, as some programs do.
    """
    count = 0
    section: _Section | None = None
    for count, receipt in enumerate(receipts, start=1):  # noqa: B007 - the last count is the result
        if section is None or section.institution != receipt.institution:
            if section is not None:
                section.end()
            section = _Section(file, receipt.institution, claim_month, examiner)
        section.add(receipt)
    if section is not None:
        section.end()
    if end_byte:
        file.write(END_OF_FILE)
    return count


class _Section:
    """One institution's claim, IR or YK to GO."""

    def __init__(self, file: BinaryIO, institution: Institution, claim_month: date, examiner: str) -> None:
        self.institution = institution
        self._file = file
        self._receipts = self._points = 0
        self._write(_header(institution, claim_month, examiner))

    def add(self, receipt: Written) -> None:
        self._receipts += 1
        self._points += receipt.points
        records = receipt.records
        self._file.write(b"%b%d%b%b" % (records[:_NUMBER], self._receipts, records[_NUMBER:], LINE_END))

    def end(self) -> None:
        self._write(record("GO", MEDICAL_FIELDS["GO"], self._receipts, self._points, _LAST_OF_GO))

    def _write(self, line: str) -> None:
        self._file.write(encoded(line) + LINE_END)


def _header(institution: Institution, claim_month: date, examiner: str) -> str:
    code = institution.code
    place = examiner, code[:2], code[2], code[3:]
    name, month = fitted(institution.name, MOST_NAME_BYTES), f"{claim_month:%Y%m}"
    if code[2] == _PHARMACY:
        return record("YK", PHARMACY_FIELDS["YK"], *place, name, month, _ONE_VOLUME, _TELEPHONE)
    return record("IR", MEDICAL_FIELDS["IR"], *place, None, name, month, _ONE_VOLUME, _TELEPHONE)
