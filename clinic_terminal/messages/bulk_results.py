"""Results of bulk requests (OQS 6): `02res`, or "processing"."""

from __future__ import annotations

from typing import Annotated, ClassVar

from clinic_terminal.messages import headers
from clinic_terminal.messages.bulk import BulkGroup
from clinic_terminal.messages.codes import CharacterCode
from clinic_terminal.messages.elements import Confidence, Element
from clinic_terminal.messages.eligibility import SearchInfo
from clinic_terminal.messages.entitlement import BulkEntitlement, Entitlement
from clinic_terminal.messages.references import Registration
from clinic_terminal.messages.values import Day, ReferenceNumber
from eligibility_api.contract.codes import Validity


class BulkResultHeader(BulkGroup):
    """The header of bulk results, or of "processing"."""

    process_execution_time: headers.ProcessExecutionTime
    qualification_confirmation_date: Annotated[
        Day | None, Element("QualificationConfirmationDate", note="The day for which eligibility is asked.")
    ] = None
    medical_institution_code: headers.MedicalInstitutionCode
    arbitrary_file_identifier: headers.ArbitraryFileIdentifier = None
    reception_number: Annotated[headers.ReceptionText | None, Element("ReceptionNumber")] = None
    segment_of_result: headers.Segment
    error_code: headers.ErrorCode = None
    error_message: headers.ErrorMessage = None
    results: headers.NumberOfProcessingResult = None
    succeeded: headers.NumberOfNormalProcessing = None
    failed: headers.NumberOfError = None
    character_code_identifier: headers.CharacterCodeIdentifier = CharacterCode.UTF_8


class _Unit(BulkGroup):
    """The outcome for one person of a bulk request."""

    search_info: Annotated[
        SearchInfo | None,
        Element("QualificationConfirmSearchInfo", note="The request's, of a look-up by number."),
    ] = None
    status: headers.Status = None
    status_code: headers.StatusCode = None
    status_message: headers.StatusMessage = None
    validity: Annotated[
        Validity | None, Element("QualificationValidity", code="OQSCD006", note="Absent on error.")
    ] = None


_REFERENCE_NUMBERS = Element(
    "ReferenceNumber", note="Direct children of the unit, in parallel with its entitlements."
)


class BulkConfirmUnit(_Unit):
    """The outcome for one person of 資格確認一括照会."""

    results: Annotated[tuple[BulkEntitlement, ...], Element("ResultOfQualificationConfirmation")] = ()
    reference_numbers: Annotated[tuple[ReferenceNumber, ...], _REFERENCE_NUMBERS] = ()


class ConsentedConfirmUnit(_Unit):
    """One person of a bulk request for tickets or for consented information: with consents and tickets."""

    results: Annotated[
        tuple[Entitlement, ...],
        Element("ResultOfQualificationConfirmation", confidence=Confidence.INFER),
    ] = ()
    reference_numbers: Annotated[tuple[ReferenceNumber, ...], _REFERENCE_NUMBERS] = ()


class BulkRegistrationUnit(BulkGroup):
    """The outcome of one registration."""

    registration: Annotated[
        Registration | None, Element("ReferenceNumberRegistrationInfo", source="OQS 5")
    ] = None
    status: headers.Status = None
    status_code: headers.StatusCode = None
    status_message: headers.StatusMessage = None


class BulkEligibilityResultBody(BulkGroup):
    """One unit for each person, in the order of the request."""

    units: Annotated[tuple[BulkConfirmUnit, ...], Element("BulkConfirmUnit")] = ()


class ConsentedResultBody(BulkGroup):
    """One unit for each person."""

    units: Annotated[tuple[ConsentedConfirmUnit, ...], Element("BulkConfirmUnit")] = ()


class BulkReferenceResultBody(BulkGroup):
    """One unit for each registration, in the order of the request."""

    units: Annotated[tuple[BulkRegistrationUnit, ...], Element("BulkRegistrationUnit", source="OQS 5")] = ()


class BulkResult(headers.Message):
    """Base of the results (`02res`)."""

    max_bytes: ClassVar[int] = headers.MAX_RESULT_BYTES

    header: Annotated[BulkResultHeader, Element("MessageHeader")]


class BulkEligibilityResult(BulkResult):
    """`OQSmuquc02res`."""

    body: Annotated[BulkEligibilityResultBody, Element("MessageBody")]


class ConsentedBulkResult(BulkResult):
    """`OQSmutic02res`, `OQSmuhvq02res` and `OQSmuonq02res`."""

    body: Annotated[ConsentedResultBody, Element("MessageBody")]


class BulkReferenceResult(BulkResult):
    """`OQSmuimm02res`."""

    body: Annotated[BulkReferenceResultBody, Element("MessageBody")]
