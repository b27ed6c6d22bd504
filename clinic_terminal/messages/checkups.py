"""特定健診情報の閲覧: health check-ups of a person (TKKsiquc01; OQS 8)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from clinic_terminal.messages import headers
from clinic_terminal.messages.codes import CharacterCode, FileCategory
from clinic_terminal.messages.elements import Confidence, Element, Group
from clinic_terminal.messages.history import HistoryRequestHeader
from clinic_terminal.messages.values import Day, ItemCode, KanaName, LongText, Name
from eligibility_api.contract.codes import Care, Sex


class CheckupGroup(Group):
    """Base of the groups of section 8."""

    source: ClassVar[str] = "OQS 8"
    confidence: ClassVar[Confidence] = Confidence.CLIENT


class CheckupRequestBody(CheckupGroup):
    """The form of the result. There is no period."""

    file_category: Annotated[
        Literal[FileCategory.PDF, FileCategory.XML], Element("FileCategory", note="1 PDF, 2 XML.")
    ]
    care: Annotated[Care | None, Element("MedicalTreatmentFlag", code="OQSCD028", note="Absent: 外来.")] = (
        None
    )


class CheckupRequest(headers.Message):
    """`TKKsiquc01req`."""

    header: Annotated[HistoryRequestHeader, Element("MessageHeader")]
    body: Annotated[CheckupRequestBody, Element("MessageBody")]


class CheckupPerson(CheckupGroup):
    """The person whose check-ups they are."""

    name: Annotated[Name | None, Element("Name")] = None
    name_kana: Annotated[KanaName | None, Element("KanasName")] = None
    birth_date: Annotated[Day | None, Element("Birthday")] = None
    sex: Annotated[Sex | None, Element("AdministrativeGenderCode", code="OQSCD007")] = None


class CheckupResultHeader(CheckupGroup):
    """Outcome and person. Clients find ResultCode and MessageContents at any depth; their place is our choice."""

    confidence: ClassVar[Confidence] = Confidence.INFER

    process_execution_time: headers.ProcessExecutionTime
    medical_institution_code: headers.MedicalInstitutionCode
    arbitrary_file_identifier: headers.ArbitraryFileIdentifier = None
    result_code: Annotated[
        ItemCode,
        Element(
            "ResultCode",
            confidence=Confidence.CLIENT,
            note="1: success. On an error our own code, which begins with SHK-.",
        ),
    ]
    message_contents: Annotated[
        LongText | None,
        Element("MessageContents", confidence=Confidence.CLIENT, note="Shown to the staff on an error."),
    ] = None
    character_code_identifier: headers.CharacterCodeIdentifier = CharacterCode.UTF_8
    person: Annotated[CheckupPerson | None, Element("QualificationsInfo", confidence=Confidence.CLIENT)] = (
        None
    )


class CheckupItem(CheckupGroup):
    """One measured value or answer."""

    code: Annotated[ItemCode, Element("ItemCode", note="JLAC10, 17 characters.")]
    name: Annotated[LongText | None, Element("ItemName")] = None
    data_type: Annotated[ItemCode | None, Element("DataType")] = None
    value: Annotated[LongText | None, Element("DataValue")] = None
    unit: Annotated[ItemCode | None, Element("Unit")] = None
    oid: Annotated[LongText | None, Element("Oid")] = None
    value_name: Annotated[LongText | None, Element("DataValueName")] = None


class Checkup(CheckupGroup):
    """One check-up."""

    examined_on: Annotated[Day, Element("EffectiveTime")]
    items: Annotated[
        tuple[CheckupItem, ...],
        Element("HealthCheckupResultAndQuestionInfo", within="HealthCheckupResultAndQuestionInfos"),
    ] = ()


class CheckupResultBody(CheckupGroup):
    """The check-ups."""

    checkups: Annotated[
        tuple[Checkup, ...], Element("SpecificHealthCheckupInfo", note="Found at any depth.")
    ] = ()


class CheckupResult(headers.Message):
    """`TKKsiquc01res`."""

    max_bytes: ClassVar[int] = headers.MAX_RESULT_BYTES

    header: Annotated[CheckupResultHeader, Element("MessageHeader")]
    body: Annotated[CheckupResultBody, Element("MessageBody")]
