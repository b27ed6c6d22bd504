"""Names that FHIR resources use: media type, profiles, extensions and systems of identifiers and codes.

Those of `jpfhir.jp` are JP Core's (version 1.2), of which each is fixed by a profile; `urn:shikaku:` names are
our own, for what neither FHIR nor JP Core has.
"""

from __future__ import annotations

from typing import Final

_CORE: Final = "http://jpfhir.jp/fhir/core"
_OWN: Final = "urn:shikaku:fhir:"

PATIENT_PROFILE: Final = f"{_CORE}/StructureDefinition/JP_Patient"
COVERAGE_PROFILE: Final = f"{_CORE}/StructureDefinition/JP_Coverage"
ORGANIZATION_PROFILE: Final = f"{_CORE}/StructureDefinition/JP_Organization"

SYMBOL: Final = f"{_CORE}/Extension/StructureDefinition/JP_Coverage_InsuredPersonSymbol"
NUMBER: Final = f"{_CORE}/Extension/StructureDefinition/JP_Coverage_InsuredPersonNumber"
BRANCH: Final = f"{_CORE}/Extension/StructureDefinition/JP_Coverage_InsuredPersonSubNumber"

INSURER_NUMBER: Final = f"{_CORE}/mhlw/IdSystem/InsurerNumber"
INSURER_NUMBER_OID: Final = "urn:oid:1.2.392.100495.20.3.61"
"""The same system by its OID, in requests of programs that follow older guides."""
INSTITUTION_CODE: Final = f"{_CORE}/IdSystem/insurance-medical-institution-no"
PATIENT_NUMBER: Final = "urn:oid:1.2.392.100495.20.3.51.1"
"""A facility's own numbers for patients; the system continues with its institution code."""
MEMBER_ID: Final = "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID"
"""被保険者個人識別子 of JP-CLINS: insurer number, symbol, number and branch, joined by colons."""
RECIPIENT_ID: Final = "http://jpfhir.jp/fhir/clins/Idsystem/JP_PublicPayer_memberID"
"""生活保護受給者識別子 of JP-CLINS: 公費負担者番号 and 受給者番号, joined by a colon."""

COVERAGE_TYPE: Final = "urn:oid:1.2.392.100495.20.2.61"
"""保険種別コード."""
RELATIONSHIP: Final = "urn:oid:1.2.392.100495.20.2.62"
"""被保険者区分コード."""
ORGANIZATION_TYPE: Final = "http://terminology.hl7.org/CodeSystem/organization-type"
COPAY_TYPE: Final = "http://terminology.hl7.org/CodeSystem/coverage-copay-type"
BENEFIT_TYPE: Final = "http://terminology.hl7.org/CodeSystem/benefit-type"
UNITS: Final = "http://unitsofmeasure.org"

NAME_REPRESENTATION: Final = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
DATA_ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

OBSERVATION_PROFILE: Final = f"{_CORE}/StructureDefinition/JP_Observation_Common"
DRUG_CODE: Final = "urn:oid:1.2.392.100495.20.2.71"
"""医薬品コード of claims (レセプト電算処理システム)."""
JLAC10: Final = "urn:oid:1.2.392.200119.4.504"
USAGE_CODE: Final = "urn:shikaku:code:usage"
"""用法コード of claims."""
DISPENSE_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/medicationdispense-category"
CONSENT_SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
CONSENT_CATEGORY: Final = "http://loinc.org"
CONSENT_POLICY: Final = "http://terminology.hl7.org/CodeSystem/consentpolicycodes"
INFORMATION: Final = "urn:shikaku:code:category"
"""The categories of information that a patient allows."""
CONSENT: Final = "urn:shikaku:consent"
"""The system of a consent's number; its patient is named by it."""
ORIGIN: Final = f"{_OWN}origin"
"""An extension of a medicine: whether a claim, a dispensing, a prescription or an on-site record says it."""

RECORD: Final = "urn:shikaku:record"
"""The system of an answer's identifier: its audit record."""
PROOF: Final = f"{_OWN}presence-proof"
"""An extension of a request: the card's proof, as `challenge`, `certificate` and `signature`."""
LIMIT_CONSENT: Final = f"{_OWN}limit-certificate-consent"
"""An extension of a request by number: the patient agrees to show the limit certificate."""
VALIDITY: Final = f"{_OWN}validity"
"""An extension of an answer: 資格有効性."""


def code_table(number: str) -> str:
    """The system of a code table of the real interface, such as OQSCD006."""
    return f"urn:shikaku:code:OQSCD{number}"


def of_facility(institution_code: str) -> str:
    """The system of a facility's own numbers for patients."""
    return PATIENT_NUMBER + institution_code
