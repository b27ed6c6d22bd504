"""An eligibility answer as a CoverageEligibilityResponse, with the resources that it names contained."""

from __future__ import annotations

from typing import Any, Final

from eligibility_api.contract.code_titles import CODE_TITLES
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.member_items import Enrolment
from eligibility_api.fhir import names
from eligibility_api.fhir.members import Resource, coding, day, members_of, present
from eligibility_api.fhir.requests import Asked

_IN_FORCE: Final = frozenset({Validity.VALID, Validity.VALID_UNREGISTERED})
_ABSENT: Final = {Validity.AMBIGUOUS: "masked"}
"""Why an answer names nobody: several persons match and none is shown, or (else) nobody is known."""


def response_of(answer: EligibilityAnswer, asked: Asked, institution_code: str) -> Resource:
    """The response: `insurance.inforce` is whether the insurance is valid on the day (`servicedDate`).

    The validity's code is an extension, since FHIR has no code for the rest of OQSCD006; its Japanese title is the
    `disposition`.
    """
    members = members_of(
        answer.results, reference_number=answer.reference_number, institution_code=institution_code
    )
    contained = [*members.patients, *members.organizations, *members.coverages]
    validity = {"system": names.code_table("006"), "code": answer.validity.value}
    return present(
        {
            "resourceType": "CoverageEligibilityResponse",
            "id": answer.record_id,
            "contained": contained,
            "extension": [{"url": names.VALIDITY, "valueCoding": validity}],
            "identifier": [{"system": names.RECORD, "value": answer.record_id}],
            "status": "active",
            "purpose": list(asked.purpose),
            "patient": _first(members.patients) or _absent(answer.validity),
            "servicedDate": day(answer.as_of),
            "created": answer.answered_at.isoformat(),
            "requestor": _logical(names.INSTITUTION_CODE, institution_code),
            "request": _request(asked),
            "outcome": "complete",
            "disposition": CODE_TITLES["Validity"][answer.validity][0],
            "insurer": _first(members.organizations) or _asked_insurer(asked, answer.validity),
            "insurance": [
                _insurance(result, coverage["id"], answer.validity)
                for result, coverage in zip(answer.results, members.coverages, strict=True)
            ],
        }
    )


def _first(resources: Any) -> Resource | None:
    return {"reference": f"#{resources[0]['id']}"} if resources else None


def _logical(system: str, value: str) -> Resource:
    return {"type": "Organization", "identifier": {"system": system, "value": value}}


def _request(asked: Asked) -> Resource:
    """The sender's identifier of its request, which has no address of its own."""
    identifier = asked.identifier
    if identifier is None or not (identifier.system or identifier.value):
        return _data_absent("unknown")
    named = present({"system": identifier.system, "value": identifier.value})
    return {"type": "CoverageEligibilityRequest", "identifier": named}


def _absent(validity: Validity) -> Resource:
    return _data_absent(_ABSENT.get(validity, "unknown"))


def _data_absent(reason: str) -> Resource:
    return {"extension": [{"url": names.DATA_ABSENT, "valueCode": reason}]}


def _asked_insurer(asked: Asked, validity: Validity) -> Resource:
    number = asked.insurer_number
    return _logical(names.INSURER_NUMBER, number) if number is not None else _absent(validity)


def _insurance(result: Enrolment, coverage: str, validity: Validity) -> Resource:
    period = {"start": day(result.valid_from), "end": day(result.valid_to)}
    return present(
        {
            "coverage": {"reference": f"#{coverage}"},
            "inforce": validity in _IN_FORCE,
            "benefitPeriod": present(period),
            "item": [*_limit(result), *_diseases(result)],
        }
    )


def _limit(result: Enrolment) -> list[Resource]:
    certificate = result.limit_certificate
    if certificate is None:
        return []
    return [
        {
            "category": coding(names.code_table("011"), certificate.kind.value),
            "benefit": [{"type": coding(names.code_table("012"), certificate.limit_class.value)}],
        }
    ]


def _diseases(result: Enrolment) -> list[Resource]:
    return [
        present(
            {
                "category": coding(names.code_table("013"), certificate.disease.value),
                "benefit": [
                    {
                        "type": coding(names.BENEFIT_TYPE, "copay-maximum"),
                        "allowedMoney": {"value": certificate.self_pay, "currency": "JPY"},
                    }
                ]
                if certificate.self_pay is not None
                else None,
            }
        )
        for certificate in result.specific_diseases
    ]
