"""The clinic's software (レセコン) before a terminal's exchange, whose fund is the fake one; and its requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from clinic_terminal.exchange.answering import Exchange
from clinic_terminal.exchange.operator import Operator
from clinic_terminal.messages.bulk import (
    BulkEligibilityRequest,
    BulkReferenceRequest,
    HomeVisitBulkRequest,
    ResultsRequest,
)
from clinic_terminal.messages.checkups import CheckupRequest
from clinic_terminal.messages.codes import FileCategory, LimitConsent
from clinic_terminal.messages.eligibility import EligibilityRequest, SearchInfo
from clinic_terminal.messages.headers import Message
from clinic_terminal.messages.history import HistoryRequest
from clinic_terminal.messages.references import ReferenceRequest, Registration
from clinic_terminal.messages.registry import MESSAGES
from clinic_terminal.store import TerminalStore
from eligibility_api.contract.codes import Care, Role
from tests.builders.clinic.fake_fund import FakeFund
from tests.builders.clinic.samples import INSTITUTION, NOW

DOCTOR = Operator(Role.DOCTOR, "架空 医師")
DAY = date(2026, 4, 1)
FILE = "file-1"


@dataclass
class ClinicSoftware:
    """Asks through an exchange. `staff`: whom the administrator set; `skipped`: how far the clock has gone on."""

    store: TerminalStore
    fund: FakeFund = field(default_factory=FakeFund)
    staff: Operator | None = DOCTOR
    skipped: timedelta = timedelta()
    numbers: int = 0

    def clock(self) -> datetime:
        return NOW + self.skipped

    def exchange(self) -> Exchange:
        return Exchange(
            self.fund.client(),
            self.store,
            clock=self.clock,
            staff=self.staff,
            new_number=self._new_number,
        )

    def ask(self, prefix: str, request: Message, operator: Operator | None = None) -> Any:
        """The result of a request of the kind with this prefix; not typed, since a prefix decides the type."""
        with self.exchange() as exchange:
            result = exchange.answer(MESSAGES[prefix], request, operator)
        assert type(result) is MESSAGES[prefix].result
        return result

    def results(self, prefix: str, number: str) -> Any:
        """The results of a bulk request (`prefix` without `01req`), by its reception number."""
        return self.ask(f"{prefix}02req", results_request(number))

    def _new_number(self, _: datetime) -> str:
        self.numbers += 1
        return f"R{self.numbers}"

    @classmethod
    def at(cls, home: Path, **fields: Any) -> Self:
        return cls(TerminalStore.open(home, answer_days=30), **fields)


def header(**changes: Any) -> dict[str, Any]:
    return {"medical_institution_code": INSTITUTION, "arbitrary_file_identifier": FILE} | changes


def search_info(**changes: Any) -> SearchInfo:
    """The membership of `samples.enrolment()`, as the clinic's software asks for it."""
    fields: dict[str, Any] = {
        "insurer_number": "01130012",
        "symbol": "12",
        "number": "345",
        "branch": "00",
        "birth_date": date(1980, 2, 3),
        "limit_consent": LimitConsent.NOT_GIVEN,
        "arbitrary_identifier": "patient-7",
    }
    return SearchInfo(**fields | changes)


def eligibility_request(of: dict[str, Any] | None = None, **changes: Any) -> EligibilityRequest:
    """A look-up by number; `of` changes its header, everything else the person."""
    head = header(qualification_confirmation_date=DAY) | (of or {})
    return EligibilityRequest.model_validate(
        {"header": head, "body": {"search_info": search_info(**changes)}}
    )


def bulk_request(*persons: SearchInfo) -> BulkEligibilityRequest:
    head = header(qualification_confirmation_date=DAY)
    return BulkEligibilityRequest.model_validate({"header": head, "body": {"search_infos": persons}})


def registration(**changes: Any) -> Registration:
    fields: dict[str, Any] = {
        "reference_number": "P-1",
        "insurer_number": "01130012",
        "symbol": "12",
        "number": "345",
        "branch": "00",
    }
    return Registration(**fields | changes)


def reference_request(**changes: Any) -> ReferenceRequest:
    body = {"registration": registration(**changes)}
    return ReferenceRequest.model_validate({"header": header(), "body": body})


def bulk_reference_request(*registrations: Registration) -> BulkReferenceRequest:
    body = {"registrations": registrations}
    return BulkReferenceRequest.model_validate({"header": header(), "body": body})


def home_visit_request(first: date = DAY, last: date = DAY) -> HomeVisitBulkRequest:
    asked = {"consented_from": first, "consented_to": last, "care": Care.HOME_VISIT}
    return HomeVisitBulkRequest.model_validate({"header": header(), "body": {"search_info": asked}})


def results_request(number: str) -> ResultsRequest:
    head = {"medical_institution_code": INSTITUTION}
    return ResultsRequest.model_validate({"header": head, "body": {"reception_number": number}})


def person_header(**changes: Any) -> dict[str, Any]:
    membership = {"insurer_number": "01130012", "symbol": "12", "number": "345", "branch": "00"}
    return header(**membership) | changes


def history_request(of: dict[str, Any] | None = None, **changes: Any) -> HistoryRequest:
    """A request for medicines; `of` changes its header."""
    body: dict[str, Any] = {
        "first_month": "202511",
        "last_month": "202604",
        "file_category": FileCategory.XML,
        "prescriptions": "1",
    }
    head = person_header(**of or {})
    return HistoryRequest.model_validate({"header": head, "body": body | changes})


def checkup_request(of: dict[str, Any] | None = None, **changes: Any) -> CheckupRequest:
    body: dict[str, Any] = {"file_category": FileCategory.XML}
    return CheckupRequest.model_validate({"header": person_header(**of or {}), "body": body | changes})


REQUESTS: dict[str, Message] = {
    "OQSsiquc01req": eligibility_request(),
    "OQSsiimm01req": reference_request(),
    "OQSmuquc01req": bulk_request(search_info()),
    "OQSmuquc02req": results_request("R0"),
    "OQSmuimm01req": bulk_reference_request(registration()),
    "OQSmuimm02req": results_request("R0"),
    "OQSmuhvq01req": home_visit_request(),
    "OQSmuhvq02req": results_request("R0"),
    "YZKsiquc01req": history_request(),
    "TKKsiquc01req": checkup_request(),
}
"""One request of every kind that is answered, by its prefix."""
