"""Redocly's recommended rules over the OpenAPI document, which generators of clients rely on; by name, as its lint has them.

The lint itself runs in `make deep`, where npm can fetch it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from shikaku.ports import Ports
from tests.builders.described import description

DOCUMENT = description()
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def objects(node: object) -> Iterator[dict[str, Any]]:
    """Every object below a node."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from objects(value)


def faults(schema: dict[str, Any], value: object) -> list[str]:
    """What a schema of the document finds wrong with a value."""
    validator = jsonschema_rs.Draft202012Validator(schema | {"components": DOCUMENT["components"]})
    return [error.message for error in validator.iter_errors(value)]


def test_info_license_and_no_empty_servers() -> None:
    assert DOCUMENT["info"]["license"]["identifier"] == "Apache-2.0"
    own, demo = (server["url"] for server in DOCUMENT["servers"])
    assert own == "/"
    assert demo == f"http://127.0.0.1:{Ports.named('fixed').fund}"


def test_operation_operation_id_unique_and_url_safe() -> None:
    count = sum(len(methods) for methods in DOCUMENT["paths"].values())
    assert len(OPERATIONS) == count > 70
    assert all(re.fullmatch(r"[A-Za-z0-9]+", name) for name in OPERATIONS)


def test_an_operation_follows_the_rules() -> None:
    """operation-summary, operation-2xx-response, operation-4xx-response, security-defined."""
    assert OPERATIONS
    for name, (_, _, operation) in OPERATIONS.items():
        statuses = set(operation["responses"])
        assert operation["summary"], name
        assert any(status.startswith("2") for status in statuses), name
        assert any(status.startswith("4") for status in statuses), name
        schemes = DOCUMENT["components"]["securitySchemes"]
        assert all(set(requirement) <= set(schemes) for requirement in operation["security"]), name
        assert all(
            response.keys() == {"$ref"} or response["description"]
            for response in operation["responses"].values()
        ), name


def test_parameters_are_those_of_the_path_and_unique() -> None:
    """path-parameters-defined, operation-parameters-unique, path-not-include-query."""
    assert OPERATIONS
    for name, (_, path, operation) in OPERATIONS.items():
        parameters = [(one["in"], one["name"]) for one in operation.get("parameters", [])]
        assert max(Counter(parameters).values(), default=1) == 1, name
        assert {place for kind, place in parameters if kind == "path"} == set(re.findall(r"{(\w+)}", path)), (
            name
        )
        assert "?" not in path, name


def test_no_identical_paths() -> None:
    shapes = Counter(re.sub(r"{\w+}", "{}", path) for path in DOCUMENT["paths"])
    assert max(shapes.values()) == 1


def test_every_tag_is_declared_and_described_and_used() -> None:
    tags = {tag["name"]: tag["description"] for tag in DOCUMENT["tags"]}
    used = {tag for _, _, operation in OPERATIONS.values() for tag in operation["tags"]}
    assert used == set(tags)
    assert all(re.fullmatch(r"[^\x00-\x7f].* / [A-Z].*\.", text) for text in tags.values())


def test_no_unused_components() -> None:
    used = {node["$ref"] for node in objects(DOCUMENT) if isinstance(node.get("$ref"), str)}
    declared = {
        f"#/components/{kind}/{name}" for kind, parts in DOCUMENT["components"].items() for name in parts
        if kind != "securitySchemes"
    }  # fmt: skip
    assert declared == used


def test_spec_strict_refs_have_no_siblings() -> None:
    """A reference stands alone, except in a schema, where OpenAPI 3.1 allows a description next to it."""
    responses = [
        response for _, _, operation in OPERATIONS.values() for response in operation["responses"].values()
    ]
    assert responses
    assert all(set(response) == {"$ref"} for response in responses if "$ref" in response)


def test_no_enum_type_mismatch() -> None:
    types = {"string": str, "integer": int}
    enums = [node for node in objects(DOCUMENT) if isinstance(node.get("enum"), list)]
    assert len(enums) > 40
    assert all(isinstance(value, types[node["type"]]) for node in enums for value in node["enum"])


SCHEMAS = DOCUMENT["components"]["schemas"]


def test_no_invalid_schema_examples() -> None:
    shown = {name: schema["examples"] for name, schema in SCHEMAS.items() if "examples" in schema}
    assert shown
    for name, examples in shown.items():
        assert examples, name
        for example in examples:
            assert faults({"$ref": f"#/components/schemas/{name}"}, example) == [], name


@pytest.mark.slow
def test_no_invalid_media_type_examples() -> None:
    shown = [
        node
        for node in objects(DOCUMENT["paths"])
        if "schema" in node and "examples" in node and "in" not in node
    ]
    assert len(shown) > 100
    checked = set()
    for content in shown:
        for example in content["examples"].values():
            name = example.get("$ref", "")
            one = DOCUMENT["components"]["examples"][name.rsplit("/", 1)[1]] if name else example
            if name not in checked:
                assert faults(content["schema"], one["value"]) == [], one
            checked |= {name} - {""}
    assert checked


def test_a_fault_of_an_example_would_be_found() -> None:
    assert faults({"$ref": "#/components/schemas/Problem"}, {"type": "/problems/internal"}) != []
