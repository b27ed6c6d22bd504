"""Reading a CoverageEligibilityRequest: from its resources to the requests of the plain interface.

The membership is a contained Coverage with JP Core's extensions, whose payor is the insurer; the birth date is a
contained Patient's. A proof of presence is an extension of the request. Elements that the fund does not use are
ignored, as FHIR lets servers do; of those that it uses, each has a limit (decision 016).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from eligibility_api.contract.eligibility import CardCheckRequest, NumberCheckRequest
from eligibility_api.contract.wire import Day, Text
from eligibility_api.fhir import names

Purpose = Literal["validation", "benefits", "discovery"]
"""What a request is for. The fund has no `auth-requirements` to answer; of the rest it answers all."""

_MAX_LIST: Final = 8
"""Elements of any list that is read: a request has one coverage, one patient and one insurer."""
_MAX_TEXT: Final = 200


class _Element(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


_Text = Annotated[Text, Field(max_length=_MAX_TEXT)]


class Identifier(_Element):
    """An identifier: its system and value."""

    system: _Text | None = None
    value: _Text | None = None


class Reference(_Element):
    """A reference: to a contained resource (`#id`), or by an identifier."""

    reference: _Text | None = None
    identifier: Identifier | None = None


class Part(_Element):
    """A part of an extension with parts."""

    url: _Text
    value_string: Annotated[Text, Field(max_length=512)] | None = Field(default=None, alias="valueString")
    value_bytes: Annotated[str, Field(max_length=64 * 1024)] | None = Field(
        default=None, alias="valueBase64Binary"
    )


class Extension(Part):
    """An extension with a value, or with parts."""

    value_boolean: StrictBool | None = Field(default=None, alias="valueBoolean")
    extension: Annotated[tuple[Part, ...], Field(max_length=_MAX_LIST)] = ()


class Contained(_Element):
    """A contained Coverage, Patient or Organization."""

    resource_type: _Text = Field(alias="resourceType")
    id: _Text | None = None
    extension: Annotated[tuple[Extension, ...], Field(max_length=_MAX_LIST)] = ()
    identifier: Annotated[tuple[Identifier, ...], Field(max_length=_MAX_LIST)] = ()
    birth_date: Day | None = Field(default=None, alias="birthDate")
    payor: Annotated[tuple[Reference, ...], Field(max_length=_MAX_LIST)] = ()


class Insurance(_Element):
    """The insurance asked for."""

    coverage: Reference


class CoverageEligibilityRequest(_Element):
    """The elements of the resource that the fund uses. Those that R4 requires must be there."""

    resource_type: Literal["CoverageEligibilityRequest"] = Field(alias="resourceType")
    status: Literal["active"]
    purpose: Annotated[tuple[Purpose, ...], Field(min_length=1, max_length=3)]
    patient: Reference
    insurer: Reference
    created: _Text
    identifier: Annotated[tuple[Identifier, ...], Field(max_length=_MAX_LIST)] = ()
    contained: Annotated[tuple[Contained, ...], Field(max_length=_MAX_LIST)] = ()
    extension: Annotated[tuple[Extension, ...], Field(max_length=_MAX_LIST)] = ()
    insurance: Annotated[tuple[Insurance, ...], Field(max_length=1)] = ()
    serviced_date: Day | None = Field(default=None, alias="servicedDate")
    serviced_period: None = Field(default=None, alias="servicedPeriod")


class _Parameter(_Element):
    name: Literal["resource"]
    resource: CoverageEligibilityRequest


class _Parameters(_Element):
    resource_type: Literal["Parameters"] = Field(alias="resourceType")
    parameter: Annotated[tuple[_Parameter, ...], Field(min_length=1, max_length=1)]


class _Kind(_Element):
    resource_type: _Text = Field(alias="resourceType")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks: with a proof by card, otherwise by number. `identifier` is the sender's for its request."""

    purpose: tuple[Purpose, ...]
    identifier: Identifier | None
    check: CardCheckRequest | NumberCheckRequest

    @property
    def insurer_number(self) -> str | None:
        """The insurer asked for, by number."""
        return self.check.insurer_number if isinstance(self.check, NumberCheckRequest) else None


