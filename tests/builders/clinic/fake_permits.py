"""Permits without consent of the fake fund, and the entries that it accepts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from eligibility_api.contract.consent import Basis
from eligibility_api.contract.emergency import (
    DisasterPermitRequest,
    DisasterSearch,
    EmergencyRequest,
    FoundMembership,
    FoundPerson,
    PermitAnswer,
)
from eligibility_api.contract.prescriptions import DispensingRequest, EntryAnswer, PrescriptionRequest
from tests.builders.clinic import samples

PERMIT = UUID("019ab000-0000-7000-8000-0000000000d1")
FOUND = FoundPerson(
    record_id=samples.RECORD,
    memberships=[
        FoundMembership(
            insurer_number="01130012", insurer_name="架空健康保険", symbol="見本", number="12", branch="01"
        )
    ],
)
NOTICE = "この閲覧は記録され、患者が見ることができます。"


@dataclass
class FakePermits:
    """Records the requests: emergencies, searches in disaster mode, prescriptions and dispensings."""

    emergencies: list[EmergencyRequest] = field(default_factory=list)
    searches: list[DisasterSearch] = field(default_factory=list)
    disaster_permits: list[DisasterPermitRequest] = field(default_factory=list)
    entries: list[BaseModel] = field(default_factory=list)

    def emergency(self, body: dict[str, Any]) -> PermitAnswer:
        self.emergencies.append(EmergencyRequest.model_validate(body))
        return _permit(Basis.EMERGENCY)

    def search(self, body: dict[str, Any]) -> FoundPerson:
        self.searches.append(DisasterSearch.model_validate(body))
        return FOUND

    def disaster(self, body: dict[str, Any]) -> PermitAnswer:
        self.disaster_permits.append(DisasterPermitRequest.model_validate(body))
        return _permit(Basis.DISASTER)

    def prescribe(self, body: dict[str, Any]) -> EntryAnswer:
        return self._enter(PrescriptionRequest.model_validate(body))

    def dispense(self, body: dict[str, Any]) -> EntryAnswer:
        return self._enter(DispensingRequest.model_validate(body))

    def _enter(self, entry: BaseModel) -> EntryAnswer:
        self.entries.append(entry)
        return EntryAnswer(entry_id=PERMIT, record_id=samples.RECORD, known_from=samples.NOW)


def _permit(basis: Literal[Basis.EMERGENCY, Basis.DISASTER]) -> PermitAnswer:
    return PermitAnswer(
        permit_id=PERMIT,
        basis=basis,
        categories=[],
        given_at=samples.NOW,
        available_until=samples.NOW + timedelta(hours=24),
        record_id=samples.RECORD,
        notice=NOTICE,
    )
