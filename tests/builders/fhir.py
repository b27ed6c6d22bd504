"""FHIR resources in tests: requests, and an independent check of answers against R4 and JP Core.

R4's structure is checked by the models of `fhir.resources`, which has R4B (4.3.0): `R4_ELEMENTS` are the elements of
R4 (4.0.1) for the resources that the fund sends, and a test compares both. JP Core's rules are written from its
profiles (version 1.2): cardinalities, fixed systems and URLs, and the types that references may name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fhir.resources.R4B import get_fhir_model_class

Resource = dict[str, Any]

CORE = "http://jpfhir.jp/fhir/core"
SYMBOL = f"{CORE}/Extension/StructureDefinition/JP_Coverage_InsuredPersonSymbol"
NUMBER = f"{CORE}/Extension/StructureDefinition/JP_Coverage_InsuredPersonNumber"
BRANCH = f"{CORE}/Extension/StructureDefinition/JP_Coverage_InsuredPersonSubNumber"
INSURER = f"{CORE}/mhlw/IdSystem/InsurerNumber"
PROOF = "urn:shikaku:fhir:presence-proof"
VALIDITY = "urn:shikaku:fhir:validity"
SUBMIT_PATH = "/fhir/CoverageEligibilityRequest/$submit"

_DOMAIN = "id meta implicitRules language text contained extension modifierExtension"

R4_ELEMENTS = {
    "CoverageEligibilityResponse": "identifier status purpose patient servicedDate servicedPeriod created requestor request"
    " outcome disposition insurer insurance preAuthRef form error",
    "Coverage": "identifier status type policyHolder subscriber subscriberId beneficiary dependent relationship period payor"
    " class order network costToBeneficiary subrogation contract",
    "Patient": "identifier active name telecom gender birthDate deceasedBoolean deceasedDateTime address maritalStatus"
    " multipleBirthBoolean multipleBirthInteger photo contact communication generalPractitioner managingOrganization link",
    "Organization": "identifier active type name alias telecom address partOf contact endpoint",
    "OperationOutcome": "issue",
    "Consent": "identifier status scope category patient dateTime performer organization sourceAttachment sourceReference"
    " policy policyRule verification provision",
    "MedicationRequest": "identifier status statusReason intent category priority doNotPerform reportedBoolean"
    " reportedReference medicationCodeableConcept medicationReference subject encounter supportingInformation authoredOn"
    " requester performer performerType recorder reasonCode reasonReference instantiatesCanonical instantiatesUri basedOn"
    " groupIdentifier courseOfTherapyType insurance note dosageInstruction dispenseRequest substitution priorPrescription"
    " detectedIssue eventHistory",
    "MedicationDispense": "identifier partOf status statusReasonCodeableConcept statusReasonReference category"
    " medicationCodeableConcept medicationReference subject context supportingInformation performer location"
    " authorizingPrescription type quantity daysSupply whenPrepared whenHandedOver destination receiver note"
    " dosageInstruction substitution detectedIssue eventHistory",
    "Observation": "identifier basedOn partOf status category code subject focus encounter effectiveDateTime effectivePeriod"
    " effectiveTiming effectiveInstant issued performer valueQuantity valueCodeableConcept valueString valueBoolean"
    " valueInteger valueRange valueRatio valueSampledData valueTime valueDateTime valuePeriod dataAbsentReason"
    " interpretation note bodySite method specimen device referenceRange hasMember derivedFrom component",
    "Subscription": "status contact end reason criteria error channel",
    "CapabilityStatement": "url version name title status experimental date publisher contact description useContext"
    " jurisdiction purpose copyright kind instantiates imports software implementation fhirVersion format patchFormat"
    " implementationGuide rest messaging document",
}


OTHER_ELEMENTS = {
    "Bundle": "id meta implicitRules language identifier type timestamp total link entry signature",
    "Parameters": "id meta implicitRules language parameter",
}
"""The elements of resources that are no domain resources."""


def r4_elements(kind: str) -> set[str]:
    """The elements of a resource in R4."""
    if kind in OTHER_ELEMENTS:
        return set(OTHER_ELEMENTS[kind].split())
    return set(f"{_DOMAIN} {R4_ELEMENTS[kind]}".split())


def coverage_request(membership: Mapping[str, Any], **more: Any) -> Resource:
    """A CoverageEligibilityRequest for the body of a look-up by number; `more` replaces elements, None removes one."""
    written = {SYMBOL: "symbol", NUMBER: "number", BRANCH: "branch"}
    extensions = [
        {"url": url, "valueString": membership[name]} for url, name in written.items() if name in membership
    ]
    insurer = {
        "resourceType": "Organization",
        "id": "insurer",
        "identifier": [{"system": INSURER, "value": membership["insurer_number"]}],
    }
    coverage = {
        "resourceType": "Coverage",
        "id": "coverage",
        "status": "active",
        "extension": extensions,
        "beneficiary": {"reference": "#patient"},
        "payor": [{"reference": "#insurer"}],
    }
    patient = {"resourceType": "Patient", "id": "patient", "birthDate": membership["birth_date"]}
    body = {
        "contained": [patient, insurer, coverage],
        "patient": {"reference": "#patient"},
        "insurer": {"reference": "#insurer"},
        "insurance": [{"coverage": {"reference": "#coverage"}}],
    }
    return _request(body | more)


def proof_request(proof: dict[str, str], **more: Any) -> Resource:
    """A CoverageEligibilityRequest with the proof of a card; `more` replaces elements, None removes one."""
    parts = [
        {"url": "challenge", "valueString": proof["challenge"]},
        {"url": "certificate", "valueBase64Binary": proof["certificate"]},
        {"url": "signature", "valueBase64Binary": proof["signature"]},
    ]
    body = {
        "extension": [{"url": PROOF, "extension": parts}],
        "patient": {"display": "The holder of the card"},
        "insurer": {"display": "The insurers of the holder"},
    }
    return _request(body | more)


def _request(elements: Resource) -> Resource:
    common: Resource = {
        "resourceType": "CoverageEligibilityRequest",
        "status": "active",
        "purpose": ["validation"],
        "created": "2026-11-30",
    }
    return {name: value for name, value in (common | elements).items() if value is not None}


def contained(resource: Resource, kind: str) -> list[Resource]:
    """The contained resources of a type."""
    return [part for part in resource.get("contained", []) if part["resourceType"] == kind]


def faults(resource: Resource) -> list[str]:
    """What is wrong with a resource and its contained ones, by R4 and by JP Core."""
    if resource["resourceType"] == "Bundle":
        inner = [fault for part in resource.get("entry", []) for fault in faults(part["resource"])]
        return [*_r4_faults(resource), *inner]
    parts = [resource, *resource.get("contained", [])]
    found = [fault for part in parts for fault in (*_r4_faults(part), *_jp_core_faults(part, parts))]
    return found + list(_containment_faults(resource))


def _r4_faults(resource: Resource) -> Iterator[str]:
    kind = resource["resourceType"]
    try:
        get_fhir_model_class(kind).model_validate(resource)
    except ValueError as error:
        yield f"{kind}: {error}"
    for name in resource.keys() - r4_elements(kind) - {"resourceType"}:
        yield f"{kind}.{name} is no element of R4"
    if not re.fullmatch(r"[A-Za-z0-9.\-]{1,64}", resource.get("id", "none")):
        yield f"{kind}.id is no id"
    yield from (f"{kind}.{place} is empty" for place in _empty("", resource))


def _empty(place: str, value: Any) -> Iterator[str]:
    """The places of values that FHIR does not have: null, and empty texts, lists and objects (ele-1)."""
    if value is None or value in ("", [], {}):
        yield place
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _empty(f"{place}.{name}", part)
    elif isinstance(value, list):
        for position, part in enumerate(value):
            yield from _empty(f"{place}[{position}]", part)


def _containment_faults(resource: Resource) -> Iterator[str]:
    """Contained resources have an id, contain none, and are named by the resource (dom-2, dom-3); each name is one."""
    ids = [part.get("id") for part in resource.get("contained", [])]
    named = {text.removeprefix("#") for text in _references(resource)}
    if len(set(ids)) < len(ids) or None in ids:
        yield "a contained resource has no id of its own"
    yield from (f"#{name} is named and not contained" for name in named - set(ids))
    yield from (f"#{name} is contained and not named" for name in set(ids) - named)
    if any("contained" in part for part in resource.get("contained", [])):
        yield "a contained resource contains another"


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


JP_PROFILES = {
    kind: f"{CORE}/StructureDefinition/JP_{kind}" for kind in ("Patient", "Coverage", "Organization")
} | {"Observation": f"{CORE}/StructureDefinition/JP_Observation_Common"}
JP_REQUIRED = {
    # The must-haves of profile and base resource, as (element, required element of each of its values).
    "Patient": [("identifier", "value"), ("identifier", "system"), ("name", "extension")],
    "Coverage": [("extension", "valueString"), ("payor", "reference"), ("beneficiary", "reference")],
    "Organization": [("identifier", "value"), ("identifier", "system")],
    "Observation": [("code", "coding"), ("subject", "type")],
}
JP_REFERENCES = {"beneficiary": {"Patient"}, "payor": {"Organization", "Patient", "RelatedPerson"}}
JP_EXTENSIONS = {SYMBOL: r"[^\x00-\x7f]+", NUMBER: r"[^\x00-\x7f]+", BRANCH: r"[0-9]{2}"}
"""The fixed URLs, and how a value is written: symbol and number in full width, the branch as two digits."""
JP_IDENTIFIERS = {
    # Fixed systems of slices, and the values that they have.
    "Organization": {INSURER: r"[0-9]{6}|[0-9]{8}"},
    "Patient": {
        r"urn:oid:1.2.392.100495.20.3.51.1": r".+",
        "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID": r"[0-9]{8}:[^:\x00-\x7f]*:[^:\x00-\x7f]+:([0-9]{2})?",
        "http://jpfhir.jp/fhir/clins/Idsystem/JP_PublicPayer_memberID": r"[0-9]{8}:[0-9]{7}",
    },
}


def _jp_core_faults(resource: Resource, parts: list[Resource]) -> Iterator[str]:
    kind = resource["resourceType"]
    if kind not in JP_PROFILES:
        return
    if JP_PROFILES[kind] not in resource.get("meta", {}).get("profile", []):
        yield f"{kind} does not name its profile"
    for element, required in JP_REQUIRED[kind]:
        values = resource.get(element) or [{}]
        if any(required not in value for value in (values if isinstance(values, list) else [values])):
            yield f"{kind}.{element}.{required} is missing"
    for identifier in resource.get("identifier", []):
        yield from _identifier_faults(kind, identifier)
    if kind == "Coverage":
        yield from _coverage_faults(resource, parts)


def _identifier_faults(kind: str, identifier: Resource) -> Iterator[str]:
    forms = [form for system, form in JP_IDENTIFIERS[kind].items() if identifier["system"].startswith(system)]
    if not forms:
        yield f"{kind}.identifier.system {identifier['system']}"
    elif not re.fullmatch(forms[0], identifier["value"]):
        yield f"{kind}.identifier.value has another form"


def _coverage_faults(coverage: Resource, parts: list[Resource]) -> Iterator[str]:
    for extension in coverage["extension"]:
        form = JP_EXTENSIONS.get(extension["url"])
        if form is None or not re.fullmatch(form, extension["valueString"]):
            yield f"Coverage.extension {extension['url']}"
    branch = [part["valueString"] for part in coverage["extension"] if part["url"] == BRANCH]
    if branch != [coverage[name] for name in ("dependent",) if name in coverage]:
        yield "Coverage.dependent is not the branch"
    kinds = {f"#{part.get('id')}": part["resourceType"] for part in parts}
    for element, allowed in JP_REFERENCES.items():
        values = coverage[element] if isinstance(coverage[element], list) else [coverage[element]]
        if any(kinds.get(value["reference"]) not in allowed for value in values):
            yield f"Coverage.{element} names another type"
