"""Histories under a consent: medicines, check-ups and the consent itself as FHIR resources.

A history names no person, so the patient is the one of the consent. Claims have no numbers of a prescription's
groups, and some neither day nor quantity: medicines are plain R4, without the profile of JP Core that requires them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from eligibility_api.contract.consent import ConsentStatus
from eligibility_api.contract.history import CareSetting, Origin
from eligibility_api.fhir import names
from eligibility_api.fhir.members import Resource, coding, present
from eligibility_api.history.payloads import (
    CheckupItemDict,
    HealthCheckupDict,
    HealthCheckupsDict,
    InstitutionDict,
    MedicationsDict,
    MedicineDict,
)

_CATEGORY: Final = {
    CareSetting.INPATIENT.value: "inpatient",
    CareSetting.OUTPATIENT.value: "outpatient",
    CareSetting.PHARMACY.value: "community",
}
_TAKEN_DAILY: Final = "21"
"""診療識別 of medicines to be taken, whose times are days."""


def patient_of(consent_id: UUID) -> Resource:
    """The reference to the patient of a consent."""
    return {"type": "Patient", "identifier": {"system": names.CONSENT, "value": str(consent_id)}}


def requests_of(page: MedicationsDict, consent_id: UUID) -> list[Resource]:
    """The prescriptions of a page of medicines, as MedicationRequests."""
    return [
        {"id": _row_id(page["record_id"], medicine["row"])}
        | _prescription(medicine, consent_id, medicine["institution"])
        for medicine in page["medicines"]
        if medicine["origin"] == Origin.PRESCRIPTION
    ]


def dispenses_of(page: MedicationsDict, consent_id: UUID) -> list[Resource]:
    """What was dispensed or given, as MedicationDispenses: the rows of claims, dispensings and on-site records."""
    return [
        _dispense(medicine, page["record_id"], consent_id)
        for medicine in page["medicines"]
        if medicine["origin"] != Origin.PRESCRIPTION
    ]


def observations_of(page: HealthCheckupsDict, consent_id: UUID) -> list[Resource]:
    """The items of a page of check-ups, as Observations."""
    return [
        present(
            {
                "resourceType": "Observation",
                "id": f"{_row_id(page['record_id'], checkup['row'])}-{position}",
                **_observation(checkup, item, consent_id),
            }
        )
        for checkup in page["checkups"]
        for position, item in enumerate(checkup["items"], start=1)
    ]


def bundle_of(resources: Iterable[Resource], *, record_id: str, links: Mapping[str, str]) -> Resource:
    """A page of a search. The number of all rows is unknown: a page has the rows of one type among others."""
    return present(
        {
            "resourceType": "Bundle",
            "id": record_id,
            "type": "searchset",
            "link": [{"relation": relation, "url": url} for relation, url in links.items()],
            "entry": [
                {"fullUrl": f"urn:shikaku:fhir:{resource['id']}", "resource": resource}
                | {"search": {"mode": "match"}}
                for resource in resources
            ],
        }
    )


def consent_of(status: ConsentStatus, institution_code: str) -> Resource:
    """A consent of the facility: what the patient allowed, until when, and whether it has ended."""
    period = {
        "start": status.available_from.isoformat() if status.available_from else None,
        "end": status.available_until.isoformat() if status.available_until else None,
    }
    return {
        "resourceType": "Consent",
        "id": str(status.consent_id),
        "identifier": [{"system": names.CONSENT, "value": str(status.consent_id)}],
        "status": "active" if status.ended_at is None else "inactive",
        "scope": coding(names.CONSENT_SCOPE, "patient-privacy"),
        "category": [coding(names.CONSENT_CATEGORY, "59284-0")],
        "patient": patient_of(status.consent_id),
        "dateTime": status.given_at.isoformat(),
        "organization": [_organization_reference(institution_code, None)],
        "policyRule": coding(names.CONSENT_POLICY, "cric"),
        "provision": present(
            {
                "type": "permit",
                "period": present(period),
                "code": [coding(names.INFORMATION, category.value) for category in status.categories],
            }
        ),
    }


def _row_id(record_id: str, row: int) -> str:
    """An id within the answer: a row has none of its own."""
    return f"{record_id}-{row}"


def _dispense(medicine: MedicineDict, record_id: str, consent_id: UUID) -> Resource:
    prescriber, contained, prescription = medicine["prescriber"], None, None
    if prescriber is not None:
        contained = [{"id": "prescription"} | _prescription(medicine, consent_id, prescriber)]
        prescription = [{"reference": "#prescription"}]
    return present(
        {
            "resourceType": "MedicationDispense",
            "id": _row_id(record_id, medicine["row"]),
            "contained": contained,
            "extension": [_origin(medicine)],
            "status": "completed",
            "category": coding(names.DISPENSE_CATEGORY, _CATEGORY[medicine["setting"]]),
            "medicationCodeableConcept": _drug(medicine),
            "subject": patient_of(consent_id),
            "performer": [{"actor": _institution(medicine["institution"])}],
            "authorizingPrescription": prescription,
            "daysSupply": _days(medicine),
            "whenHandedOver": _day(medicine),
            "dosageInstruction": _dosage(medicine),
        }
    )


def _prescription(medicine: MedicineDict, consent_id: UUID, prescriber: InstitutionDict) -> Resource:
    prescribed_on = medicine["prescribed_on"]
    return present(
        {
            "resourceType": "MedicationRequest",
            "extension": [_origin(medicine)],
            "status": "completed" if medicine["origin"] != Origin.PRESCRIPTION else "active",
            "intent": "order",
            "medicationCodeableConcept": _drug(medicine),
            "subject": patient_of(consent_id),
            "authoredOn": prescribed_on.isoformat() if prescribed_on is not None else None,
            "requester": _institution(prescriber),
            "dosageInstruction": _dosage(medicine),
            "dispenseRequest": present({"expectedSupplyDuration": _days(medicine)}),
        }
    )


def _origin(medicine: MedicineDict) -> Resource:
    return {"url": names.ORIGIN, "valueCode": medicine["origin"]}


def _day(medicine: MedicineDict) -> str:
    """The day, or the month of a claim without days."""
    on = medicine["on"]
    return on.isoformat() if on is not None else medicine["month"]


def _drug(medicine: MedicineDict) -> Resource:
    return coding(names.DRUG_CODE, medicine["drug_code"], medicine["name"])


def _institution(institution: InstitutionDict) -> Resource:
    return _organization_reference(institution["institution_code"], institution["institution_name"])


def _organization_reference(code: str, name: str | None) -> Resource:
    identifier = {"system": names.INSTITUTION_CODE, "value": code}
    return present({"type": "Organization", "identifier": identifier, "display": name})


def _days(medicine: MedicineDict) -> Resource | None:
    if medicine["act"] != _TAKEN_DAILY or medicine["times"] is None:
        return None
    return {"value": medicine["times"], "unit": "日", "system": names.UNITS, "code": "d"}


def _dosage(medicine: MedicineDict) -> list[Resource]:
    """用法 and quantity (per day or dose); the number of doses of what is not taken daily."""
    doses = medicine["times"] if medicine["act"] != _TAKEN_DAILY else None
    usage = coding(names.USAGE_CODE, medicine["usage_code"]) if medicine["usage_code"] else None
    dose = present({"value": _number(medicine["quantity"]), "unit": medicine["unit"]})
    dosage = present(
        {
            "text": medicine["usage"],
            "additionalInstruction": [{"text": medicine["instruction"]}] if medicine["instruction"] else None,
            "timing": present({"repeat": present({"count": doses}), "code": usage}),
            "doseAndRate": [{"doseQuantity": dose}] if dose else None,
        }
    )
    return [dosage] if dosage else []


def _observation(checkup: HealthCheckupDict, item: CheckupItemDict, consent_id: UUID) -> Resource:
    return {
        "meta": {"profile": [names.OBSERVATION_PROFILE]},
        "status": "final",
        "code": coding(names.JLAC10, item["item_code"], item["item_name"]),
        "subject": patient_of(consent_id),
        "effectiveDateTime": checkup["examined_on"].isoformat(),
        "issued": checkup["known_from"].isoformat(),
        **dict(_value(item)),
    }


def _value(item: CheckupItemDict) -> Iterator[tuple[str, Any]]:
    """The value by its data type: a quantity (also an undeclared number with a unit), a code, or a text."""
    value, number = item["value"], _number(item["value"])
    declared = item["data_type"] or ("PQ" if item["unit"] else None)
    if value is None:
        yield (
            "dataAbsentReason",
            coding("http://terminology.hl7.org/CodeSystem/data-absent-reason", "unknown"),
        )
    elif declared == "PQ" and number is not None:
        yield "valueQuantity", present({"value": number, "unit": item["unit"]})
    elif declared in ("CD", "CO") and item["oid"]:
        yield "valueCodeableConcept", coding(f"urn:oid:{item['oid']}", value, item["value_name"])
    else:
        yield "valueString", value


def _number(text: str | None) -> int | float | None:
    """A decimal as a JSON number; None for a text that is none."""
    if text is None or not text.isascii() or not text.removeprefix("-").replace(".", "", 1).isdigit():
        return None
    return float(text) if "." in text else int(text)
