"""Certificates and tickets in a result: groups of `ResultOfQualificationConfirmation` (OQS 4.2)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from clinic_terminal.messages.codes import Applies, Consistency, DesignatedInstitution
from clinic_terminal.messages.elements import Confidence, Element, Group
from clinic_terminal.messages.values import (
    Day,
    InstitutionCode,
    LongText,
    Month,
    Ratio,
    ShortText,
    Yen,
)
from eligibility_api.contract.codes import (
    LimitCertificateKind,
    LimitClass,
    SingleOrCombined,
    SpecificDisease,
    TicketTreatment,
    TicketType,
)


class ResultGroup(Group):
    """Base of the groups of a result (OQS 4.2)."""

    source: ClassVar[str] = "OQS 4.2"
    confidence: ClassVar[Confidence] = Confidence.DOC


class ElderlyRecipientCertificate(ResultGroup):
    """高齢受給者証, 70 to 74."""

    issued_on: Annotated[Day | None, Element("ElderlyRecipientCertificateDate")] = None
    valid_from: Annotated[Day | None, Element("ElderlyRecipientValidStartDate")] = None
    valid_to: Annotated[Day | None, Element("ElderlyRecipientValidEndDate")] = None
    ratio: Annotated[Ratio | None, Element("ElderlyRecipientContributionRatio")] = None


class LimitApplicationCertificate(ResultGroup):
    """限度額適用認定証: the class, never an amount."""

    kind: Annotated[
        LimitCertificateKind | None, Element("LimitApplicationCertificateClassification", code="OQSCD011")
    ] = None
    limit_class: Annotated[
        LimitClass | None, Element("LimitApplicationCertificateClassificationFlag", code="OQSCD012")
    ] = None
    issued_on: Annotated[Day | None, Element("LimitApplicationCertificateDate")] = None
    valid_from: Annotated[Day | None, Element("LimitApplicationCertificateValidStartDate")] = None
    valid_to: Annotated[Day | None, Element("LimitApplicationCertificateValidEndDate")] = None
    long_term_from: Annotated[
        Day | None, Element("LimitApplicationCertificateLongTermDate", note="長期入院該当.")
    ] = None


class SpecificDiseasesCertificate(ResultGroup):
    """特定疾病療養受療証."""

    disease: Annotated[
        SpecificDisease | None, Element("SpecificDiseasesDiseaseCategory", code="OQSCD013")
    ] = None
    issued_on: Annotated[Day | None, Element("SpecificDiseasesCertificateDate")] = None
    valid_from: Annotated[Day | None, Element("SpecificDiseasesValidStartDate")] = None
    valid_to: Annotated[Day | None, Element("SpecificDiseasesValidEndDate")] = None
    self_pay: Annotated[Yen | None, Element("SpecificDiseasesSelfPay", note="Yen a month.")] = None


class MedicalTicketInfo(ResultGroup):
    """医療券・調剤券 of 医療扶助."""

    ticket_type: Annotated[TicketType | None, Element("TicketType", code="OQSCD018")] = None
    valid_from: Annotated[Day | None, Element("MedicalTicketValidDate")] = None
    valid_to: Annotated[Day | None, Element("MedicalTicketExpirationDate")] = None
    issue_number: Annotated[ShortText | None, Element("IssueNumber")] = None
    month: Annotated[Month | None, Element("MedicalTreatmentMonth")] = None
    institution_code: Annotated[InstitutionCode | None, Element("DesignatedMedicalInstitutionCode")] = None
    institution_flag: Annotated[
        DesignatedInstitution | None, Element("DesignatedMedicalInstitutionFlag", code="OQSCD026")
    ] = None
    institution_name: Annotated[LongText | None, Element("DesignatedMedicalInstitutionName")] = None
    prescriber_code: Annotated[
        InstitutionCode | None, Element("PrescriptionIssuerMedicalInstitutionCode")
    ] = None
    prescriber_name: Annotated[LongText | None, Element("PrescriptionIssuerMedicalInstitutionName")] = None
    injury_name_1: Annotated[LongText | None, Element("InjuryName1")] = None
    injury_name_2: Annotated[LongText | None, Element("InjuryName2")] = None
    injury_name_3: Annotated[LongText | None, Element("InjuryName3")] = None
    treatment: Annotated[TicketTreatment | None, Element("MedicalTreatmentType", code="OQSCD019")] = None
    self_pay: Annotated[Yen | None, Element("SelfPayAmount")] = None
    district_contact: Annotated[LongText | None, Element("DistrictContactName")] = None
    handling_contact: Annotated[LongText | None, Element("HandlingContactName")] = None
    single_or_combined: Annotated[
        SingleOrCombined | None, Element("SingleOrCombinedUse", code="OQSCD020")
    ] = None
    social_insurance: Annotated[Applies | None, Element("StatusOfSocialInsurance", code="OQSCD021")] = None
    consistency: Annotated[Consistency | None, Element("ConsistencyFlag", code="OQSCD022")] = None
    infection: Annotated[
        Applies | None, Element("StatusOfInfecton", code="OQSCD023", note="Spelt so in the layout.")
    ] = None
    elderly_care: Annotated[Applies | None, Element("StatusOfElderlyMedicalCare", code="OQSCD024")] = None
    prefectural_expenses: Annotated[
        Applies | None, Element("StatusOfPrefecturalExpenses", code="OQSCD025")
    ] = None
    remarks_1: Annotated[LongText | None, Element("Remarks1")] = None
    remarks_2: Annotated[LongText | None, Element("Remarks2")] = None
    remarks_3: Annotated[LongText | None, Element("Remarks3")] = None
