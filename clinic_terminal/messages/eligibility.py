"""資格確認: the look-up by number, its result, and the result of a tap (OQSsiquc01; OQS 4)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from clinic_terminal.messages import headers
from clinic_terminal.messages.codes import CharacterCode, LimitConsent, PrescriptionForm
from clinic_terminal.messages.elements import Confidence, Element, Group
from clinic_terminal.messages.entitlement import Entitlement
from clinic_terminal.messages.rows import Row
from clinic_terminal.messages.values import (
    BranchNumber,
    Day,
    InsurerNumber,
    MembershipText,
    ReferenceNumber,
    ShortText,
)
from eligibility_api.contract.codes import Validity


class SearchInfo(Row):
    """The items of a certificate, of one person."""

    source: ClassVar[str] = "OQS 4.1"
    confidence: ClassVar[Confidence] = Confidence.SAMPLE

    insurer_number: Annotated[InsurerNumber, Element("InsurerNumber")]
    symbol: Annotated[
        MembershipText | None, Element("InsuredCardSymbol", note="Absent if the certificate has none.")
    ] = None
    number: Annotated[MembershipText, Element("InsuredIdentificationNumber")]
    branch: Annotated[
        BranchNumber | None,
        Element("InsuredBranchNumber", note="Without it a family may be answered as 複数該当."),
    ] = None
    birth_date: Annotated[Day, Element("Birthdate")]
    limit_consent: Annotated[
        LimitConsent,
        Element(
            "LimitApplicationCertificateRelatedConsFlg",
            code="OQSCD001",
            note="Whether the limit certificate may be returned.",
        ),
    ]
    arbitrary_identifier: Annotated[
        ShortText | None,
        Element("ArbitraryIdentifier", note="Free text for the person; the result repeats it."),
    ] = None


class EligibilityRequestHeader(Group):
    """The header of a look-up by number."""

    source: ClassVar[str] = "OQS 4.1"
    confidence: ClassVar[Confidence] = Confidence.SAMPLE

    qualification_confirmation_date: headers.QualificationConfirmationDate
    medical_institution_code: headers.MedicalInstitutionCode
    arbitrary_file_identifier: headers.ArbitraryFileIdentifier = None


class EligibilityRequestBody(Group):
    """The person who is looked up."""

    source: ClassVar[str] = "OQS 4.1"
    confidence: ClassVar[Confidence] = Confidence.SAMPLE

    search_info: Annotated[SearchInfo, Element("QualificationConfirmSearchInfo")]


class EligibilityRequest(headers.Message):
    """`OQSsiquc01req`: the eligibility of one person by the items of a certificate."""

    header: Annotated[EligibilityRequestHeader, Element("MessageHeader")]
    body: Annotated[EligibilityRequestBody, Element("MessageBody")]


class EligibilityResultHeader(Group):
    """The header of a result about one person."""

    source: ClassVar[str] = "OQS 4.2"
    confidence: ClassVar[Confidence] = Confidence.SAMPLE

    process_execution_time: headers.ProcessExecutionTime
    qualification_confirmation_date: headers.QualificationConfirmationDate
    medical_institution_code: headers.MedicalInstitutionCode
    arbitrary_file_identifier: headers.ArbitraryFileIdentifier = None
    reference_classification: headers.Classification
    segment_of_result: headers.Segment
    error_code: headers.ErrorCode = None
    error_message: headers.ErrorMessage = None
    character_code_identifier: headers.CharacterCodeIdentifier = CharacterCode.UTF_8


class EligibilityResultBody(Group):
    """The outcome for one person; empty after an error of format or transport."""

    source: ClassVar[str] = "OQS 4.2"
    confidence: ClassVar[Confidence] = Confidence.SAMPLE

    status: headers.Status = None
    status_code: headers.StatusCode = None
    status_message: headers.StatusMessage = None
    validity: Annotated[
        Validity | None, Element("QualificationValidity", code="OQSCD006", note="Absent on error.")
    ] = None
    prescription_form: Annotated[
        PrescriptionForm | None,
        Element("PrescriptionIssueSelect", code="OQSCD017", note="As the patient chose on the reader."),
    ] = None
    search_info: Annotated[
        SearchInfo | None,
        Element("QualificationConfirmSearchInfo", note="The request's, of a look-up by number."),
    ] = None
    results: Annotated[
        tuple[Entitlement, ...], Element("ResultOfQualificationConfirmation", within="ResultList")
    ] = ()
    reference_number: Annotated[
        ReferenceNumber | None,
        Element("ReferenceNumber", confidence=Confidence.CLIENT, note="The clinic's own, if registered."),
    ] = None
    confirmation_key: Annotated[
        ShortText | None,
        Element(
            "QualificationConfirmationKey",
            note="Known by name in a face file; its meaning is not public. Never written.",
        ),
    ] = None


class EligibilityResult(headers.Message):
    """`OQSsiquc01res`, and `OQSsiquc01res_face` after a tap: same layout."""

    max_bytes: ClassVar[int] = headers.MAX_RESULT_BYTES

    header: Annotated[EligibilityResultHeader, Element("MessageHeader")]
    body: Annotated[EligibilityResultBody, Element("MessageBody")]
