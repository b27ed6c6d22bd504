"""薬剤情報等の閲覧: medicines and treatment of a person (YZKsiquc01; OQS 7). Names differ from those of OQS messages."""

from __future__ import annotations

from typing import Annotated, ClassVar

from clinic_terminal.messages import headers
from clinic_terminal.messages.codes import CharacterCode, FileCategory
from clinic_terminal.messages.elements import Confidence, Element, Group
from clinic_terminal.messages.medicine_trees import ClaimMonth, DispensingMonth, PrescriptionMonth
from clinic_terminal.messages.values import (
    BranchNumber,
    Day,
    InsurerNumber,
    ItemCode,
    KanaName,
    LongText,
    MembershipText,
    Month,
    Name,
)
from eligibility_api.contract.codes import Care, Sex


class HistoryRequestGroup(Group):
    """Base of the groups of section 7.1."""

    source: ClassVar[str] = "OQS 7.1"
    confidence: ClassVar[Confidence] = Confidence.CLIENT


class HistoryRequestHeader(HistoryRequestGroup):
    """The institution and the membership of the person."""

    medical_institution_code: headers.MedicalInstitutionCode
    insurer_number: Annotated[InsurerNumber, Element("InsurerNumber")]
    symbol: Annotated[MembershipText | None, Element("InsuranceCardSymbol")] = None
    number: Annotated[MembershipText, Element("InsuredPersonIdentificationNumber")]
    branch: Annotated[BranchNumber | None, Element("BranchNumber")] = None
    arbitrary_file_identifier: headers.ArbitraryFileIdentifier = None


class HistoryRequestBody(HistoryRequestGroup):
    """The months, and the form of the result."""

    first_month: Annotated[Month, Element("StartDate")]
    last_month: Annotated[Month, Element("EndDate")]
    file_category: Annotated[
        FileCategory,
        Element("FileCategory", note="1 PDF, 2 XML; 3 PDF and 4 XML of medicines and treatment."),
    ]
    prescriptions: Annotated[
        ItemCode | None,
        Element(
            "PrDiInfClassification",
            confidence=Confidence.INFER,
            note="1: with the prescriptions and dispensings of electronic prescriptions.",
        ),
    ] = None
    care: Annotated[Care | None, Element("MedicalTreatmentFlag", code="OQSCD028", note="Absent: 外来.")] = (
        None
    )


class HistoryRequest(headers.Message):
    """`YZKsiquc01req`."""

    header: Annotated[HistoryRequestHeader, Element("MessageHeader")]
    body: Annotated[HistoryRequestBody, Element("MessageBody")]


class HistoryPerson(Group):
    """The person whose history it is."""

    source: ClassVar[str] = "OQS 7.2"
    confidence: ClassVar[Confidence] = Confidence.CLIENT

    name: Annotated[Name | None, Element("Name")] = None
    name_kana: Annotated[KanaName | None, Element("KanaName")] = None
    birth_date: Annotated[Day | None, Element("Birth")] = None
    sex: Annotated[Sex | None, Element("AdmGendCode", code="OQSCD007")] = None


class HistoryResultHeader(Group):
    """Outcome and person. Clients find ResultCode and MessageContents at any depth; their place is our choice."""

    source: ClassVar[str] = "OQS 7.2"
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
        Element(
            "MessageContents",
            confidence=Confidence.CLIENT,
            note="Shown to the staff on an error, or if consent to a part is missing.",
        ),
    ] = None
    character_code_identifier: headers.CharacterCodeIdentifier = CharacterCode.UTF_8
    person: Annotated[HistoryPerson | None, Element("QuaInf", confidence=Confidence.CLIENT)] = None


class HistoryResultBody(Group):
    """Three parallel trees: what claims say (final), dispensings, and prescriptions (provisional)."""

    source: ClassVar[str] = "OQS 7.2"
    confidence: ClassVar[Confidence] = Confidence.CLIENT

    claim_months: Annotated[
        tuple[ClaimMonth, ...], Element("MeTrMonthInf", note="薬剤・診療情報, of claims.")
    ] = ()
    dispensing_months: Annotated[
        tuple[DispensingMonth, ...],
        Element("CzDiMonthInf", within="CzDiInf", note="調剤情報, of electronic prescriptions."),
    ] = ()
    prescription_months: Annotated[
        tuple[PrescriptionMonth, ...],
        Element("ShPrMonthInf", within="ShPrInf", note="処方情報, of electronic prescriptions."),
    ] = ()


class HistoryResult(headers.Message):
    """`YZKsiquc01res`."""

    max_bytes: ClassVar[int] = headers.MAX_RESULT_BYTES

    header: Annotated[HistoryResultHeader, Element("MessageHeader")]
    body: Annotated[HistoryResultBody, Element("MessageBody")]
