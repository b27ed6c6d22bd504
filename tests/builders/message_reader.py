"""An independent reader of result files, as a vendor would write one from the tables of the interface (OQS 2.3 to 8).

Plain ElementTree and the tables below; nothing of the terminal's codec or models. It is strict where clients in the
field are: no element twice, none empty, none unknown, every value in its form.
"""

from __future__ import annotations

import re
from typing import TypeAlias
from xml.etree import ElementTree

Table: TypeAlias = dict[str, "str | Table"]
Read: TypeAlias = dict[str, "str | Read | list[str | Read]"]

DAY, INSTANT, MONTH = r"\d{8}", r"\d{14}", r"\d{6}"
INSTITUTION, RATIO, YEN, COUNT = r"\d{10}", r"\d{3}", r"\d{1,9}", r"\d{1,9}"
INSURER = r"(  )?\d{6}|\d{8}"
KANJI = r"[^ ]+"
KANA = r"[^\u30a0-\u30ff\u3040-\u309f\u3000]+"
TEXT = r".+"
FLAG = "[0123]"

SEARCH: Table = {
    "InsurerNumber": INSURER, "InsuredCardSymbol": ".{1,20}", "InsuredIdentificationNumber": ".{1,20}", "InsuredBranchNumber": r"\d\d",
    "Birthdate": DAY, "LimitApplicationCertificateRelatedConsFlg": "[01]", "ArbitraryIdentifier": TEXT,
}  # fmt: skip
ELDERLY: Table = {
    "ElderlyRecipientCertificateDate": DAY, "ElderlyRecipientValidStartDate": DAY, "ElderlyRecipientValidEndDate": DAY,
    "ElderlyRecipientContributionRatio": RATIO,
}  # fmt: skip
LIMIT: Table = {
    "LimitApplicationCertificateClassification": "0[123]", "LimitApplicationCertificateClassificationFlag": "A0[1-6]|B(0[1-9]|10)",
    "LimitApplicationCertificateDate": DAY, "LimitApplicationCertificateValidStartDate": DAY,
    "LimitApplicationCertificateValidEndDate": DAY, "LimitApplicationCertificateLongTermDate": DAY,
}  # fmt: skip
DISEASE: Table = {
    "SpecificDiseasesDiseaseCategory": "[123]", "SpecificDiseasesCertificateDate": DAY, "SpecificDiseasesValidStartDate": DAY,
    "SpecificDiseasesValidEndDate": DAY, "SpecificDiseasesSelfPay": YEN,
}  # fmt: skip
TICKET: Table = {
    "TicketType": "0[12]", "MedicalTicketValidDate": DAY, "MedicalTicketExpirationDate": DAY, "IssueNumber": TEXT,
    "MedicalTreatmentMonth": MONTH, "DesignatedMedicalInstitutionCode": INSTITUTION, "DesignatedMedicalInstitutionFlag": "[01]",
    "DesignatedMedicalInstitutionName": TEXT, "PrescriptionIssuerMedicalInstitutionCode": INSTITUTION,
    "PrescriptionIssuerMedicalInstitutionName": TEXT, "InjuryName1": TEXT, "InjuryName2": TEXT, "InjuryName3": TEXT,
    "MedicalTreatmentType": "0[1-5]", "SelfPayAmount": YEN, "DistrictContactName": TEXT, "HandlingContactName": TEXT,
    "SingleOrCombinedUse": "0[12]", "StatusOfSocialInsurance": "0[12]", "ConsistencyFlag": "1", "StatusOfInfecton": "0[12]",
    "StatusOfElderlyMedicalCare": "0[12]", "StatusOfPrefecturalExpenses": "0[12]", "Remarks1": TEXT, "Remarks2": TEXT,
    "Remarks3": TEXT,
}  # fmt: skip
MEMBER: Table = {
    "InsuredCardClassification": "0[1-7]|A1", "InsurerNumber": INSURER, "InsuredCardSymbol": ".{1,20}",
    "InsuredIdentificationNumber": ".{1,20}", "InsuredBranchNumber": r"\d\d", "PersonalFamilyClassification": "[12]",
    "InsuredName": KANJI, "Name": KANJI, "NameOfOther": KANJI, "NameKana": KANA, "NameOfOtherKana": KANA, "Sex1": "[123]", "Sex2": "[123]",
    "Birthdate": DAY, "Address": TEXT, "PostNumber": r"\d{3}-\d{4}", "QualificationDate": DAY, "DisqualificationDate": DAY,
    "InsuredCertificateIssuanceDate": DAY, "InsuredCardValidDate": DAY, "InsuredCardExpirationDate": DAY,
    "InsuredPartialContributionRatio": RATIO, "PreschoolClassification": "1", "ReasonOfLoss": "0[123]|99", "InsurerName": TEXT,
    "ElderlyRecipientCertificateInfo": ELDERLY,
}  # fmt: skip
INFORMATION = (
    "SpecificHealthCheckupsInfo", "PharmacistsInfo", "DiagnosisInfo", "OperationInfo", "DiagnosisName", "InfectiousInfo",
    "AllergyInfo", "ContraindicationInfo", "TestInfo", "PrescriptionInfo",
)  # fmt: skip
ENTITLEMENT: Table = MEMBER | {
    "LimitApplicationCertificateRelatedConsFlg": "[01]", "LimitApplicationCertificateRelatedConsTime": INSTANT,
    "LimitApplicationCertificateRelatedInfo": LIMIT, "SpecificDiseasesCertificateRelatedConsFlg": FLAG,
    "SpecificDiseasesCertificateRelatedConsTime": INSTANT,
    "SpecificDiseasesCertificateList": {"SpecificDiseasesCertificateInfo*": DISEASE},
    "PublicExpenseResultList": {"MedicalTicketInfo*": TICKET},
} | {
    f"{kind}{end}": form
    for kind in INFORMATION for end, form in (("ConsFlg", FLAG), ("ConsTime", INSTANT), ("AvailableTime", INSTANT))
}  # fmt: skip
BULK_ENTITLEMENT: Table = MEMBER | {
    "LimitApplicationCertificateChanged": "[01]", "PublicExpenseResultList": {"MedicalTicketInfo*": TICKET},
}  # fmt: skip
REGISTRATION: Table = {
    "ReferenceNumber": ".{1,50}", "InsurerNumber": INSURER, "InsuredCardSymbol": ".{1,20}", "InsuredIdentificationNumber": ".{1,20}",
    "InsuredBranchNumber": r"\d\d",
}  # fmt: skip

