"""The OpenAPI document: errors in the media type that is sent, and types that generators of clients understand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from eligibility_api.app import build
from eligibility_api.contract.errors import PROBLEM_MEDIA_TYPE
from eligibility_api.contract.tokens import TOKEN_PATH


def _never_opened() -> AbstractAsyncContextManager[Any]:
    raise AssertionError("only the description is needed")


DOCUMENT = build(_never_opened).openapi()
OPERATIONS = {
    f"{method} {path}": (path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}


def _every_object(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _every_object(value)
    elif isinstance(node, list):
        for value in node:
            yield from _every_object(value)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_error_is_described_in_the_media_type_that_is_sent(name: str) -> None:
    path, operation = OPERATIONS[name]
    is_token = path == TOKEN_PATH
    problem = (PROBLEM_MEDIA_TYPE, "Problem")
    errors = {
        status: response
        for status, response in operation["responses"].items()
        if status == "default" or (status >= "4" and path != "/readyz")
    }
    assert "default" in errors
    for status, response in errors.items():
        found = [
            (kind, body["schema"]["$ref"].rsplit("/", 1)[1]) for kind, body in response["content"].items()
        ]
        # What the server's limits refuse has not reached the token endpoint.
        others = [problem] if status == "default" else []
        assert found == ([("application/json", "TokenProblem"), *others] if is_token else [problem]), status


def test_an_operation_with_parameters_or_a_body_describes_the_refusal_of_its_form() -> None:
    with_form = [
        operation
        for path, operation in OPERATIONS.values()
        if path != TOKEN_PATH and (operation.get("parameters") or "requestBody" in operation)
    ]
    assert len(with_form) > 50
    for operation in with_form:
        examples = operation["responses"]["422"]["content"][PROBLEM_MEDIA_TYPE]["examples"]
        assert "request-invalid" in examples, operation["operationId"]


def test_the_frameworks_own_error_is_not_described() -> None:
    assert not {"HTTPValidationError", "ValidationError"} & set(DOCUMENT["components"]["schemas"])


def test_every_reference_has_its_schema() -> None:
    references = {node["$ref"] for node in _every_object(DOCUMENT) if isinstance(node.get("$ref"), str)}
    names = {reference.removeprefix("#/components/schemas/") for reference in references}
    assert names
    assert names <= set(DOCUMENT["components"]["schemas"])


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
