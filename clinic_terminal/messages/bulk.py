"""Bulk requests (OQS 6): `01req` uploads, `01res` has the reception number, `02req` asks for the results.

The five kinds differ in their upload, and in their results (`bulk_results`).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import FailFast, Field

from clinic_terminal.messages import headers
from clinic_terminal.messages.codes import CharacterCode
from clinic_terminal.messages.elements import Confidence, Element, Group
from clinic_terminal.messages.eligibility import EligibilityRequestHeader, SearchInfo
from clinic_terminal.messages.references import Registration, RequestHeader
from clinic_terminal.messages.values import Day, Instant, Month
from eligibility_api.contract.batches import MAX_ROWS
from eligibility_api.contract.codes import Care


class BulkGroup(Group):
    """Base of the groups of section 6."""

    source: ClassVar[str] = "OQS 6"
    confidence: ClassVar[Confidence] = Confidence.CLIENT


class BulkUpload(headers.Message):
    """Base of the uploads (`01req`)."""

    max_bytes: ClassVar[int] = headers.MAX_BULK_BYTES


class BulkEligibilityBody(BulkGroup):
    """The persons who are looked up."""

    search_infos: Annotated[
        tuple[SearchInfo, ...],
        FailFast(),
        Field(min_length=1, max_length=MAX_ROWS),
        Element("QualificationConfirmSearchInfo", note="Each as in OQSsiquc01req; at most 10,000."),
    ]


class BulkEligibilityRequest(BulkUpload):
    """`OQSmuquc01req`: look up many persons by the items of their certificates."""

    header: Annotated[EligibilityRequestHeader, Element("MessageHeader")]
    body: Annotated[BulkEligibilityBody, Element("MessageBody")]


class BulkReferenceBody(BulkGroup):
    """The registrations."""

    registrations: Annotated[
        tuple[Registration, ...],
        FailFast(),
        Field(min_length=1, max_length=MAX_ROWS),
        Element("ReferenceNumberRegistrationInfo", source="OQS 5", note="At most 10,000."),
    ]


class BulkReferenceRequest(BulkUpload):
    """`OQSmuimm01req`: register many reference numbers."""

    header: Annotated[RequestHeader, Element("MessageHeader")]
    body: Annotated[BulkReferenceBody, Element("MessageBody")]


class TicketSearch(BulkGroup):
    """The month of the tickets."""

    month: Annotated[Month, Element("MedicalTreatmentMonth")]


class TicketBulkBody(BulkGroup):
    """What is asked."""

    search_info: Annotated[TicketSearch, Element("QualificationConfirmSearchInfo")]


class TicketBulkRequest(BulkUpload):
    """`OQSmutic01req`: the medical-aid recipients who have a ticket for the institution in a month."""

    header: Annotated[RequestHeader, Element("MessageHeader")]
    body: Annotated[TicketBulkBody, Element("MessageBody")]


class HomeVisitSearch(BulkGroup):
    """The days of the consents."""

    consented_from: Annotated[Day, Element("ConsentDateFrom")]
    consented_to: Annotated[Day, Element("ConsentDateTo")]
    care: Annotated[Literal[Care.HOME_VISIT], Element("MedicalTreatmentFlag", code="OQSCD028")]


class HomeVisitBulkBody(BulkGroup):
    """What is asked."""

    search_info: Annotated[HomeVisitSearch, Element("QualificationConfirmSearchInfo")]


class HomeVisitBulkRequest(BulkUpload):
    """`OQSmuhvq01req`: the persons who consented to home visits in a period."""

    header: Annotated[RequestHeader, Element("MessageHeader")]
    body: Annotated[HomeVisitBulkBody, Element("MessageBody")]


class OnlineSearch(BulkGroup):
    """The days of the consents, or those of the consultations; the exchange refuses neither and half a pair."""

    consented_from: Annotated[Day | None, Element("ConsentDateFrom", note="Or ExaminationDateFrom.")] = None
    consented_to: Annotated[Day | None, Element("ConsentDateTo")] = None
    examined_from: Annotated[Day | None, Element("ExaminationDateFrom", note="Or ConsentDateFrom.")] = None
    examined_to: Annotated[Day | None, Element("ExaminationDateTo")] = None
    care: Annotated[Literal[Care.ONLINE], Element("MedicalTreatmentFlag", code="OQSCD028")]


class OnlineBulkBody(BulkGroup):
    """What is asked."""

    search_info: Annotated[OnlineSearch, Element("QualificationConfirmSearchInfo")]


class OnlineBulkRequest(BulkUpload):
    """`OQSmuonq01req`: the persons who consented to online consultations in a period."""

    header: Annotated[RequestHeader, Element("MessageHeader")]
    body: Annotated[OnlineBulkBody, Element("MessageBody")]


class ReceptionHeader(BulkGroup):
    """The header of a reception."""

    process_execution_time: headers.ProcessExecutionTime
    medical_institution_code: headers.MedicalInstitutionCode
    arbitrary_file_identifier: headers.ArbitraryFileIdentifier = None
    segment_of_result: headers.Segment
    error_code: headers.ErrorCode = None
    error_message: headers.ErrorMessage = None
    character_code_identifier: headers.CharacterCodeIdentifier = CharacterCode.UTF_8


class ReceptionBody(BulkGroup):
    """The number by which the results are asked, or the error."""

    reception_number: Annotated[
        headers.ReceptionText | None, Element("ReceptionNumber", note="Opaque; absent on error.")
    ] = None
    received_at: Annotated[Instant | None, Element("ReceptionDateTime", note="Absent on error.")] = None
    status: headers.Status = None
    status_code: headers.StatusCode = None
    status_message: headers.StatusMessage = None


class ReceptionResult(headers.Message):
    """`…01res` of every bulk kind."""

    header: Annotated[ReceptionHeader, Element("MessageHeader")]
    body: Annotated[ReceptionBody, Element("MessageBody")]


class ResultsRequestHeader(BulkGroup):
    """The header of a question for results."""

    medical_institution_code: headers.MedicalInstitutionCode
    arbitrary_file_identifier: headers.ArbitraryFileIdentifier = None


class ResultsRequestBody(BulkGroup):
    """The reception whose results are asked."""

    reception_number: headers.ReceptionNumber


class ResultsRequest(headers.Message):
    """`…02req` of every bulk kind."""

    header: Annotated[ResultsRequestHeader, Element("MessageHeader")]
    body: Annotated[ResultsRequestBody, Element("MessageBody")]
