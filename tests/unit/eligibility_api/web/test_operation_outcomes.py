"""Every error of the catalogue as an OperationOutcome."""

from __future__ import annotations

import pytest

from eligibility_api.contract.errors import CATALOGUE, Problem, ShikakuError
from eligibility_api.web.operation_outcomes import is_fhir_path, issue_type, operation_outcome
from tests.builders.fhir import faults

R4_ISSUE_TYPES = frozenset(
    {
        "invalid",
        "structure",
        "required",
        "value",
        "invariant",
        "security",
        "login",
        "unknown",
        "expired",
        "forbidden",
        "suppressed",
        "processing",
        "not-supported",
        "duplicate",
        "multiple-matches",
        "not-found",
        "deleted",
        "too-long",
        "code-invalid",
        "extension",
        "too-costly",
        "business-rule",
        "conflict",
        "transient",
        "lock-error",
        "no-store",
        "exception",
        "timeout",
        "incomplete",
        "throttled",
        "informational",
    }
)
"""The required value set `issue-type` of R4."""

ANSWERED = sorted(code for code, entry in CATALOGUE.items() if entry.status)


def test_every_code_that_is_answered_is_a_valid_outcome_with_its_sentences() -> None:
    assert ANSWERED
    for code in ANSWERED:
        entry = CATALOGUE[code]
        outcome = operation_outcome(Problem.of(ShikakuError(code)))
        [issue] = outcome["issue"]
        assert faults(outcome) == [], code
        assert issue["code"] in R4_ISSUE_TYPES, code
        assert issue["details"]["coding"][0]["code"] == code, code
        assert (issue["details"]["text"], issue["diagnostics"]) == (entry.ja, entry.engineer), code


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("token-expired", "expired"),
        ("right-missing", "forbidden"),
        ("number-miss-limit", "throttled"),
        ("database-unavailable", "transient"),
        ("internal", "exception"),
        ("request-invalid", "invalid"),
        ("signature-invalid", "security"),
        ("challenge-used", "conflict"),
    ],
)
def test_the_type_of_issue_follows_from_code_or_status(code: str, kind: str) -> None:
    assert issue_type(code, CATALOGUE[code].status) == kind


def test_a_technical_failure_is_never_an_issue_about_a_person() -> None:
    technical = [entry for entry in CATALOGUE.values() if entry.kind == "technical" and entry.status]
    assert technical
    about_requests = {"transient", "exception", "throttled", "timeout"}
    assert {issue_type(entry.code, entry.status) for entry in technical} <= about_requests


def test_an_unknown_status_has_no_type() -> None:
    with pytest.raises(KeyError):
        issue_type("new-code", 418)


def test_each_fault_is_an_issue_with_its_place() -> None:
    places = [{"place": "Patient.birthDate", "rule": "missing"}, {"place": "Coverage.payor", "rule": "day"}]
    outcome = operation_outcome(Problem.of(ShikakuError("request-invalid"), errors=places))
    assert [issue["expression"] for issue in outcome["issue"]] == [["Patient.birthDate"], ["Coverage.payor"]]
    assert faults(outcome) == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/fhir/metadata", True), ("/fhirx", False), ("/v1/token", False), ("/fhir", False)],
)
def test_only_paths_below_fhir_belong_to_it(path: str, expected: bool) -> None:
    assert is_fhir_path(path) is expected
