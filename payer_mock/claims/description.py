"""Receipts described by hand in JSON, and the receipt file of them.

`{"claim_month": "YYYY-MM", "medical": [MedicalReceipt…], "pharmacy": [PharmacyReceipt…]}`, the receipts with the fields
of `receipt.py`. EXAMPLE is one. Nothing is checked beyond their form: a description may well be of receipts that the
fund has to refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from payer_mock.claims.receipt import STRICT, MedicalReceipt, Month, PharmacyReceipt, Receipt
from payer_mock.claims.writing import examiner_of, write_sections, written

_MEMBER: dict[str, Any] = {
    "insurer_number": "01130012",
    "symbol": "見本",
    "number": "1234",
    "branch": "00",
    "birth_date": "1980-05-17",
    "sex": "2",
    "name": "試験　見本",
}
_CLINIC: dict[str, Any] = {"code": "1310100019", "name": "架空第１診療所"}

EXAMPLE: dict[str, Any] = {
    "claim_month": "2026-11",
    "medical": [
        {
            "institution": _CLINIC,
            "member": _MEMBER,
            "treatment_month": "2026-10",
            "diseases": [{"name": "架空高血圧症", "began_on": "2024-04-02", "main": True}],
            "units": [
                {"act": "12", "acts": [{"code": "199000112"}], "days": {"6": 1}, "points": 75},
                {
                    "act": "21",
                    "drugs": [{"code": "990000101", "quantity": "1"}],
                    "days": {"6": 28},
                    "points": 2,
                },
            ],
        }
    ],
    "pharmacy": [
        {
            "institution": {"code": "1340100013", "name": "架空第１薬局"},
            "member": _MEMBER,
            "treatment_month": "2026-10",
            "prescriber": _CLINIC,
            "prescriptions": [
                {
                    "form": "1",
                    "usage": "006",
                    "drugs": [{"code": "990000114", "quantity": "3"}],
                    "supplies": [{"prescribed_on": "2026-10-06", "dispensed_on": "2026-10-06", "times": 14}],
                    "points": 5,
                }
            ],
        }
    ],
}
"""A visit with a medicine given there, and another medicine from a pharmacy."""


class DescriptionError(Exception):
    """A file does not describe receipts; the text names the fields at fault, never a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What one receipt file is to hold."""

    __pydantic_config__ = STRICT

    claim_month: Month
    medical: tuple[MedicalReceipt, ...] = ()
    pharmacy: tuple[PharmacyReceipt, ...] = ()

    @property
    def receipts(self) -> list[Receipt]:
        """The receipts, those of an institution behind each other."""
        return sorted((*self.medical, *self.pharmacy), key=_by_institution)


def _by_institution(receipt: Receipt) -> tuple[str, str]:
    return receipt.institution.code, receipt.institution.name


_DESCRIPTIONS = TypeAdapter(Description)


def read_description(text: str | bytes) -> Description:
    """The receipts that a JSON text describes. Raises DescriptionError."""
    try:
        return _DESCRIPTIONS.validate_json(text)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise DescriptionError("; ".join(faults)) from error


def write_description(description: Description, path: Path) -> int:
    """Write the receipt file, and give back how many receipts it has. Raises DescriptionError, OSError."""
    receipts = description.receipts
    if not receipts:
        raise DescriptionError("no receipts")
    examiner = examiner_of(receipts[0].member.insurer_number)
    with path.open("wb") as file:
        return write_sections(file, description.claim_month, examiner, map(written, receipts))