PROCESSED: Table = {
    "ProcessExecutionTime": INSTANT,
    "MedicalInstitutionCode": INSTITUTION,
    "CharacterCodeIdentifier": "[01]",
}
COMMON: Table = PROCESSED | {
    "ArbitraryFileIdentifier": TEXT,
    "SegmentOfResult": "[129]",
    "ErrorCode": TEXT,
    "ErrorMessage": TEXT,
}
OUTCOME: Table = {
    "ProcessingResultStatus": "[12]",
    "ProcessingResultCode": TEXT,
    "ProcessingResultMessage": TEXT,
}
BULK_HEADER: Table = COMMON | {
    "QualificationConfirmationDate": DAY, "ReceptionNumber": TEXT, "NumberOfProcessingResult": COUNT, "NumberOfNormalProcessing": COUNT,
    "NumberOfError": COUNT,
}  # fmt: skip
RECEPTION: tuple[Table, Table] = (COMMON, OUTCOME | {"ReceptionNumber": TEXT, "ReceptionDateTime": INSTANT})
CONFIRMED: Table = OUTCOME | {
    "QualificationConfirmSearchInfo": SEARCH,
    "QualificationValidity": "[1-6]",
    "ReferenceNumber*": ".{1,50}",
}
CONSENTED: tuple[Table, Table] = (
    BULK_HEADER,
    {"BulkConfirmUnit*": CONFIRMED | {"ResultOfQualificationConfirmation*": ENTITLEMENT}},
)
ELIGIBILITY: tuple[Table, Table] = (
    COMMON | {"QualificationConfirmationDate": DAY, "ReferenceClassification": "[12]"},
    OUTCOME | {
        "QualificationValidity": "[1-6]", "PrescriptionIssueSelect": "[12]", "QualificationConfirmSearchInfo": SEARCH,
        "ResultList": {"ResultOfQualificationConfirmation*": ENTITLEMENT}, "ReferenceNumber": ".{1,50}",
        "QualificationConfirmationKey": TEXT,
    },
)  # fmt: skip


def _medicine(prefix: str, category: str) -> Table:
    """The elements of a medicine in one of the three trees."""
    names = ("UsageN", "SpInst", "Times", "DrugC", "DrugN", "IngreN", "Qua1", "Unit")
    table: Table = {category: TEXT}
    return table | {f"{prefix}{name}": TEXT for name in names}


CLAIM_MONTH: Table = {
    "MeTrMonth": MONTH, "DiOrg": TEXT, "MeTrDiHCd": INSTITUTION, "MeTrDiHNm": TEXT, "PrIsOrg": TEXT, "PrlsHCd": INSTITUTION, "PrlsHNm": TEXT,
    "InOut": TEXT,
    "DiDateInfs": {"DiDateInf*": {
        "DiDate": DAY, "PrDate": DAY, "DrugInfs": {"DrugInf*": _medicine("", "MeTrIdCl")},
        "MeTrInfs": {"MeTrInf*": dict.fromkeys(("SinInfN", "SinInfCd", "MeTrIdCl", "Qua1", "Times", "Unit"), TEXT)},
    }},
}  # fmt: skip
DISPENSING_MONTH: Table = {
    "CzDiMonth": MONTH, "CzDiOrg": TEXT, "CzMeTrDiHCd": INSTITUTION, "CzMeTrDiHNm": TEXT, "CzPrIsOrg": TEXT, "CzPrlsHCd": INSTITUTION,
    "CzPrlsHNm": TEXT, "CzPrCl": TEXT,
    "CzDiDateInfs": {"CzDiDateInf*": {
        "CzDiDate": DAY, "CzPrDate": DAY, "CzDrugInfs": {"CzDrugInf*": _medicine("Cz", "CzUsageCl")},
    }},
}  # fmt: skip
PRESCRIPTION_MONTH: Table = {
    "ShPrMonth": MONTH, "ShPrOrg": TEXT, "ShMeTrDiHCd": INSTITUTION, "ShMeTrDiHNm": TEXT, "ShPrIsOrg": TEXT, "ShPrHCd": INSTITUTION,
    "ShPrHNm": TEXT, "ShPrCl": TEXT,
    "ShPrDateInfs": {"ShPrDateInf*": {"ShPrDate": DAY, "ShDrugInfs": {"ShDrugInf*": _medicine("Sh", "ShUsageCl")}}},
}  # fmt: skip
STATED: Table = PROCESSED | {"ArbitraryFileIdentifier": TEXT, "ResultCode": TEXT, "MessageContents": TEXT}

