"""A request of every message whose layout is public, about the person of `samples.enrolment()`."""

from __future__ import annotations

from datetime import date
from typing import Any

from clinic_terminal.messages import bulk, checkups, eligibility, history, references
from clinic_terminal.messages.codes import FileCategory, LimitConsent
from clinic_terminal.messages.headers import Message
from eligibility_api.contract.codes import Care
from tests.builders.clinic.samples import INSTITUTION

DAY = date(2026, 4, 1)
RECEPTION = "20260401000000000001"
"""The reception number that the examples' exchange gives."""

PERSON: dict[str, Any] = {"insurer_number": "01130012", "symbol": "12", "number": "345", "branch": "00"}
HEADER: dict[str, Any] = {
    "medical_institution_code": INSTITUTION,
    "arbitrary_file_identifier": "202604010001",
}
MONTHS: dict[str, Any] = {"first_month": "202510", "last_month": "202604"}


def search_info(**changes: Any) -> eligibility.SearchInfo:
    fields = PERSON | {"birth_date": date(1980, 2, 3), "limit_consent": LimitConsent.NOT_GIVEN}
    return eligibility.SearchInfo(**fields | changes)


def eligibility_request(**changes: Any) -> eligibility.EligibilityRequest:
    header = eligibility.EligibilityRequestHeader(**HEADER, qualification_confirmation_date=DAY)
    body = eligibility.EligibilityRequestBody(search_info=search_info(**changes))
    return eligibility.EligibilityRequest(header=header, body=body)


def _registration(number: str) -> references.Registration:
    return references.Registration(**PERSON, reference_number=number)


def _reference() -> references.ReferenceRequest:
    body = references.ReferenceRequestBody(registration=_registration("K-0001"))
    return references.ReferenceRequest(header=references.RequestHeader(**HEADER), body=body)


def _bulk_eligibility() -> bulk.BulkEligibilityRequest:
    header = eligibility.EligibilityRequestHeader(**HEADER, qualification_confirmation_date=DAY)
    infos = (search_info(), search_info(number="346", arbitrary_identifier="2"))
    return bulk.BulkEligibilityRequest(header=header, body=bulk.BulkEligibilityBody(search_infos=infos))


def _bulk_reference() -> bulk.BulkReferenceRequest:
    body = bulk.BulkReferenceBody(registrations=(_registration("K-0001"), _registration("K-0002")))
    return bulk.BulkReferenceRequest(header=references.RequestHeader(**HEADER), body=body)


def _tickets() -> bulk.TicketBulkRequest:
    body = bulk.TicketBulkBody(search_info=bulk.TicketSearch(month="202604"))
    return bulk.TicketBulkRequest(header=references.RequestHeader(**HEADER), body=body)


def _home_visits() -> bulk.HomeVisitBulkRequest:
    search = bulk.HomeVisitSearch(consented_from=DAY, consented_to=DAY, care=Care.HOME_VISIT)
    body = bulk.HomeVisitBulkBody(search_info=search)
    return bulk.HomeVisitBulkRequest(header=references.RequestHeader(**HEADER), body=body)


def _online() -> bulk.OnlineBulkRequest:
    search = bulk.OnlineSearch(examined_from=DAY, examined_to=DAY, care=Care.ONLINE)
    return bulk.OnlineBulkRequest(
        header=references.RequestHeader(**HEADER), body=bulk.OnlineBulkBody(search_info=search)
    )


def results_request(number: str = RECEPTION) -> bulk.ResultsRequest:
    header = bulk.ResultsRequestHeader(medical_institution_code=INSTITUTION)
    return bulk.ResultsRequest(header=header, body=bulk.ResultsRequestBody(reception_number=number))


def history_request(
    category: FileCategory = FileCategory.MEDICINES_AND_TREATMENT_XML,
) -> history.HistoryRequest:
    body = history.HistoryRequestBody(**MONTHS, file_category=category, prescriptions="1")
    return history.HistoryRequest(header=history.HistoryRequestHeader(**PERSON, **HEADER), body=body)


def checkup_request(category: FileCategory = FileCategory.XML) -> checkups.CheckupRequest:
    body = checkups.CheckupRequestBody.model_validate({"file_category": category})
    return checkups.CheckupRequest(header=history.HistoryRequestHeader(**PERSON, **HEADER), body=body)


def all_requests() -> dict[str, Message]:
    """By the prefix of the request."""
    return {
        "OQSsiquc01req": eligibility_request(),
        "OQSsiimm01req": _reference(),
        "OQSmuquc01req": _bulk_eligibility(),
        "OQSmuquc02req": results_request(),
        "OQSmuimm01req": _bulk_reference(),
        "OQSmuimm02req": results_request(),
        "OQSmutic01req": _tickets(),
        "OQSmutic02req": results_request(),
        "OQSmuhvq01req": _home_visits(),
        "OQSmuhvq02req": results_request(),
        "OQSmuonq01req": _online(),
        "OQSmuonq02req": results_request(),
        "YZKsiquc01req": history_request(),
        "TKKsiquc01req": checkup_request(),
    }
