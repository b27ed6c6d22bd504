"""The rights for which a client of each kind may be admitted, and its operators registered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.contract.facility_codes import is_of_registration_number
from eligibility_api.contract.facility_kinds import FACILITY_KINDS

INSURER_RIGHTS = frozenset({Right.ENROLMENT, Right.CLAIMS})
"""Rights of an insurer's program, which sends members and claims (rule G2)."""

APPROVER_RIGHTS = frozenset({Right.APPROVAL})
"""Rights of the second key, which releases what is held or contested, and cannot upload (rule G2)."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A facility to admit if it is new, and its number of terminals to admit, all with the same rights.

    Raises ValueError for a registration number of any other facility than an eligibility-only one (rule G6).
    """

    institution_code: str
    name: str
    kind: FacilityKind
    rights: frozenset[Right]
    terminals: int = 1

    def __post_init__(self) -> None:
        is_limited = self.kind is FacilityKind.ELIGIBILITY_ONLY
        if is_of_registration_number(self.institution_code) and not is_limited:
            raise ValueError("a registration number (登録記号番号) is for the kind eligibility-only")


@dataclass(frozen=True, slots=True)
class Authority:
    """What an operator is authorised for: medical data as authorised staff, access in an emergency."""

    medical: bool
    emergency: bool


def authority_for(kind: FacilityKind) -> Authority:
    """What operators of such a facility may be authorised for; anything else would have no effect (rule G4)."""
    entry = FACILITY_KINDS[kind]
    return Authority(entry.medical, Right.EMERGENCY in entry.rights)


def rights_for(kind: FacilityKind) -> frozenset[Right]:
    """The rights that a terminal of such a facility may have (rule G1)."""
    return FACILITY_KINDS[kind].rights


def excess_rights(kind: FacilityKind, requested: Iterable[Right]) -> frozenset[Right]:
    """The requested rights that a facility of this kind cannot have (rule G1)."""
    return frozenset(requested) - rights_for(kind)
