"""The entitlements of an answer as Coverage, Patient and Organization, with JP Core's profiles.

The resources are contained in an answer, so their ids are of that answer only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from eligibility_api.contract.codes import Sex
from eligibility_api.contract.identifiers import is_late_elderly, is_welfare_office
from eligibility_api.contract.member_items import Enrolment
from eligibility_api.fhir import names

Resource = dict[str, Any]

_GENDER: Final = {Sex.MALE: "male", Sex.FEMALE: "female", Sex.UNSET: "unknown"}
_NATIONAL_WIDTH: Final = 6
_FULL_WIDTH: Final = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
"""ASCII to full width, in which JP Core writes symbols and numbers."""


@dataclass(frozen=True, slots=True)
class Members:
    """The resources of the entitlements of one person: a coverage each; equal patients and payors once."""

    coverages: Sequence[Resource]
    patients: Sequence[Resource]
    organizations: Sequence[Resource]


@dataclass(slots=True)
class _Numbered:
    """Resources of one type, numbered as they are found; an equal one is found again."""

    prefix: str
    found: list[Resource] = field(default_factory=list)

    def reference(self, resource: Resource) -> dict[str, str]:
        """The reference to a resource, which is added unless an equal one was found before."""
        for known in self.found:
            if known | {"id": None} == resource | {"id": None}:
                return {"reference": f"#{known['id']}"}
        resource["id"] = f"{self.prefix}-{len(self.found) + 1}"
        self.found.append(resource)
        return {"reference": f"#{resource['id']}"}


def members_of(
    results: Sequence[Enrolment], *, reference_number: str | None, institution_code: str
) -> Members:
    """The resources of `results`. A patient's identifiers are the facility's own number, and each membership's."""
    patients, organizations = _Numbered("patient"), _Numbered("insurer")
    identifiers = _identifiers(results, reference_number, institution_code)
    coverages = []
    for position, result in enumerate(results, start=1):
        beneficiary = patients.reference(_patient(result, identifiers))
        payor = organizations.reference(_organization(result))
        coverages.append(_coverage(result, f"coverage-{position}", beneficiary, payor))
    return Members(coverages, patients.found, organizations.found)


def full_width(text: str) -> str:
    """`text` with its ASCII characters in full width."""
    return text.translate(_FULL_WIDTH)


def present(resource: Resource) -> Resource:
    """`resource` without absent elements: FHIR has neither null nor empty ones."""
    return {name: value for name, value in resource.items() if value not in (None, "", [], {})}


def day(value: date | None) -> str | None:
    """A day as FHIR writes it."""
    return value.isoformat() if value is not None else None


def coding(system: str, code: str, text: str | None = None) -> Resource:
    """A CodeableConcept with one coding."""
    return present({"coding": [{"system": system, "code": code}], "text": text})


def _identifiers(
    results: Sequence[Enrolment], reference_number: str | None, institution_code: str
) -> list[Resource]:
    own = {"system": names.of_facility(institution_code), "value": reference_number}
    found = [own] if reference_number is not None else []
    return found + [identifier for result in results if (identifier := member_id(result)) not in found]


def member_id(result: Enrolment) -> Resource:
    """The identifier of a membership, as JP-CLINS writes it."""
    if is_welfare_office(result.insurer_number):
        return {"system": names.RECIPIENT_ID, "value": f"{result.insurer_number}:{result.number}"}
    parts = (result.symbol or "", result.number)
    number = ":".join([result.insurer_number.zfill(8), *map(full_width, parts), result.branch or ""])
    return {"system": names.MEMBER_ID, "value": number}


def _patient(result: Enrolment, identifiers: Sequence[Resource]) -> Resource:
    address = {"text": result.address, "postalCode": result.postal_code}
    return present(
        {
            "resourceType": "Patient",
            "meta": {"profile": [names.PATIENT_PROFILE]},
            "identifier": list(identifiers),
            "name": [
                _name("official", "IDE", result.name),
                *(_name(use, kind, text) for use, kind, text in _further_names(result) if text),
            ],
            "gender": _GENDER[result.sex],
            "birthDate": day(result.birth_date),
            "address": [present(address | {"country": "JP"})] if any(address.values()) else None,
        }
    )


def _further_names(result: Enrolment) -> list[tuple[str, str, str | None]]:
    return [
        ("official", "SYL", result.name_kana),
        ("usual", "IDE", result.name_alias),
        ("usual", "SYL", result.name_alias_kana),
    ]


def _name(use: str, representation: str, text: str) -> Resource:
    """A name as written: an insurer sends it as one text, so it is not divided."""
    return {
        "extension": [{"url": names.NAME_REPRESENTATION, "valueCode": representation}],
        "use": use,
        "text": text,
    }


def _organization(result: Enrolment) -> Resource:
    return {
        "resourceType": "Organization",
        "meta": {"profile": [names.ORGANIZATION_PROFILE]},
        "identifier": [{"system": names.INSURER_NUMBER, "value": result.insurer_number}],
        "type": [coding(names.ORGANIZATION_TYPE, "pay")],
        "name": result.insurer_name,
    }


def _coverage(result: Enrolment, own_id: str, beneficiary: Resource, payor: Resource) -> Resource:
    last_day = result.lost_on - timedelta(days=1) if result.lost_on is not None else None
    written = {
        names.SYMBOL: full_width(result.symbol) if result.symbol else None,
        names.NUMBER: full_width(result.number),
        names.BRANCH: result.branch,
    }
    subscriber = (full_width(result.symbol or ""), full_width(result.number))
    return present(
        {
            "resourceType": "Coverage",
            "id": own_id,
            "meta": {"profile": [names.COVERAGE_PROFILE]},
            "extension": [{"url": url, "valueString": value} for url, value in written.items() if value],
            # Of the record; whether the insurance is valid is `insurance.inforce`.
            "status": "active",
            "type": coding(names.COVERAGE_TYPE, coverage_type(result.insurer_number)),
            "subscriber": {"display": result.insured_name} if result.insured_name else None,
            "subscriberId": ",".join(f'"{text}"' for text in subscriber),
            "beneficiary": beneficiary,
            "dependent": result.branch,
            "relationship": coding(names.RELATIONSHIP, result.relationship.value),
            "period": present({"start": day(result.acquired_on), "end": day(last_day)}),
            "payor": [payor],
            "costToBeneficiary": [_copay(percent) for percent in _ratios(result)],
        }
    )


def coverage_type(insurer_number: str) -> str:
    """保険種別コード: 8 public expense, 7 late-elderly, 2 national health insurance, 1 any other."""
    if is_welfare_office(insurer_number):
        return "8"
    if is_late_elderly(insurer_number):
        return "7"
    return "2" if len(insurer_number) == _NATIONAL_WIDTH else "1"


def _ratios(result: Enrolment) -> list[int]:
    elderly = result.elderly_certificate.burden_ratio if result.elderly_certificate else None
    return [ratio for ratio in (result.burden_ratio, elderly) if ratio is not None]


def _copay(percent: int) -> Resource:
    quantity = {"value": percent, "unit": "%", "system": names.UNITS, "code": "%"}
    return {"type": coding(names.COPAY_TYPE, "copaypct"), "valueQuantity": quantity}
