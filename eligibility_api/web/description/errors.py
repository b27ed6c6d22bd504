"""The errors of operations in the document: problems (RFC 9457), each code with its example.

An endpoint states its own codes (`problem_responses`). Added are those of its form and its token, and what any request
may be answered: by the server's limits, or if the fund fails. A status that an operation does not state is the `default`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic.json_schema import models_json_schema

from eligibility_api.contract.errors import CATALOGUE, PROBLEM_MEDIA_TYPE, Problem
from eligibility_api.contract.oauth import TokenProblem
from eligibility_api.contract.tokens import TOKEN_PATH
from eligibility_api.web.description.operations import operations
from eligibility_api.web.problems import problem_responses, schema_reference
from eligibility_api.web.server.limits import LIMITS

_MODE: Literal["serialization"] = "serialization"

_TOO_LARGE = "request-too-large"
ANY_CODES = tuple(
    dict.fromkeys([
        *(limit.error.code for limit in LIMITS if limit.error is not None and limit.error.code != "token-missing"),
        "method-not-allowed",
        "internal",
    ])
)  # fmt: skip
"""The codes that any request may be answered."""

TOKEN_CODES = (
    "token-missing",
    "token-invalid",
    "token-expired",
    "client-certificate-missing",
    "client-certificate-wrong",
)
"""The codes of a request that needs a token."""

_DEFAULTS = "AnyProblem", "AnyTokenProblem"


def describe_errors(document: dict[str, Any]) -> None:
    """Add the errors that any operation may answer, their schemas and examples, to an OpenAPI document."""
    for _, path, operation in operations(document):
        _describe_operation(path, operation)
    components = document["components"]
    schemas = components["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    _, own = models_json_schema(
        [(Problem, _MODE), (TokenProblem, _MODE)], ref_template="#/components/schemas/{model}"
    )
    components["schemas"] = dict(sorted((schemas | own["$defs"]).items()))
    components["responses"] = dict(zip(_DEFAULTS, (_any_problem(), _any_token_problem()), strict=True))
    _share_examples(document)


def _describe_operation(path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    signs_in = path == TOKEN_PATH
    takes_body = "requestBody" in operation
    if not signs_in and (operation.get("parameters") or takes_body):
        if PROBLEM_MEDIA_TYPE not in responses.get("422", {}).get("content", {}):
            responses.pop("422", None)  # the framework's own
        _add(responses, ["request-invalid"])
    if "security" in operation:
        _add(responses, TOKEN_CODES)
    if not any(status.startswith("4") for status in responses):
        _add(responses, ["request-malformed"])
    stated = [code for code in ANY_CODES if str(CATALOGUE[code].status) in responses]
    _add(responses, [code for code in stated if takes_body or code != _TOO_LARGE])
    responses["default"] = {"$ref": f"#/components/responses/{_DEFAULTS[signs_in]}"}
    operation["responses"] = dict(sorted(responses.items()))


def _add(responses: dict[str, Any], codes: Iterable[str]) -> None:
    """Add codes to the answers of their statuses; what an answer has already, it keeps."""
    for status, added in problem_responses(*codes).items():
        response = responses.setdefault(str(status), {"description": "", "content": {}})
        content = response["content"].setdefault(PROBLEM_MEDIA_TYPE, {"schema": schema_reference(Problem)})
        content["examples"] = added["content"][PROBLEM_MEDIA_TYPE]["examples"] | content.get("examples", {})
        if len(response["content"]) == 1:
            response["description"] = " ".join(f"`{code}`." for code in content["examples"])


def _any_problem() -> dict[str, Any]:
    examples = {
        code: example
        for response in problem_responses(*ANY_CODES).values()
        for code, example in response["content"][PROBLEM_MEDIA_TYPE]["examples"].items()
    }
    content = {"schema": schema_reference(Problem), "examples": examples}
    return {"description": "Any other error, by its `code`.", "content": {PROBLEM_MEDIA_TYPE: content}}


def _any_token_problem() -> dict[str, Any]:
    """What the server's limits refuse has not reached the endpoint, and is a problem."""
    own = {"application/json": {"schema": schema_reference(TokenProblem)}}
    return {
        "description": "Any other error, by its `error` and its `code`.",
        "content": own | _any_problem()["content"],
    }


def _share_examples(document: dict[str, Any]) -> None:
    """Keep each problem's example once, among the components."""
    shared = document["components"].setdefault("examples", {})
    responses = [
        *document["components"]["responses"].values(),
        *(
            response
            for _, _, operation in operations(document)
            for response in operation["responses"].values()
        ),
    ]
    for media_type, content in (
        pair for response in responses for pair in response.get("content", {}).items()
    ):
        for code, example in content.get("examples", {}).items():
            name = code if media_type == PROBLEM_MEDIA_TYPE else f"token.{code}"
            if code in CATALOGUE:
                shared[name] = example
                content["examples"][code] = {"$ref": f"#/components/examples/{name}"}
