"""Reads claims described in JSON, and writes the claim file of them.

`{"claim_month": "YYYY-MM", "medical": [MedicalClaim…], "pharmacy": [PharmacyClaim…]}`, the claims with the
fields of `claim.py`. EXAMPLE is one. Only the form is validated: a description may contain claims that the
fund has to reject.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from payer_mock.claims.claim import STRICT, Claim, MedicalClaim, Month, PharmacyClaim
from payer_mock.claims.claim_file import encode_claim, examiner_of, write_sections
from payer_mock.private_files import create_private

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
"""A visit at which a medicine is dispensed, and another medicine from a pharmacy."""


class DescriptionError(Exception):
    """A file is not a valid description; the text names the wrong fields, never a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The content of one claim file."""

    __pydantic_config__ = STRICT

    claim_month: Month
    medical: tuple[MedicalClaim, ...] = ()
    pharmacy: tuple[PharmacyClaim, ...] = ()

    @property
    def claims(self) -> list[Claim]:
        """The claims, sorted by institution."""
        return sorted((*self.medical, *self.pharmacy), key=_by_institution)


def _by_institution(claim: Claim) -> tuple[str, str]:
    return claim.institution.code, claim.institution.name


_DESCRIPTIONS = TypeAdapter(Description)


def read_description(text: str | bytes) -> Description:
    """The claims that a JSON text describes. Raises DescriptionError."""
    try:
        return _DESCRIPTIONS.validate_json(text)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise DescriptionError("; ".join(faults)) from error


def write_description(description: Description, path: Path) -> int:
    """Write the claim file; returns the number of claims. Raises DescriptionError, OSError."""
    claims = description.claims
    if not claims:
        raise DescriptionError("no claims")
    examiner = examiner_of(claims[0].member.insurer_number)
    with create_private(path) as file:
        return write_sections(file, description.claim_month, examiner, map(encode_claim, claims))
