"""Permits without consent of the fake fund, and the entries that it accepts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from eligibility_api.contract.consent import Basis
from eligibility_api.contract.duplicate_checks import (
    DuplicateCheckAnswer,
    DuplicateCheckRequest,
    DuplicateFinding,
    DuplicateKind,
    OtherMedicine,
)
from eligibility_api.contract.emergency import (
    DisasterPermitRequest,
    DisasterSearch,
    EmergencyRequest,
    FoundMembership,
    FoundPerson,
    PermitAnswer,
)
from eligibility_api.contract.history import Origin
from eligibility_api.contract.prescriptions import (
    DispensingRequest,
    EntryAnswer,
    OnSiteRequest,
    PrescriptionRequest,
)
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
    too_many_entries: bool = False

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

    def dispense_on_site(self, body: dict[str, Any]) -> EntryAnswer:
        return self._enter(OnSiteRequest.model_validate(body))

    def check_duplicates(self, body: dict[str, Any]) -> DuplicateCheckAnswer:
        request = DuplicateCheckRequest.model_validate(body)
        other = OtherMedicine(
            origin=Origin.PRESCRIPTION,
            drug_code="990000116",
            name="架空鎮痛テープ",
            ingredient_code="9905002",
            institution_code="1312222225",
            institution_name="見本クリニック",
            first_day=date(2026, 3, 27),
            last_day=date(2026, 4, 9),
        )
        finding = DuplicateFinding(kind=DuplicateKind.DUPLICATE, medicine=1, other=other)
        consented = request.consent_id is not None
        return DuplicateCheckAnswer(
            record_id=samples.RECORD,
            checked_at=samples.NOW,
            duplicate=True,
            contraindicated=False,
            complete=not self.too_many_entries,
            consented=consented,
            findings=[finding] if consented else [],
        )

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
