"""The OpenAPI document: errors in the media type that is sent, and types that generators of clients understand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from eligibility_api.app import build
from eligibility_api.contract.errors import CATALOGUE, PROBLEM_MEDIA_TYPE, PROBLEM_TYPE_PREFIX
from eligibility_api.contract.tokens import TOKEN_PATH
from eligibility_api.web.description.errors import ANY_CODES, TOKEN_CODES
from tests.builders.described import description


def _never_opened() -> AbstractAsyncContextManager[Any]:
    raise AssertionError("only the description is needed")


DOCUMENT = description()
OPERATIONS = {
    f"{method} {path}": (path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}
NEVER_ANSWERED = {
    "own-access-code-mistyped": "a page of the portal",
    "own-access-code-refused": "a page of the portal",
    "own-access-limit": "a page of the portal",
    "own-proofs-pending": "a page of the portal",
    "own-session-ended": "a page of the portal",
    "facility-closed": "a command of the fund's administrator",
    "facility-other-kind": "a command of the fund's administrator",
    "ticket-recipient-unknown": "the outcome of a row",
    "ticket-unknown": "the outcome of a row",
    "file-encoding": "the refusal of a file that was received",
    "file-workbook": "the refusal of a file that was received",
    "file-header": "the refusal of a file that was received",
    "file-bad-rows": "the refusal of a file that was received",
    "file-lost": "the refusal of a file that was received",
    "claims-unreadable": "the refusal of a file that was received",
}
"""The codes that no operation answers as its problem, and where they are shown."""


def _every_object(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _every_object(value)
    elif isinstance(node, list):
        for value in node:
            yield from _every_object(value)


def _resolved(response: dict[str, Any]) -> dict[str, Any]:
    reference = response.get("$ref")
    return DOCUMENT["components"]["responses"][reference.rsplit("/", 1)[1]] if reference else response


def _codes(operation: dict[str, Any], status: str) -> set[str]:
    content = _resolved(operation["responses"][status])["content"]
    return {code for body in content.values() for code in body.get("examples", {})}


def test_every_error_is_described_in_the_media_type_that_is_sent() -> None:
    assert OPERATIONS
    for name, (path, operation) in OPERATIONS.items():
        problem, token_problem = (PROBLEM_MEDIA_TYPE, "Problem"), ("application/json", "TokenProblem")
        errors = {
            status: _resolved(response)
            for status, response in operation["responses"].items()
            if status == "default" or (status >= "4" and path != "/readyz")
        }
        assert "default" in errors, name
        for status, response in errors.items():
            found = [
                (kind, body["schema"]["$ref"].rsplit("/", 1)[1]) for kind, body in response["content"].items()
            ]
            # What the server's limits refuse has not reached the token endpoint.
            limits = [problem] if status in {"default", "400", "503"} else []
            assert found == ([token_problem, *limits] if path == TOKEN_PATH else [problem]), status


def test_a_status_that_is_described_has_every_code_that_any_request_may_be_answered() -> None:
    assert OPERATIONS
    for name, (_, operation) in OPERATIONS.items():
        for code in ANY_CODES:
            status = str(CATALOGUE[code].status)
            if code == "request-too-large" and "requestBody" not in operation:
                assert status not in operation["responses"], name
                continue
            assert code in _codes(operation, status if status in operation["responses"] else "default"), code


def test_a_request_with_a_token_may_be_refused_for_it() -> None:
    secured = [operation for _, operation in OPERATIONS.values() if operation["security"]]
    assert len(secured) > 60
    assert all(set(TOKEN_CODES) <= _codes(operation, "401") for operation in secured)


def test_every_code_is_described_by_an_operation_or_shown_elsewhere() -> None:
    described = {
        code for _, operation in OPERATIONS.values() for status in operation["responses"] if status >= "4"
        for code in _codes(operation, status)
    }  # fmt: skip
    answered = {code for code, entry in CATALOGUE.items() if entry.status and code not in NEVER_ANSWERED}
    assert described == answered


def test_each_example_of_a_problem_is_kept_once_and_named_by_its_code() -> None:
    examples = DOCUMENT["components"]["examples"]
    referenced = {
        node["$ref"].removeprefix("#/components/examples/")
        for node in _every_object(DOCUMENT)
        if str(node.get("$ref", "")).startswith("#/components/examples/")
    }
    assert referenced == set(examples)
    for name, example in examples.items():
        assert example["value"]["type"] == PROBLEM_TYPE_PREFIX + name.removeprefix("token."), name


@pytest.mark.slow
def test_two_documents_are_equal() -> None:
    """Nothing that is added to a document stays in the routes."""
    assert build(_never_opened).openapi() == DOCUMENT


def _parameters(operation: dict[str, Any]) -> set[str]:
    """Those that may have a wrong form: a tag may be any text."""
    return {parameter["name"] for parameter in operation.get("parameters", [])} - {"If-None-Match"}


def test_an_operation_with_parameters_or_a_body_describes_the_refusal_of_its_form() -> None:
    with_form = [
        operation
        for path, operation in OPERATIONS.values()
        if path != TOKEN_PATH and (_parameters(operation) or "requestBody" in operation)
    ]
    assert len(with_form) > 50
    for operation in with_form:
        examples = operation["responses"]["422"]["content"][PROBLEM_MEDIA_TYPE]["examples"]
        assert "request-invalid" in examples, operation["operationId"]


def test_the_frameworks_own_error_is_not_described() -> None:
    assert not {"HTTPValidationError", "ValidationError"} & set(DOCUMENT["components"]["schemas"])


def test_every_reference_leads_somewhere() -> None:
    references = {node["$ref"] for node in _every_object(DOCUMENT) if isinstance(node.get("$ref"), str)}
    assert references
    for reference in references:
        _, components, kind, name = reference.split("/")
        assert components == "components"
        assert name in DOCUMENT["components"][kind], reference


def test_a_constant_is_a_text() -> None:
    constants = [node["const"] for node in _every_object(DOCUMENT) if "const" in node]
    assert constants
    assert all(isinstance(constant, str) for constant in constants)


@pytest.mark.parametrize("answer", ["EligibilityAnswer", "UnchangedAnswer"])
def test_unchanged_is_a_plain_boolean(answer: str) -> None:
    described = DOCUMENT["components"]["schemas"][answer]["properties"]["unchanged"]
    assert described["type"] == "boolean"
    assert "const" not in described


def test_the_token_requests_form_allows_further_parameters() -> None:
    [(media_type, content)] = OPERATIONS[f"post {TOKEN_PATH}"][1]["requestBody"]["content"].items()
    assert media_type == "application/x-www-form-urlencoded"
    assert content["schema"].get("additionalProperties", True) is True
    assert content["schema"]["required"] == ["grant_type", "client_assertion_type", "client_assertion"]
