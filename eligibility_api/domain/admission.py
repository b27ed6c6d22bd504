"""Which rights a client of which kind may be admitted for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eligibility_api.contract.codes import FacilityKind, Right

_FACILITY_RIGHTS = frozenset(
    {
        Right.ELIGIBILITY,
        Right.REGISTRATION,
        Right.VISUAL_CHECK,
        Right.CONSENT,
        Right.PRESCRIPTION,
        Right.EMERGENCY,
    }
)
_ELIGIBILITY_ONLY_RIGHTS = frozenset({Right.ELIGIBILITY})
INSURER_RIGHTS = frozenset({Right.ENROLMENT, Right.CLAIMS})
"""Of an insurer's program, which tells the fund who its members are, and what was claimed for them."""

APPROVER_RIGHTS = frozenset({Right.APPROVAL})
"""Of the second key, which alone releases a held file, and uploads none."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A facility to be admitted if it is new, and so many terminals of it, each with the same rights."""

    institution_code: str
    name: str
    kind: FacilityKind
    rights: frozenset[Right]
    terminals: int = 1


def rights_for(kind: FacilityKind) -> frozenset[Right]:
    """The rights that a terminal at such a facility may have: an eligibility-only one asks by PIN or number, nothing more."""
    return _ELIGIBILITY_ONLY_RIGHTS if kind is FacilityKind.ELIGIBILITY_ONLY else _FACILITY_RIGHTS


def excess_rights(kind: FacilityKind, wanted: Iterable[Right]) -> frozenset[Right]:
    """Those of the wanted rights that a facility of this kind cannot have."""
    return frozenset(wanted) - rights_for(kind)
