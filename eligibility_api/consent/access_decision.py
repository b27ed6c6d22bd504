"""The decision of an access check as a value, and its refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from eligibility_api.contract.codes import Care, Category, EndReason, FacilityKind
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.errors import ShikakuError


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """The row of an access check and its audit record.

    The permit's own values are None if there is no such permit.
    """

    outcome: str
    permit_id: UUID
    basis: Basis | None
    care: Care | None
    categories: frozenset[Category]
    given_at: datetime | None
    available_from: datetime | None
    until: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None
    person_key: bytes | None
    facility_kind: FacilityKind | None
    record_id: UUID
    recorded_at: datetime

    @classmethod
    def of(cls, row: Any) -> AccessDecision:
        """Read the row of a statement that selects the check's columns, `PERMIT_COLUMNS` and the record's."""
        basis, care, kind = row["basis"], row["care"], row["facility_kind"]
        end_reason = row["end_reason"]
        return cls(
            outcome=row["outcome"],
            permit_id=row["permit_id"],
            basis=Basis(basis) if basis is not None else None,
            care=Care(care) if care is not None else None,
            categories=frozenset(Category(category) for category in row["categories"] or ()),
            given_at=row["given_at"],
            available_from=row["available_from"],
            until=row["until"],
            ended_at=row["ended_at"],
            end_reason=EndReason(end_reason) if end_reason is not None else None,
            person_key=row["person_key"],
            facility_kind=FacilityKind(kind) if kind is not None else None,
            record_id=row["record_id"],
            recorded_at=row["recorded_at"],
        )


def check_granted(outcome: str) -> None:
    """Raise the refusal that the access check recorded, if it was one."""
    if outcome != "answered":
        raise ShikakuError(outcome)
