"""One entitlement in a result: `ResultOfQualificationConfirmation` (OQS 4.2)."""

from __future__ import annotations

from typing import Annotated

from clinic_terminal.messages.certificates import (
    ElderlyRecipientCertificate,
    LimitApplicationCertificate,
    MedicalTicketInfo,
    ResultGroup,
    SpecificDiseasesCertificate,
)
from clinic_terminal.messages.codes import ConsentFlag, LimitCertificateChange, LimitConsent, Preschool
from clinic_terminal.messages.elements import Confidence, Element
from clinic_terminal.messages.values import (
    BranchNumber,
    Day,
    Instant,
    InsurerNumber,
    KanaName,
    LongText,
    MembershipText,
    Name,
    PostalCode,
    Ratio,
)
from eligibility_api.contract.codes import CertificateKind, ReasonOfLoss, Relationship, Sex


class ViewingConsent(ResultGroup):
    """The consent to one kind of information: flag, instant, and until when it may be viewed.

    Its elements stand among those of the entitlement, each name beginning with the kind's.
    """

    flag: Annotated[ConsentFlag, Element("ConsFlg", code="OQSCD016")]
    consented_at: Annotated[Instant | None, Element("ConsTime", note="Only with flag 1 or 2.")] = None
    available_until: Annotated[Instant | None, Element("AvailableTime", note="Only with flag 1 or 2.")] = None


class DiseaseConsent(ResultGroup):
    """The consent to specific diseases: flag and instant."""

    flag: Annotated[ConsentFlag, Element("ConsFlg", code="OQSCD016")]
    consented_at: Annotated[Instant | None, Element("ConsTime", note="Only with flag 1.")] = None


class Membership(ResultGroup):
    """Who is insured, by whom, and since when: elements 1 to 26 of a result."""

    certificate_kind: Annotated[CertificateKind, Element("InsuredCardClassification", code="OQSCD010")]
    insurer_number: Annotated[InsurerNumber | None, Element("InsurerNumber")] = None
    symbol: Annotated[MembershipText | None, Element("InsuredCardSymbol")] = None
    number: Annotated[MembershipText | None, Element("InsuredIdentificationNumber")] = None
    branch: Annotated[
        BranchNumber | None, Element("InsuredBranchNumber", note="Not of the late-elderly scheme.")
    ] = None
    relationship: Annotated[Relationship | None, Element("PersonalFamilyClassification", code="OQSCD009")] = (
        None
    )
    insured_name: Annotated[Name | None, Element("InsuredName", note="被保険者（世帯主）氏名.")] = None
    name: Annotated[Name, Element("Name")]
    name_alias: Annotated[Name | None, Element("NameOfOther", note="通称.")] = None
    name_kana: Annotated[KanaName | None, Element("NameKana")] = None
    name_alias_kana: Annotated[KanaName | None, Element("NameOfOtherKana")] = None
    sex: Annotated[Sex, Element("Sex1", code="OQSCD007")]
    sex_on_certificate: Annotated[
        Sex | None,
        Element("Sex2", code="OQSCD007", note="Only if the certificate shows the sex on its back."),
    ] = None
    birth_date: Annotated[Day, Element("Birthdate")]
    address: Annotated[LongText | None, Element("Address", note="As the insurer knows it.")] = None
    postal_code: Annotated[PostalCode | None, Element("PostNumber")] = None
    acquired_on: Annotated[Day | None, Element("QualificationDate", note="資格取得日.")] = None
    lost_on: Annotated[
        Day | None, Element("DisqualificationDate", note="資格喪失日: the first uninsured day.")
    ] = None
    issued_on: Annotated[Day | None, Element("InsuredCertificateIssuanceDate", note="交付年月日.")] = None
    valid_from: Annotated[Day | None, Element("InsuredCardValidDate")] = None
    valid_to: Annotated[Day | None, Element("InsuredCardExpirationDate")] = None
    burden_ratio: Annotated[
        Ratio | None, Element("InsuredPartialContributionRatio", note="Only of the late-elderly scheme.")
    ] = None
    preschool: Annotated[Preschool | None, Element("PreschoolClassification", code="OQSCD015")] = None
    reason_of_loss: Annotated[ReasonOfLoss | None, Element("ReasonOfLoss", code="OQSCD008")] = None
    insurer_name: Annotated[LongText, Element("InsurerName")]
    elderly_certificate: Annotated[
        ElderlyRecipientCertificate | None, Element("ElderlyRecipientCertificateInfo")
    ] = None


