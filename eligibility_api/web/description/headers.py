"""The headers of answers in the document."""

from __future__ import annotations

from typing import Any

from eligibility_api.contract.tokens import TOKEN_PATH
from eligibility_api.web.description.operations import operations

_TEXT = {"type": "string"}
HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "Identifies this answer in the fund's log. Absent where the server's limits refused the request.",
        "schema": _TEXT,
    },
    "Cache-Control": {
        "description": "`no-store` for whatever concerns a person; the audit log may be kept.",
        "schema": _TEXT,
    },
    "Retry-After": {
        "description": "Seconds after which a retry makes sense; absent if waiting does not help.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {
        "description": "The scheme of the token (RFC 6750 section 3).",
        "schema": {"type": "string", "const": "Bearer"},
    },
    "ETag": {
        "description": "The tag of this answer: sent as `If-None-Match`, it is answered 304 while nothing changed.",
        "schema": _TEXT,
    },
}
"""The headers that answers have by their status."""

_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of an earlier answer: 304 if it is still the same.",
    "schema": _TEXT,
}


def describe_headers(document: dict[str, Any]) -> None:
    """Add to every answer of a document the headers that it has."""
    document["components"]["headers"] = HEADERS
    for _, path, operation in operations(document):
        responses = operation["responses"]
        if "304" in responses:
            operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
        for status, response in responses.items():
            if "$ref" not in response:
                _add(response, _names(status, path, has_tag="304" in responses))
    for response in document["components"]["responses"].values():
        _add(response, ["X-Request-Id", "Cache-Control", "Retry-After"])


def _add(response: dict[str, Any], names: list[str]) -> None:
    response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names} | response.get(
        "headers", {}
    )


def _names(status: str, path: str, *, has_tag: bool) -> list[str]:
    names = ["X-Request-Id"]
    if path.startswith("/v1/"):
        names.append("Cache-Control")
    if status in {"429", "503"}:
        names.append("Retry-After")
    if status == "401" and path != TOKEN_PATH:
        names.append("WWW-Authenticate")
    if has_tag and status in {"200", "304"}:
        names.append("ETag")
    return names
