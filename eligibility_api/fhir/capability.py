"""What the FHIR interface can do: CapabilityStatement, and SMART's configuration of its sign-in."""

from __future__ import annotations

from typing import Any, Final

from eligibility_api.contract.oauth import ServerMetadata
from eligibility_api.fhir import names
from eligibility_api.web.operation_outcomes import FHIR_MEDIA_TYPE
from eligibility_api.webhooks.fhir_message import CONSENTS_TOPIC, SUBSCRIPTION_PROFILE

SUBMIT: Final = "http://hl7.org/fhir/OperationDefinition/CoverageEligibilityRequest-submit"
_SMART_SERVICE: Final = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_OAUTH_URIS: Final = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_DATE: Final = "2026-11-30"
"""The day on which the statement last changed."""


def capability_statement(public_url: str | None) -> dict[str, Any]:
    """The CapabilityStatement (R4). Addresses are in it if the fund knows its own (`FUND_PUBLIC_URL`)."""
    implementation = {"description": "Shikaku, an open stand-in for オンライン資格確認"}
    security: dict[str, Any] = {
        "service": [{"coding": [{"system": _SMART_SERVICE, "code": "SMART-on-FHIR"}]}],
        "description": "SMART Backend Services: private_key_jwt at the fund's token endpoint, ES256.",
    }
    if public_url is not None:
        implementation["url"] = f"{public_url}/fhir"
        token = {"url": "token", "valueUri": ServerMetadata.of(public_url).token_endpoint}
        security = {"extension": [{"url": _OAUTH_URIS, "extension": [token]}]} | security
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "experimental": True,
        "date": _DATE,
        "kind": "instance",
        "implementation": implementation,
        "fhirVersion": "4.0.1",
        "format": [FHIR_MEDIA_TYPE],
        "rest": [
            {
                "mode": "server",
                "security": security,
                "resource": [
                    {
                        "type": "CoverageEligibilityRequest",
                        "documentation": "Contained resources of an answer have JP Core's profiles.",
                        "operation": [{"name": "submit", "definition": SUBMIT}],
                    },
                    *_contained_types(),
                    *_searched_types(),
                    {"type": "Consent", "interaction": [{"code": "read"}]},
                    {
                        "type": "Subscription",
                        "supportedProfile": [SUBSCRIPTION_PROFILE],
                        "interaction": [{"code": code} for code in ("create", "read", "delete")],
                        "documentation": f"Topic {CONSENTS_TOPIC}: rest-hook, id-only, signed as Standard Webhooks.",
                    },
                ],
            }
        ],
    }


def _contained_types() -> list[dict[str, Any]]:
    profiles = {
        "Coverage": names.COVERAGE_PROFILE,
        "Organization": names.ORGANIZATION_PROFILE,
        "Patient": names.PATIENT_PROFILE,
    }
    return [{"type": kind, "supportedProfile": [profile]} for kind, profile in profiles.items()]


def _searched_types() -> list[dict[str, Any]]:
    parameters = [
        {
            "name": "consent",
            "type": "token",
            "documentation": "Required: the consent that allows the search.",
        },
        {"name": "after", "type": "string", "documentation": "Of the link to the next page."},
    ]
    searched = {"interaction": [{"code": "search-type"}], "searchParam": parameters}
    profiled = {"type": "Observation", "supportedProfile": [names.OBSERVATION_PROFILE]} | searched
    return [{"type": "MedicationRequest"} | searched, {"type": "MedicationDispense"} | searched, profiled]


def smart_configuration(public_url: str) -> dict[str, Any]:
    """SMART's configuration: the metadata of the authorization server, with the members that SMART adds."""
    return ServerMetadata.of(public_url).model_dump(mode="json") | {
        "capabilities": ["client-confidential-asymmetric"],
        "code_challenge_methods_supported": ["S256"],
    }
