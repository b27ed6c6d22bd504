"""Maps the error family to problem answers (RFC 9457). The only module that maps errors to HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from eligibility_api.contract.errors import CATALOGUE, PROBLEM_MEDIA_TYPE, Problem, ShikakuError
from eligibility_api.contract.wire import MY_NUMBER_FAULT

log = structlog.get_logger()

PROOF_REFUSALS = (
    "token-invalid",
    "right-missing",
    "challenge-altered",
    "challenge-used",
    "certificate-other-authority",
    "certificate-revoked",
    "signature-invalid",
    "revocation-unavailable",
    "database-unavailable",
)
"""The refusals that every endpoint with a proof documents, in addition to its own."""

_MOST_FAULTS = 100
"""Maximum number of faults reported for one request."""

_BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "request-too-large"}

_BY_FAULT = {
    "period": "enrolment-period",
    "medical_aid": "enrolment-medical-aid",
    "recipient": "enrolment-recipient",
    "late_elderly": "enrolment-late-elderly",
}
"""Faults across members of a request that have an error code of their own."""


def problem_responses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI's description of error answers: one entry per status, one example per code."""
    responses: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        entry = CATALOGUE[code]
        response = responses.setdefault(
            entry.status,
            {"model": Problem, "description": "", "content": {PROBLEM_MEDIA_TYPE: {"examples": {}}}},
        )
        response["description"] += ("" if not response["description"] else " ") + f"`{code}`."
        example = Problem.of(ShikakuError(code)).model_dump(mode="json", exclude_none=True)
        response["content"][PROBLEM_MEDIA_TYPE]["examples"][code] = {"value": example}
    return responses


def problem_response(
    request: Request, error: ShikakuError, *, also: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """The answer that shows `error`, with the headers `also`; its code joins the journal's line."""
    request.state.problem_code = error.code
    headers = dict(also or {})
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.entry.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    problem = Problem.of(error, request_id=_request_id(request), **more)
    return Response(
        problem.model_dump_json(exclude_none=True),
        status_code=error.entry.status,
        media_type=PROBLEM_MEDIA_TYPE,
        headers=headers,
    )


def _request_id(request: Request) -> str | None:
    return getattr(request.state, "request_id", None)


def refuse(request: Request, error: ShikakuError) -> Response:
    """Return the answer for an error of the family; an internal failure is logged with its cause."""
    if error.entry.status >= 500:
        cause = type(error.__cause__).__name__
        log.warning("unavailable", request_id=_request_id(request), code=error.code, cause=cause)
    return problem_response(request, error)


async def _expected(request: Request, error: Exception) -> Response:
    assert isinstance(error, ShikakuError)
    return refuse(request, error)


async def _invalid(request: Request, error: Exception) -> Response:
    """Return the answer to an invalid request: the place and the rule of each fault, never the value."""
    assert isinstance(error, RequestValidationError)
    faults = error.errors()
    if any(fault["type"] == MY_NUMBER_FAULT for fault in faults):
        return problem_response(request, ShikakuError("my-number-refused"))
    for fault in faults:
        if fault["type"] in _BY_FAULT:
            return problem_response(request, ShikakuError(_BY_FAULT[fault["type"]]))
    places = [{"place": _place(fault), "rule": str(fault["type"])} for fault in faults[:_MOST_FAULTS]]
    return problem_response(request, ShikakuError("request-invalid"), errors=places)


def _place(fault: dict[str, Any]) -> str:
    """Return the place of a fault. The name of an unknown member is the sender's text and is not repeated."""
    location = list(fault["loc"])
    if fault["type"] == "extra_forbidden":
        location[-1:] = ["(unknown member)"]
    return ".".join(str(part) for part in location)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _BY_STATUS.get(error.status_code, "request-invalid")
    return problem_response(request, ShikakuError(code), also=error.headers)


def install(app: FastAPI) -> None:
    """Answer every expected error of `app` with a problem; AccessLog answers unexpected ones."""
    app.add_exception_handler(ShikakuError, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