_PLACES: Final[Mapping[str, str]] = {
    "insurer_number": "Coverage.payor.identifier.value",
    "symbol": f"Coverage.extension('{names.SYMBOL}').value",
    "number": f"Coverage.extension('{names.NUMBER}').value",
    "branch": f"Coverage.extension('{names.BRANCH}').value",
    "birth_date": "Patient.birthDate",
    "as_of": "CoverageEligibilityRequest.servicedDate",
    **{
        name: f"CoverageEligibilityRequest.extension('{names.PROOF}').extension('{name}').value"
        for name in ("challenge", "certificate", "signature")
    },
}
"""Where in the resources each item of a plain request is, for the faults of an OperationOutcome."""

_Model = TypeVar("_Model", bound=BaseModel)


def read_request(body: bytes) -> Asked:
    """Read the body of `$submit`: the resource, or Parameters with it. Raises RequestValidationError."""
    request = _request(body)
    return Asked(request.purpose, next(iter(request.identifier), None), _check(request))


def _check(request: CoverageEligibilityRequest) -> CardCheckRequest | NumberCheckRequest:
    if proof := _named(request.extension, names.PROOF):
        items = {part.url: part.value_string or part.value_bytes for part in proof.extension}
        values = {name: items.get(name) for name in ("challenge", "certificate", "signature")}
        return _checked(CardCheckRequest, values | {"as_of": request.serviced_date})
    return _checked(NumberCheckRequest, _membership(request))


def _request(body: bytes) -> CoverageEligibilityRequest:
    try:
        if _Kind.model_validate_json(body).resource_type == "Parameters":
            return _Parameters.model_validate_json(body).parameter[0].resource
        return CoverageEligibilityRequest.model_validate_json(body)
    except ValidationError as error:
        raise _refused(error, {}) from None


def _membership(request: CoverageEligibilityRequest) -> dict[str, Any]:
    coverage = _contained(request, "Coverage", [item.coverage for item in request.insurance])
    patient = _contained(request, "Patient", [request.patient])
    items: dict[str, str | date | bool | None] = {
        "symbol": _text(coverage, names.SYMBOL),
        "number": _text(coverage, names.NUMBER),
        "branch": _text(coverage, names.BRANCH),
        "birth_date": patient.birth_date if patient else None,
        "insurer_number": _insurer(request, coverage),
        "as_of": request.serviced_date,
    }
    consent = _named(request.extension, names.LIMIT_CONSENT)
    if consent is not None:
        items["limit_certificate_consent"] = consent.value_boolean
    return items


def _insurer(request: CoverageEligibilityRequest, coverage: Contained | None) -> str | None:
    """The insurer number of the coverage's payor, or else of the request's insurer."""
    for reference in (*(coverage.payor if coverage else ()), request.insurer):
        organization = _contained(request, "Organization", [reference])
        identifiers = organization.identifier if organization else (reference.identifier,)
        for identifier in identifiers:
            if identifier and identifier.system in (names.INSURER_NUMBER, names.INSURER_NUMBER_OID):
                return identifier.value
    return None


def _contained(
    request: CoverageEligibilityRequest, kind: str, references: Iterable[Reference]
) -> Contained | None:
    wanted = {reference.reference for reference in references}
    for resource in request.contained:
        if resource.resource_type == kind and resource.id and f"#{resource.id}" in wanted:
            return resource
    return None


def _named(extensions: Iterable[Extension], url: str) -> Extension | None:
    return next((extension for extension in extensions if extension.url == url), None)


def _text(resource: Contained | None, url: str) -> str | None:
    extension = _named(resource.extension, url) if resource else None
    return extension.value_string if extension else None


def _checked(model: type[_Model], values: Mapping[str, Any]) -> _Model:
    """The plain request of the items that are there; a required one that is missing is a fault at its place."""
    try:
        return model.model_validate({name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        raise _refused(error, _PLACES) from None


def _refused(error: ValidationError, places: Mapping[str, str]) -> RequestValidationError:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return RequestValidationError([fault | {"loc": (_place(fault["loc"], places),)} for fault in faults])


def _place(location: tuple[int | str, ...], places: Mapping[str, str]) -> str:
    """The FHIRPath expression of a fault. It names elements only, which are not the sender's text."""
    first = str(location[0]) if location else ""
    if first in places:
        return places[first]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return f"CoverageEligibilityRequest{path}"