RESULTS: dict[str, tuple[Table, Table]] = {
    "OQSsiquc01res": ELIGIBILITY,
    "OQSsiquc01res_face": ELIGIBILITY,
    "OQSsiimm01res": (COMMON, OUTCOME | {"ReferenceNumberRegistrationInfo": REGISTRATION}),
    "OQSmuquc02res": (BULK_HEADER, {"BulkConfirmUnit*": CONFIRMED | {"ResultOfQualificationConfirmation*": BULK_ENTITLEMENT}}),
    "OQSmuimm02res": (BULK_HEADER, {"BulkRegistrationUnit*": OUTCOME | {"ReferenceNumberRegistrationInfo": REGISTRATION}}),
    "OQSmutic02res": CONSENTED,
    "OQSmuhvq02res": CONSENTED,
    "OQSmuonq02res": CONSENTED,
    "YZKsiquc01res": (
        STATED | {"QuaInf": {"Name": KANJI, "KanaName": KANA, "Birth": DAY, "AdmGendCode": "[123]"}},
        {
            "MeTrMonthInf*": CLAIM_MONTH, "CzDiInf": {"CzDiMonthInf*": DISPENSING_MONTH},
            "ShPrInf": {"ShPrMonthInf*": PRESCRIPTION_MONTH},
        },
    ),
    "TKKsiquc01res": (
        STATED | {"QualificationsInfo": {
            "Name": KANJI, "KanasName": KANA, "Birthday": DAY, "AdministrativeGenderCode": "[123]",
        }},
        {"SpecificHealthCheckupInfo*": {
            "EffectiveTime": DAY,
            "HealthCheckupResultAndQuestionInfos": {"HealthCheckupResultAndQuestionInfo*": dict.fromkeys(
                ("ItemCode", "ItemName", "DataType", "DataValue", "Unit", "Oid", "DataValueName"), TEXT
            )},
        }},
    ),
}  # fmt: skip
RESULTS |= {f"OQSmu{kind}01res": RECEPTION for kind in ("quc", "imm", "tic", "hvq", "onq")}
"""Header and body of every result by the prefix of its file. `*`: any number of them; a text: the form of the value."""


def read_result(prefix: str, content: bytes) -> Read:
    """The elements of a result by name, repeated ones as lists. Raises AssertionError for anything not in the tables."""
    root = ElementTree.fromstring(content)
    header, body = RESULTS[prefix]
    read = _group(root, {"MessageHeader": header, "MessageBody": body}, "")
    assert root.tag == "XmlMsg"
    assert set(read) == {"MessageHeader", "MessageBody"}
    return read


def _group(element: ElementTree.Element, table: Table, path: str) -> Read:
    read: Read = {}
    assert not element.attrib, path
    assert not (element.text or "").strip(), path
    for child in element:
        at = f"{path}/{child.tag}"
        assert not (child.tail or "").strip(), at
        if f"{child.tag}*" in table:
            values = read.setdefault(child.tag, [])
            assert isinstance(values, list)
            values.append(_value(child, table[f"{child.tag}*"], at))
        else:
            assert child.tag in table, f"unknown: {at}"
            assert child.tag not in read, f"twice: {at}"
            read[child.tag] = _value(child, table[child.tag], at)
    return read


def _value(element: ElementTree.Element, form: str | Table, path: str) -> str | Read:
    if isinstance(form, dict):
        read = _group(element, form, path)
        assert read or path in ("/MessageHeader", "/MessageBody"), f"empty: {path}"
        return read
    assert not len(element), f"not a value: {path}"
    assert not element.attrib, path
    text = element.text or ""
    assert text.strip(), f"empty: {path}"
    assert re.fullmatch(form, text, re.DOTALL), f"form of {path}"
    return text


def read_in_declared_encoding(content: bytes) -> bytes:
    """The same file in UTF-8: Python's parser has no Shift_JIS of its own."""
    declared = re.match(rb'<\?xml [^>]*encoding="([A-Za-z0-9_-]+)"', content)
    assert declared
    codec = {b"UTF-8": "utf-8", b"Shift_JIS": "cp932"}[declared[1]]
    return content.decode(codec).partition("?>")[2].strip().encode("utf-8")
