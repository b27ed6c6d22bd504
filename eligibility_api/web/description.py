"""The OpenAPI document of the application: every operation's errors are problems, in the media type that is sent."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from eligibility_api.contract.errors import PROBLEM_MEDIA_TYPE, Problem
from eligibility_api.contract.oauth import TokenProblem
from eligibility_api.contract.tokens import TOKEN_PATH
from eligibility_api.web.large_bodies import describe_large_bodies
from eligibility_api.web.problems import problem_responses, schema_reference

_MODE: Literal["serialization"] = "serialization"
_ANY_ERROR = {
    "description": "Any other error, by its `code`.",
    "content": {PROBLEM_MEDIA_TYPE: {"schema": schema_reference(Problem)}},
}
_ANY_TOKEN_ERROR = {
    "description": "Any other error, by its `error` and its `code`.",
    "content": {
        "application/json": {"schema": schema_reference(TokenProblem)},
        # What the server's limits refuse has not reached the endpoint.
        PROBLEM_MEDIA_TYPE: {"schema": schema_reference(Problem)},
    },
}


class DescribedAPI(FastAPI):
    """A FastAPI application whose description has problems instead of the framework's own errors."""

    def openapi(self) -> dict[str, Any]:
        """The document; generated once."""
        if self.openapi_schema is None:
            document = super().openapi()
            describe_large_bodies(document, self.routes)
            describe_errors(document)
        return super().openapi()


def describe_errors(document: dict[str, Any]) -> None:
    """Add the errors that any operation may answer, and their schemas, to an OpenAPI document."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _describe_operation(path, operation)
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    _, own = models_json_schema(
        [(Problem, _MODE), (TokenProblem, _MODE)], ref_template="#/components/schemas/{model}"
    )
    document["components"]["schemas"] = dict(sorted((schemas | own["$defs"]).items()))


def _describe_operation(path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if path == TOKEN_PATH:
        responses.setdefault("default", _ANY_TOKEN_ERROR)
        return
    responses.setdefault("default", _ANY_ERROR)
    if operation.get("parameters") or "requestBody" in operation:
        own = responses.get("422", {}).get("content", {}).get(PROBLEM_MEDIA_TYPE, {}).get("examples", {})
        responses["422"] = problem_responses(*dict.fromkeys(["request-invalid", *own]))[422]
