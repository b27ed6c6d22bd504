"""Names of operations and codes, and headers, in the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from eligibility_api.contract.code_titles import CODE_TITLES
from eligibility_api.contract.codes import LimitClass, Validity
from eligibility_api.web.description import DescribedAPI
from eligibility_api.web.description.codes import constant, describe_codes
from eligibility_api.web.description.operations import OPERATION_IDS
from tests.builders.described import description

DOCUMENT = description()
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
VERBS = {
    "add", "apply", "approve", "assign", "check", "confirm", "correct", "create", "delete", "deregister", "enable", "end",
    "enrol", "get", "issue", "list", "move", "permit", "publish", "record", "register", "reject", "rotate", "search", "send",
    "undo", "unlink", "upload", "withdraw",
}  # fmt: skip


def test_every_operation_has_an_id_of_its_own_and_every_id_an_operation() -> None:
    """A new endpoint needs a line in `operations.toml`."""
    assert set(OPERATION_IDS) == set(OPERATIONS)
    assert {name: operation["operationId"] for name, operation in OPERATIONS.items()} == OPERATION_IDS


def test_an_id_is_a_verb_and_its_object() -> None:
    assert OPERATION_IDS
    for name in OPERATION_IDS.values():
        verb, rest = re.fullmatch(r"([a-z]+)([A-Z]\w*)", name).groups()  # type: ignore[union-attr]
        assert verb in VERBS, name
        assert rest, name


def test_an_operation_without_a_line_keeps_the_frameworks_id() -> None:
    app = DescribedAPI()

    @app.get("/things")
    async def things() -> None:
        pass

    assert app.openapi()["paths"]["/things"]["get"]["operationId"] == "things_things_get"


def enumerations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every enumeration of the document with its place."""
    pending: list[tuple[str, Any]] = [
        ("", {"schemas": DOCUMENT["components"]["schemas"], "paths": DOCUMENT["paths"]})
    ]
    while pending:
        place, node = pending.pop()
        if isinstance(node, dict):
            if isinstance(node.get("enum"), list):
                yield place, node
            pending += [(f"{place}/{name}", value) for name, value in node.items()]
        elif isinstance(node, list):
            pending += [(f"{place}/{position}", value) for position, value in enumerate(node)]


def test_every_value_of_an_enumeration_has_its_title_in_both_languages() -> None:
    found = list(enumerations())
    assert len(found) > 40
    for place, schema in found:
        assert len(schema["x-enum-descriptions"]) == len(schema["enum"]), place
        for value, title in zip(schema["enum"], schema["x-enum-descriptions"], strict=True):
            ja, en = title.split(" / ", 1)
            assert ja, place
            assert en, place
            assert f"- `{value}`: {title}" in schema["description"], place
        names = schema.get("x-enum-varnames")
        if names is not None:
            assert len(set(names)) == len(schema["enum"]), place
            assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", name) for name in names), place


@pytest.mark.parametrize("values", [Validity, LimitClass])
def test_numbered_values_get_names_of_constants(values: type[Validity] | type[LimitClass]) -> None:
    schema = DOCUMENT["components"]["schemas"][values.__name__]
    assert len(schema["x-enum-varnames"]) == len(values)


def test_titles_have_no_code_that_the_document_does_not_have() -> None:
    used: dict[str, set[str]] = {}
    for place, schema in enumerations():
        name = schema.get("title", "").replace(" ", "")
        if name not in CODE_TITLES:
            name = "BurdenRatio"
            assert "burden_ratio" in place
        used.setdefault(name, set()).update(str(value) for value in schema["enum"])
    assert used == {name: set(titles) for name, titles in CODE_TITLES.items()}


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("invalid, newer exists", "INVALID_NEWER_EXISTS"),
        ("10 percent", "N10_PERCENT"),
        ("O, border", "O_BORDER"),
    ],
)
def test_the_name_of_a_constant_follows_from_the_english_title(title: str, name: str) -> None:
    assert constant(title) == name


def test_a_property_named_enum_is_not_taken_for_one() -> None:
    part = {"title": "Sex", "properties": {"enum": {"type": "string"}}, "examples": [{"enum": ["1"]}]}
    document = {"components": {"schemas": {"Sex": part}}, "paths": {}}
    describe_codes(document)
    assert part == {"title": "Sex", "properties": {"enum": {"type": "string"}}, "examples": [{"enum": ["1"]}]}


def headers(name: str, status: str) -> set[str]:
    return set(OPERATIONS[name]["responses"][status]["headers"])


ALWAYS = {"X-Request-Id", "Cache-Control"}


@pytest.mark.parametrize(
    ("name", "status", "expected"),
    [
        ("POST /v1/eligibility/number", "200", ALWAYS),
        ("POST /v1/eligibility/number", "401", {*ALWAYS, "WWW-Authenticate"}),
        ("POST /v1/eligibility/number", "429", {*ALWAYS, "Retry-After"}),
        ("POST /v1/eligibility/number", "503", {*ALWAYS, "Retry-After"}),
        ("POST /v1/token", "401", ALWAYS),
        ("POST /v1/eligibility/batches", "202", {*ALWAYS, "Location"}),
        ("GET /v1/changes", "200", {*ALWAYS, "ETag"}),
        ("GET /v1/changes", "304", {*ALWAYS, "ETag"}),
        ("GET /healthz", "200", {"X-Request-Id"}),
    ],
)
def test_an_answer_has_the_headers_of_its_status(name: str, status: str, expected: set[str]) -> None:
    assert headers(name, status) == expected


def test_what_has_a_tag_may_be_asked_for_by_it() -> None:
    tagged = [operation for operation in OPERATIONS.values() if "304" in operation["responses"]]
    assert len(tagged) > 10
    for operation in tagged:
        assert "If-None-Match" in {parameter["name"] for parameter in operation["parameters"]}


def test_the_application_is_a_usual_one_otherwise() -> None:
    assert issubclass(DescribedAPI, FastAPI)
