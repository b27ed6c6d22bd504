"""Converts errors to problem answers (RFC 9457). No other module maps errors to HTTP responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import Route

from eligibility_api.contract.errors import CATALOGUE, PROBLEM_MEDIA_TYPE, Problem, ShikakuError
from eligibility_api.contract.oauth import TokenProblem
from eligibility_api.contract.tokens import TOKEN_PATH
from eligibility_api.contract.wire import MY_NUMBER_FAULT
from eligibility_api.web.operation_outcomes import FHIR_MEDIA_TYPE, is_fhir_path, operation_outcome

log = structlog.get_logger()

PROOF_REFUSALS = (
    "token-invalid",
    "right-missing",
    "client-closed",
    *(code for code in CATALOGUE if code.startswith(("challenge-", "certificate-"))),
    "signature-invalid",
    "revocation-unavailable",
    "database-unavailable",
)
"""The refusals that every endpoint with a proof documents, in addition to its own."""

_MAX_FAULTS = 100
"""Maximum number of faults reported per request: a client with more has a defect."""

_CODE_BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "request-too-large"}

_CODE_BY_FAULT = {
    "period": "enrolment-period",
    "medical_aid": "enrolment-medical-aid",
    "recipient": "enrolment-recipient",
    "late_elderly": "enrolment-late-elderly",
}
"""Faults concerning several members of a request, which have their own error codes."""


_JSON = "application/json"


def problem_responses(*codes: str, oauth: bool = False) -> dict[int | str, dict[str, Any]]:
    """Describe error answers for OpenAPI: one entry per status, one example per code.

    `oauth`: those of the token endpoint. The schemas are added by `web/description/errors.py`.
    """
    model, media_type = (TokenProblem, _JSON) if oauth else (Problem, PROBLEM_MEDIA_TYPE)
    responses: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        entry = CATALOGUE[code]
        response = responses.setdefault(
            entry.status,
            {"description": "", "content": {media_type: {"schema": schema_reference(model), "examples": {}}}},
        )
        response["description"] += ("" if not response["description"] else " ") + f"`{code}`."
        example = model.of(ShikakuError(code)).model_dump(mode="json", exclude_none=True)
        response["content"][media_type]["examples"][code] = {"value": example}
    return responses


def schema_reference(model: type[Problem]) -> dict[str, str]:
    """The reference to a problem's schema in the OpenAPI document."""
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def problem_response(
    request: Request, error: ShikakuError, *, headers: Mapping[str, str] | None = None, **members: Any
) -> Response:
    """Respond with the problem document of `error`; its code is added to the access log.

    The token endpoint's has OAuth's members and media type (RFC 6749 section 5.2), and no challenge: no HTTP
    authentication scheme is accepted there. Below `/fhir/` it is an OperationOutcome.
    """
    request.state.problem_code = error.code
    all_headers = dict(headers or {})
    if error.retry_after is not None:
        all_headers["Retry-After"] = str(error.retry_after)
    signs_in = _is_token_request(request)
    if error.entry.status == 401 and not signs_in:
        all_headers["WWW-Authenticate"] = "Bearer"
    own = {"request_id": _request_id(request), "trace_id": getattr(request.state, "trace_id", None)}
    members = own | {"errors": error.details.get("errors")} | members
    problem = (TokenProblem if signs_in else Problem).of(error, **members)
    if is_fhir_path(request.scope["path"]):
        return JSONResponse(
            operation_outcome(problem), error.entry.status, all_headers, media_type=FHIR_MEDIA_TYPE
        )
    return Response(
        problem.model_dump_json(exclude_none=True),
        status_code=error.entry.status,
        media_type=_JSON if signs_in else PROBLEM_MEDIA_TYPE,
        headers=all_headers,
    )


def _is_token_request(request: Request) -> bool:
    return bool(request.scope["path"] == TOKEN_PATH)


def _request_id(request: Request) -> str | None:
    return getattr(request.state, "request_id", None)


def error_response(request: Request, error: ShikakuError) -> Response:
    """Respond with an expected error; a technical failure is logged with its cause."""
    if error.entry.status >= 500:
        cause = type(error.__cause__).__name__
        log.warning("unavailable", request_id=_request_id(request), code=error.code, cause=cause)
    return problem_response(request, error)


async def _handle_expected(request: Request, error: Exception) -> Response:
    assert isinstance(error, ShikakuError)
    return error_response(request, error)


async def _handle_invalid_request(request: Request, error: Exception) -> Response:
    """Respond to an invalid request: the place and the rule of each fault, never the value."""
    assert isinstance(error, RequestValidationError)
    faults = _of_the_request(error.errors())
    if any(fault["type"] == MY_NUMBER_FAULT for fault in faults):
        return problem_response(request, ShikakuError("my-number-refused"))
    for fault in faults:
        if fault["type"] in _CODE_BY_FAULT:
            return problem_response(request, ShikakuError(_CODE_BY_FAULT[fault["type"]]))
    places = [{"place": _fault_place(fault), "rule": str(fault["type"])} for fault in faults[:_MAX_FAULTS]]
    code = "token-request-invalid" if _is_token_request(request) else "request-invalid"
    return problem_response(request, ShikakuError(code), errors=places)


def _of_the_request(faults: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """`faults` without those that pydantic makes of others.

    A tuple whose validation stopped at its first faulty row has fewer rows, and is reported as too short.
    """
    places = [tuple(fault["loc"]) for fault in faults]
    stopped = {place[:end] for place in places for end in range(len(place))}
    return [fault for fault in faults if fault["type"] != "too_short" or tuple(fault["loc"]) not in stopped]


def _fault_place(fault: dict[str, Any]) -> str:
    """The place of a fault.

    The name of an unknown member is the sender's text, so it is not repeated.
    """
    location = list(fault["loc"])
    if fault["type"] == "extra_forbidden":
        location[-1:] = ["(unknown member)"]
    return ".".join(str(part) for part in location)


async def _handle_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODE_BY_STATUS.get(error.status_code, "request-invalid")
    headers = error.headers if error.status_code != 405 else {"Allow": ", ".join(_methods_of_path(request))}
    return problem_response(request, ShikakuError(code), headers=headers)


def _methods_of_path(request: Request) -> list[str]:
    """The methods of every route with this path; the framework names those of the first one (RFC 9110 section 10.2.1).

    Of a path such as `/v1/members/search` these are not those of `/v1/members/{enrolment_id}`, which it matches too.
    """
    path = request.scope["path"]
    routes = [route.original_route for route in iter_route_contexts(request.app.routes)]
    found = [
        route for route in routes if isinstance(route, Route | APIRoute) and route.path_regex.match(path)
    ]
    own = min((route.path for route in found), key=lambda template: template.count("{"), default=None)
    return sorted({method for route in found if route.path == own for method in route.methods or ()})


def install_error_handlers(app: FastAPI) -> None:
    """Convert every expected error of `app` to a problem answer; `AccessLog` handles unexpected ones."""
    app.add_exception_handler(ShikakuError, _handle_expected)
    app.add_exception_handler(RequestValidationError, _handle_invalid_request)
    app.add_exception_handler(HTTPException, _handle_http_error)
