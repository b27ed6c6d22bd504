"""An expected answer of the fund as the elements of a message, written from the tables of the interface (OQS 4.2).

Nothing of the terminal is used: names of elements and forms of values are written here a second time, by hand.
"""

from __future__ import annotations

import unicodedata
from typing import Any

Elements = dict[str, Any]

_PLAIN = {
    "InsuredCardClassification": "certificate_kind",
    "InsuredCardSymbol": "symbol",
    "InsuredIdentificationNumber": "number",
    "InsuredBranchNumber": "branch",
    "PersonalFamilyClassification": "relationship",
    "Sex1": "sex",
    "Sex2": "sex_on_certificate",
    "Address": "address",
    "PostNumber": "postal_code",
    "ReasonOfLoss": "reason_of_loss",
    "InsurerName": "insurer_name",
}
_DAYS = {
    "Birthdate": "birth_date",
    "QualificationDate": "acquired_on",
    "DisqualificationDate": "lost_on",
    "InsuredCertificateIssuanceDate": "issued_on",
    "InsuredCardValidDate": "valid_from",
    "InsuredCardExpirationDate": "valid_to",
}
_NAMES = {"InsuredName": "insured_name", "Name": "name", "NameOfOther": "name_alias"}
_KANA = {"NameKana": "name_kana", "NameOfOtherKana": "name_alias_kana"}
_INFORMATION = (
    "SpecificHealthCheckupsInfo",
    "PharmacistsInfo",
    "DiagnosisInfo",
    "OperationInfo",
    "DiagnosisName",
    "InfectiousInfo",
    "AllergyInfo",
    "ContraindicationInfo",
    "TestInfo",
    "PrescriptionInfo",
)


def expected_body(answer: Elements) -> Elements:
    """The body of a message that has this answer, in which nobody consented to anything."""
    body: Elements = {"ProcessingResultStatus": "1", "QualificationValidity": answer["validity"]}
    if answer["certificate_renewal"]:
        code = "SHK-0001" if answer["certificate_renewal"]["status"] == "expiring" else "SHK-0002"
        body["ProcessingResultCode"] = code
    if answer["results"]:
        body["ResultList"] = {
            "ResultOfQualificationConfirmation": [_entitlement(one) for one in answer["results"]]
        }
    return body


def comparable(read: Elements) -> Elements:
    """A body as read, without what only the moment decides, and with readings in full-width kana."""
    body = {
        name: value
        for name, value in read.items()
        if name not in {"QualificationConfirmSearchInfo", "ProcessingResultMessage"}
    }
    for one in body.get("ResultList", {}).get("ResultOfQualificationConfirmation", []):
        flagged = one["LimitApplicationCertificateRelatedConsFlg"] == "1"
        assert ("LimitApplicationCertificateRelatedConsTime" in one) is flagged
        one.pop("LimitApplicationCertificateRelatedConsTime", None)
        one |= {name: unicodedata.normalize("NFKC", one[name]) for name in _KANA if name in one}
    return body


def _entitlement(one: Elements) -> Elements:
    elements = {name: one[item] for name, item in _PLAIN.items()}
    elements |= {name: _day(one[item]) for name, item in _DAYS.items()}
    elements |= {name: _wide(one[item]) for name, item in _NAMES.items()}
    elements |= {name: one[item] and unicodedata.normalize("NFKC", one[item]) for name, item in _KANA.items()}
    elements |= {
        "InsurerNumber": one["insurer_number"].rjust(8),
        "InsuredPartialContributionRatio": _ratio(one["burden_ratio"]),
        "PreschoolClassification": "1" if one["preschool"] else None,
        "ElderlyRecipientCertificateInfo": _elderly(one["elderly_certificate"]),
        "LimitApplicationCertificateRelatedConsFlg": "1" if one["limit_certificate_consent"] else "0",
        "LimitApplicationCertificateRelatedInfo": _limit(one["limit_certificate"]),
        "SpecificDiseasesCertificateRelatedConsFlg": "0",
        "PublicExpenseResultList": _tickets(one["medical_tickets"]),
    }
    return _present(elements) | {f"{name}ConsFlg": "0" for name in _INFORMATION}


def _elderly(certificate: Elements | None) -> Elements | None:
    return certificate and _present({
        "ElderlyRecipientCertificateDate": _day(certificate["issued_on"]),
        "ElderlyRecipientValidStartDate": _day(certificate["valid_from"]),
        "ElderlyRecipientValidEndDate": _day(certificate["valid_to"]),
        "ElderlyRecipientContributionRatio": _ratio(certificate["burden_ratio"]),
    })  # fmt: skip


def _limit(certificate: Elements | None) -> Elements | None:
    return certificate and _present({
        "LimitApplicationCertificateClassification": certificate["kind"],
        "LimitApplicationCertificateClassificationFlag": certificate["limit_class"],
        "LimitApplicationCertificateDate": _day(certificate["issued_on"]),
        "LimitApplicationCertificateValidStartDate": _day(certificate["valid_from"]),
        "LimitApplicationCertificateValidEndDate": _day(certificate["valid_to"]),
        "LimitApplicationCertificateLongTermDate": _day(certificate["long_term_on"]),
    })  # fmt: skip


def _tickets(tickets: list[Elements]) -> Elements | None:
    return {"MedicalTicketInfo": [_ticket(one) for one in tickets]} if tickets else None


def _ticket(ticket: Elements) -> Elements:
    return _present({
        "TicketType": ticket["ticket_type"],
        "MedicalTicketValidDate": _day(ticket["valid_from"]),
        "MedicalTicketExpirationDate": _day(ticket["valid_to"]),
        "IssueNumber": ticket["issue_number"],
        "MedicalTreatmentMonth": ticket["month"].replace("-", ""),
        "DesignatedMedicalInstitutionCode": ticket["institution_code"],
        "DesignatedMedicalInstitutionFlag": "0",
        "DesignatedMedicalInstitutionName": ticket["institution_name"],
        "MedicalTreatmentType": ticket["treatment"],
        "SelfPayAmount": None if ticket["self_pay"] is None else str(ticket["self_pay"]),
        "SingleOrCombinedUse": ticket["single_or_combined"],
    })  # fmt: skip


def _present(elements: Elements) -> Elements:
    return {name: value for name, value in elements.items() if value is not None}


def _day(day: str | None) -> str | None:
    return day and day.replace("-", "")


def _ratio(percent: int | None) -> str | None:
    return None if percent is None else f"0{percent}"


def _wide(name: str | None) -> str | None:
    return name and name.replace(" ", "\u3000")
