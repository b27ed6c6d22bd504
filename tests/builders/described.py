"""Compares every answer of a fund in tests with its OpenAPI document: the operation describes the status and the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from functools import cache
from typing import Any

import httpx2

from eligibility_api.app import build
from eligibility_api.contract.errors import CATALOGUE


def _never_opened() -> AbstractAsyncContextManager[Any]:
    raise AssertionError("only the description is needed")


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document."""
    return build(_never_opened).openapi()


@cache
def _operations() -> list[tuple[str, re.Pattern[str], dict[str, Any]]]:
    return [
        (method.upper(), re.compile(_pattern(path, operation)), operation)
        for path, methods in sorted(description()["paths"].items(), key=lambda one: "{" in one[0])
        for method, operation in methods.items()
    ]


_FORMS = {"uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "": ".+"}
"""The forms of parameters in a path: another text has no path of its own. A tile's has slashes."""


def _pattern(path: str, operation: dict[str, Any]) -> str:
    forms = {
        one["name"]: _FORMS[one["schema"].get("format", "")] for one in operation.get("parameters", [])
        if one["in"] == "path"
    }  # fmt: skip
    return re.sub(r"\\{(\w+)\\}", lambda name: forms[name[1]], re.escape(path))


def _codes(response: dict[str, Any]) -> Iterator[str]:
    if "$ref" in response:
        response = description()["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    for content in response.get("content", {}).values():
        yield from content.get("examples", {})


async def check_described(response: httpx2.Response) -> None:
    """Fail if an answer is not in the document. Paths and methods that the document does not have are passed over."""
    method, path = response.request.method, response.request.url.path
    for known, pattern, operation in _operations():
        if known == method and pattern.fullmatch(path):
            await _compare(response, operation)
            return


async def _compare(response: httpx2.Response, operation: dict[str, Any]) -> None:
    name, status = operation["operationId"], str(response.status_code)
    described = operation["responses"].get(status, operation["responses"]["default"])
    assert status in operation["responses"] or response.status_code >= 400, (name, status)
    if response.status_code < 400:
        return
    await response.aread()
    code = response.json().get("code")
    if code in CATALOGUE:  # readiness has none
        assert code in set(_codes(described)), f"{name} does not describe {status} {code}"
