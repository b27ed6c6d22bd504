"""Finds the values of a model's schema that have no limit before something sees them (decision 016)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eligibility_api.contract.bounds import MAX_STORED_INTEGER, BoundedBefore
from eligibility_api.contract.wire import Row

Schema = dict[str, Any]

SCALARS = {"bool", "date", "datetime", "enum", "is-instance", "literal", "none", "uuid"}
"""Types whose own form bounds what they accept."""

MAX_ROWS_OF_PLAIN_LIST = 100
"""Rows of a list that may be validated to its end although some are invalid; a longer one fails fast."""

FEW_MEMBERS = Row._has_few_members.__func__


def faults(  # noqa: PLR0912 - a table of the kinds of schemas
    schema: Schema, definitions: dict[str, Schema], path: str = ""
) -> Iterator[str]:
    """The places at which a value has no limit, or meets a function before its limit."""
    kind = schema["type"]
    match kind:
        case "definitions":
            own = {inner["ref"]: inner for inner in schema["definitions"]}
            yield from faults(schema["schema"], definitions | own, path)
        case "definition-ref":
            yield from faults(definitions[schema["schema_ref"]], definitions, path)
        case "model" | "default" | "nullable" | "function-after":
            yield from faults(schema["schema"], definitions, path)
        case "function-before" | "function-wrap" | "function-plain":
            function = schema["function"]["function"]
            if isinstance(function, BoundedBefore):
                return  # the limit was checked; the type's own validator sees what the function made of it
            if getattr(function, "__func__", None) is not FEW_MEMBERS:
                yield f"{path}: {getattr(function, '__qualname__', function)} sees the value before its limit"
            yield from faults(schema["schema"], definitions, path)
        case "chain":
            yield from faults(schema["steps"][0], definitions, path)
        case "model-fields":
            if schema.get("extra_behavior", "forbid") != "forbid":
                yield f"{path}: unknown members are kept"
            for name, field in schema["fields"].items():
                yield from faults(field["schema"], definitions, f"{path}.{name}")
        case "str" | "bytes":
            if "max_length" not in schema:
                yield f"{path}: a text without a limit"
        case "int":
            low: Any = schema.get("ge", schema.get("gt", -MAX_STORED_INTEGER - 2))
            high: Any = schema.get("le", schema.get("lt", MAX_STORED_INTEGER + 2))
            if low < -MAX_STORED_INTEGER or high > MAX_STORED_INTEGER:
                yield f"{path}: a number that may be larger than the database's"
        case "list" | "tuple" | "set":
            yield from list_faults(schema, definitions, path)
        case "union" | "tagged-union":
            for choice in schema["choices"]:
                inner = choice[0] if isinstance(choice, tuple) else choice
                yield from faults(inner, definitions, path)
        case _ if kind not in SCALARS:
            yield f"{path}: {kind}"


def list_faults(schema: Schema, definitions: dict[str, Schema], path: str) -> Iterator[str]:
    """The faults of a list: it has a maximum, and a long one ends at its first invalid row."""
    items = schema["items_schema"]
    maximum = schema.get("max_length")
    inner = items[0] if isinstance(items, list) else items
    if maximum is None:
        if inner["type"] != "enum":
            yield f"{path}: a list without a limit"
    elif maximum > MAX_ROWS_OF_PLAIN_LIST and not schema.get("fail_fast"):
        yield f"{path}: a long list that does not fail fast"
    elif maximum > MAX_ROWS_OF_PLAIN_LIST and not limits_members(inner, definitions):
        yield f"{path}: rows with any number of members"
    yield from faults(inner, definitions, f"{path}[]")


def limits_members(schema: Schema, definitions: dict[str, Schema]) -> bool:
    """Whether a model, somewhere above its fields, limits the number of members."""
    while schema["type"] != "model-fields":
        if schema["type"] == "definition-ref":
            schema = definitions[schema["schema_ref"]]
            continue
        function = schema.get("function", {}).get("function")
        if getattr(function, "__func__", None) is FEW_MEMBERS:
            return True
        schema = schema["schema"]
    return False
