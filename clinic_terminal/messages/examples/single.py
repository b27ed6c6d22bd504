"""Examples of messages about one person: eligibility, tap, reference number."""

from __future__ import annotations

from clinic_terminal.messages.certificates import (
    ElderlyRecipientCertificate,
    SpecificDiseasesCertificate,
)
from clinic_terminal.messages.codes import (
    ConsentFlag,
    PrescriptionForm,
    ProcessingResultStatus,
    ReferenceClassification,
    SegmentOfResult,
)
from clinic_terminal.messages.eligibility import (
    EligibilityRequest,
    EligibilityRequestBody,
    EligibilityRequestHeader,
    EligibilityResult,
    EligibilityResultBody,
    EligibilityResultHeader,
)
from clinic_terminal.messages.entitlement import DiseaseConsent
from clinic_terminal.messages.examples.example import (
    AID_RESULT,
    CLINIC,
    FILE_IDENTIFIER,
    GIVEN,
    NO_CONSENTS,
    NOW,
    P01_BY_NUMBER,
    P01_MEMBERSHIP,
    P01_RESULT,
    P01_SEARCH,
    P13_RESULT,
    P13_SEARCH,
    TODAY,
    Example,
    entitlement,
)
from clinic_terminal.messages.references import (
    ReferenceRequest,
    ReferenceRequestBody,
    ReferenceResult,
    ReferenceResultBody,
    ReferenceResultHeader,
    Registration,
    RequestHeader,
)
from eligibility_api.contract.codes import (
    ReasonOfLoss,
    SpecificDisease,
    Validity,
)

_REQUEST_HEADER = EligibilityRequestHeader(
    qualification_confirmation_date=TODAY,
    medical_institution_code=CLINIC,
    arbitrary_file_identifier=FILE_IDENTIFIER,
)
_BY_NUMBER = EligibilityResultHeader(
    process_execution_time=NOW,
    qualification_confirmation_date=TODAY,
    medical_institution_code=CLINIC,
    arbitrary_file_identifier=FILE_IDENTIFIER,
    reference_classification=ReferenceClassification.CERTIFICATE,
    segment_of_result=SegmentOfResult.DONE,
)
_BY_CARD = _BY_NUMBER.model_copy(
    update={
        "arbitrary_file_identifier": "ArnHCeDfNjMCFzg=",
        "reference_classification": ReferenceClassification.CARD,
    }
)
_FAILED = _BY_NUMBER.model_copy(
    update={
        "segment_of_result": SegmentOfResult.FAILED,
        "error_code": "SHK-EXAMPLE",
        "error_message": "要求に必須の項目がありません。システム担当者に連絡してください。",
    }
)

_LOST = entitlement(
    P01_MEMBERSHIP.model_copy(
        update={
            "lost_on": TODAY.replace(day=1),
            "reason_of_loss": ReasonOfLoss.OTHER_INSURANCE,
        }
    ),
    **NO_CONSENTS,
)
_DIALYSIS = entitlement(
    P01_MEMBERSHIP,
    elderly_certificate=ElderlyRecipientCertificate(
        issued_on=TODAY, valid_from=TODAY.replace(day=1), ratio="020"
    ),
    specific_diseases=(
        SpecificDiseasesCertificate(
            disease=SpecificDisease.RENAL_FAILURE, issued_on=TODAY, valid_from=TODAY, self_pay=10_000
        ),
        SpecificDiseasesCertificate(disease=SpecificDisease.HAEMOPHILIA, valid_from=TODAY, self_pay=10_000),
    ),
    **NO_CONSENTS
    | {
        "disease_consent": DiseaseConsent(flag=ConsentFlag.GIVEN, consented_at=NOW),
        "medicines": GIVEN,
        "prescriptions": GIVEN,
    },
)


def _result(**body: object) -> EligibilityResultBody:
    return EligibilityResultBody.model_validate({"status": ProcessingResultStatus.DONE} | body)


_REGISTRATION = Registration(
    reference_number="00042",
    insurer_number="01130012",
    symbol="架空",
    number="7701",
    branch="00",
)
_REFERENCE_HEADER = ReferenceResultHeader(
    process_execution_time=NOW,
    medical_institution_code=CLINIC,
    arbitrary_file_identifier=FILE_IDENTIFIER,
    segment_of_result=SegmentOfResult.DONE,
)

_BY_NUMBER_RESULTS = {
    "valid": _result(
        validity=Validity.VALID, search_info=P01_SEARCH, results=(P01_BY_NUMBER,), reference_number="00042"
    ),
    "valid, with the limit certificate": _result(
        validity=Validity.VALID, search_info=P13_SEARCH, results=(P13_RESULT,)
    ),
    "ended": _result(validity=Validity.INVALID, search_info=P01_SEARCH, results=(_LOST,)),
    "not found": _result(validity=Validity.NOT_FOUND, search_info=P01_SEARCH),
    "several persons": _result(
        validity=Validity.AMBIGUOUS, search_info=P01_SEARCH.model_copy(update={"branch": None})
    ),
    "an error of the person": _result(
        status=ProcessingResultStatus.ERROR,
        status_code="SHK-EXAMPLE",
        status_message="保険者番号・記号・番号・枝番のいずれかに誤りがあります。資格確認書などで確認してください。",
        search_info=P01_SEARCH,
    ),
}  # fmt: skip
_BY_CARD_RESULTS = {
    "valid, with consents": _result(
        validity=Validity.VALID, prescription_form=PrescriptionForm.ELECTRONIC, results=(P01_RESULT,)
    ),
    "specific diseases": _result(validity=Validity.VALID, results=(_DIALYSIS,)),
    "insurance and medical aid": _result(
        validity=Validity.VALID,
        status_code="SHK-0002",
        status_message="電子証明書の有効期限が2026年10月15日に切れています。2027年1月31日までは資格を確認できますが、診療・薬剤情報などは閲覧できません。"
        "患者さんに、市区町村の窓口での更新をご案内ください。",
        results=(P01_RESULT, AID_RESULT),
        reference_number="00042",
    ),
}

EXAMPLES = (
    Example(
        "OQSsiquc01req",
        "the items of a certificate",
        EligibilityRequest(header=_REQUEST_HEADER, body=EligibilityRequestBody(search_info=P01_SEARCH)),
    ),
    *(
        Example("OQSsiquc01res", case, EligibilityResult(header=_BY_NUMBER, body=body))
        for case, body in _BY_NUMBER_RESULTS.items()
    ),
    Example(
        "OQSsiquc01res",
        "an error of format",
        EligibilityResult(header=_FAILED, body=EligibilityResultBody()),
    ),
    *(
        Example("OQSsiquc01res_face", case, EligibilityResult(header=_BY_CARD, body=body))
        for case, body in _BY_CARD_RESULTS.items()
    ),
    Example(
        "OQSsiimm01req",
        "one number",
        ReferenceRequest(
            header=RequestHeader(medical_institution_code=CLINIC, arbitrary_file_identifier=FILE_IDENTIFIER),
            body=ReferenceRequestBody(registration=_REGISTRATION),
        ),
    ),
    Example(
        "OQSsiimm01res",
        "registered",
        ReferenceResult(
            header=_REFERENCE_HEADER,
            body=ReferenceResultBody(registration=_REGISTRATION, status=ProcessingResultStatus.DONE),
        ),
    ),
)
"""Each prefix of one person but those of histories."""