def _consent(name: str, meaning: str) -> Element:
    return Element(name, code="OQSCD016", prefix=True, note=meaning)


def _later_consent(name: str, meaning: str) -> Element:
    """A kind added in 2025 to the interface of a claim program; its presence in these messages is inferred."""
    return Element(
        name,
        code="OQSCD016",
        prefix=True,
        confidence=Confidence.INFER,
        note=f"{meaning} Of 2025; the name is inferred.",
    )


class Entitlement(Membership):
    """One entitlement with its certificates, tickets and consents."""

    limit_consent: Annotated[
        LimitConsent | None, Element("LimitApplicationCertificateRelatedConsFlg", code="OQSCD001")
    ] = None
    limit_consented_at: Annotated[
        Instant | None, Element("LimitApplicationCertificateRelatedConsTime", note="Only with flag 1.")
    ] = None
    limit_certificate: Annotated[
        LimitApplicationCertificate | None, Element("LimitApplicationCertificateRelatedInfo")
    ] = None
    disease_consent: Annotated[
        DiseaseConsent | None, Element("SpecificDiseasesCertificateRelated", code="OQSCD016", prefix=True)
    ] = None
    specific_diseases: Annotated[
        tuple[SpecificDiseasesCertificate, ...],
        Element("SpecificDiseasesCertificateInfo", within="SpecificDiseasesCertificateList"),
    ] = ()
    medical_tickets: Annotated[
        tuple[MedicalTicketInfo, ...], Element("MedicalTicketInfo", within="PublicExpenseResultList")
    ] = ()
    health_checkups: Annotated[
        ViewingConsent | None, _consent("SpecificHealthCheckupsInfo", "特定健診情報.")
    ] = None
    medicines: Annotated[ViewingConsent | None, _consent("PharmacistsInfo", "薬剤情報.")] = None
    treatments: Annotated[ViewingConsent | None, _consent("DiagnosisInfo", "診療情報.")] = None
    operations: Annotated[ViewingConsent | None, _consent("OperationInfo", "手術情報.")] = None
    diagnoses: Annotated[ViewingConsent | None, _later_consent("DiagnosisName", "傷病名.")] = None
    infections: Annotated[ViewingConsent | None, _later_consent("InfectiousInfo", "感染症.")] = None
    allergies: Annotated[ViewingConsent | None, _later_consent("AllergyInfo", "その他アレルギー等.")] = None
    drug_allergies: Annotated[
        ViewingConsent | None, _later_consent("ContraindicationInfo", "薬剤アレルギー等.")
    ] = None
    tests: Annotated[ViewingConsent | None, _later_consent("TestInfo", "検査.")] = None
    prescriptions: Annotated[ViewingConsent | None, _later_consent("PrescriptionInfo", "処方情報.")] = None


class BulkEntitlement(Membership):
    """One entitlement in 資格確認一括照会: without consents and limit certificate (OQS 6)."""

    limit_certificate_changed: Annotated[
        LimitCertificateChange | None,
        Element("LimitApplicationCertificateChanged", code="OQSCD014", source="OQS 6"),
    ] = None
    medical_tickets: Annotated[
        tuple[MedicalTicketInfo, ...],
        Element(
            "MedicalTicketInfo",
            within="PublicExpenseResultList",
            source="OQS 6",
            confidence=Confidence.INFER,
        ),
    ] = ()
