"""照会番号登録: a facility's own number for a person (OQSsiimm01; OQS 5). In bulk: `bulk`."""

from __future__ import annotations

from typing import Annotated, ClassVar

from clinic_terminal.messages import headers
from clinic_terminal.messages.codes import CharacterCode
from clinic_terminal.messages.elements import Confidence, Element, Group
from clinic_terminal.messages.rows import Row
from clinic_terminal.messages.values import BranchNumber, InsurerNumber, MembershipText, ReferenceNumber


class ReferenceGroup(Group):
    """Base of the groups of section 5."""

    source: ClassVar[str] = "OQS 5"
    confidence: ClassVar[Confidence] = Confidence.SAMPLE


class Registration(Row):
    """The number, and the membership to which it belongs."""

    source: ClassVar[str] = "OQS 5"
    confidence: ClassVar[Confidence] = Confidence.SAMPLE

    reference_number: Annotated[ReferenceNumber, Element("ReferenceNumber")]
    insurer_number: Annotated[InsurerNumber, Element("InsurerNumber")]
    symbol: Annotated[
        MembershipText | None, Element("InsuredCardSymbol", note="Absent if the certificate has none.")
    ] = None
    number: Annotated[MembershipText, Element("InsuredIdentificationNumber")]
    branch: Annotated[
        BranchNumber | None, Element("InsuredBranchNumber", note="Needed but for the late-elderly scheme.")
    ] = None


class RequestHeader(ReferenceGroup):
    """The header of requests that ask for no day."""

    medical_institution_code: headers.MedicalInstitutionCode
    arbitrary_file_identifier: headers.ArbitraryFileIdentifier = None


class ReferenceRequestBody(ReferenceGroup):
    """One registration."""

    registration: Annotated[Registration, Element("ReferenceNumberRegistrationInfo")]


class ReferenceRequest(headers.Message):
    """`OQSsiimm01req`: register one number."""

    header: Annotated[RequestHeader, Element("MessageHeader")]
    body: Annotated[ReferenceRequestBody, Element("MessageBody")]


class ReferenceResultHeader(ReferenceGroup):
    """The header of the result."""

    process_execution_time: headers.ProcessExecutionTime
    medical_institution_code: headers.MedicalInstitutionCode
    arbitrary_file_identifier: headers.ArbitraryFileIdentifier = None
    segment_of_result: headers.Segment
    error_code: headers.ErrorCode = None
    error_message: headers.ErrorMessage = None
    character_code_identifier: headers.CharacterCodeIdentifier = CharacterCode.UTF_8


class ReferenceResultBody(ReferenceGroup):
    """The registration as requested, and its outcome."""

    registration: Annotated[Registration | None, Element("ReferenceNumberRegistrationInfo")] = None
    status: headers.Status = None
    status_code: headers.StatusCode = None
    status_message: headers.StatusMessage = None


class ReferenceResult(headers.Message):
    """`OQSsiimm01res`."""

    max_bytes: ClassVar[int] = headers.MAX_RESULT_BYTES

    header: Annotated[ReferenceResultHeader, Element("MessageHeader")]
    body: Annotated[ReferenceResultBody, Element("MessageBody")]
