"""What a played fund gives without consent, and the entries that it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from eligibility_api.contract.consent import Basis
from eligibility_api.contract.emergency import DisasterSearch, EmergencyRequest, PermitAnswer
from eligibility_api.contract.prescriptions import DispensingRequest, EntryAnswer, PrescriptionRequest
from tests.unit.clinic_terminal import builders

PERMIT = UUID("019ab000-0000-7000-8000-0000000000d1")
NOTICE = "この閲覧は記録され、患者が見ることができます。"


@dataclass
class FakePermits:
    """`searched` and `reasoned` keep what was asked, `entered` what was told, with its key."""

    reasoned: list[EmergencyRequest] = field(default_factory=list)
    searched: list[DisasterSearch] = field(default_factory=list)
    entered: list[BaseModel] = field(default_factory=list)

    def emergency(self, body: dict[str, Any]) -> PermitAnswer:
        self.reasoned.append(EmergencyRequest.model_validate(body))
        return _permit(Basis.EMERGENCY)

    def disaster(self, body: dict[str, Any]) -> PermitAnswer:
        self.searched.append(DisasterSearch.model_validate(body))
        return _permit(Basis.DISASTER)

    def prescribe(self, body: dict[str, Any]) -> EntryAnswer:
        return self._enter(PrescriptionRequest.model_validate(body))

    def dispense(self, body: dict[str, Any]) -> EntryAnswer:
        return self._enter(DispensingRequest.model_validate(body))

    def _enter(self, entry: BaseModel) -> EntryAnswer:
        self.entered.append(entry)
        return EntryAnswer(entry_id=PERMIT, record_id=builders.RECORD, known_from=builders.NOW)


def _permit(basis: Literal[Basis.EMERGENCY, Basis.DISASTER]) -> PermitAnswer:
    return PermitAnswer(
        permit_id=PERMIT,
        basis=basis,
        categories=[],
        given_at=builders.NOW,
        available_until=builders.NOW + timedelta(hours=24),
        record_id=builders.RECORD,
        notice=NOTICE,
    )
