"""The errors of requests below `/fhir/` as FHIR's OperationOutcome: the same code, status and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from eligibility_api.contract.errors import Problem

FHIR_PATH: Final = "/fhir"
FHIR_MEDIA_TYPE: Final = "application/fhir+json"
PROBLEM_SYSTEM: Final = "urn:shikaku:problem"
"""The system of the codes in `issue.details`: those of the catalogue."""

_TYPE_BY_STATUS: Final[Mapping[int, str]] = {
    400: "structure",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    408: "timeout",
    409: "conflict",
    413: "too-long",
    414: "too-long",
    422: "invalid",
    429: "throttled",
    431: "too-long",
    500: "exception",
    503: "transient",
}
_TYPE_BY_CODE: Final[Mapping[str, str]] = {
    "token-missing": "login",
    "token-expired": "expired",
    "own-session-ended": "expired",
    "challenge-expired": "expired",
    "certificate-expired": "expired",
    "consent-expired": "expired",
    "consent-certificate-expired": "expired",
    "challenge-altered": "security",
    "challenge-other-facility": "security",
    "challenge-other-terminal": "security",
    "signature-invalid": "security",
    "my-number-refused": "business-rule",
    "as-of-out-of-range": "value",
    "known-at-out-of-range": "value",
    "operator-required": "required",
    "first-registration-needed": "business-rule",
    "eligibility-not-confirmable": "business-rule",
}
"""The codes of which FHIR has a closer type of issue than their status says."""


def is_fhir_path(path: str) -> bool:
    """Whether a request's path belongs to the FHIR interface."""
    return path.startswith(FHIR_PATH + "/")


def issue_type(code: str, status: int) -> str:
    """The type of issue (FHIR's `issue-type`, R4) of an error of the catalogue. Raises KeyError for an unknown status."""
    return _TYPE_BY_CODE.get(code) or _TYPE_BY_STATUS[status]


def operation_outcome(problem: Problem) -> dict[str, Any]:
    """The resource that says what a problem document says: an issue for each fault, or one for the whole.

    `details.text` and `diagnostics` are the sentences for the reception and for the engineer.
    """
    issue: dict[str, Any] = {
        "severity": "error",
        "code": issue_type(problem.code, problem.status),
        "details": {
            "coding": [{"system": PROBLEM_SYSTEM, "code": problem.code, "display": problem.detail}],
            "text": problem.detail_ja,
        },
        "diagnostics": problem.title,
    }
    faults = problem.errors or []
    issues = [
        issue | {"diagnostics": f"{problem.title} ({fault['rule']})", "expression": [fault["place"]]}
        for fault in faults
    ]
    return {"resourceType": "OperationOutcome", "issue": issues or [issue]}
