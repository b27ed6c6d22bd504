"""The titles of codes: what each value of an enumeration means, in Japanese and English."""

from __future__ import annotations

import re
from typing import Any

from eligibility_api.contract.code_titles import CODE_TITLES, Titles

_NUMBERED = re.compile(r"[A-Z]?\d{1,3}")


def describe_codes(document: dict[str, Any]) -> None:
    """Add the titles to every enumeration of a document.

    `x-enum-descriptions` has them in the order of the values. Where the values are numbers, `x-enum-varnames` has
    names for generated constants. People read the same in the description.
    """
    for name, schema in document["components"]["schemas"].items():
        _describe(schema, name)
    for part in (document["paths"], document["components"].get("parameters", {})):
        _describe(part, "")


def _describe(node: Any, name: str) -> None:
    """`name`: of the enumeration, by the nearest title."""
    if isinstance(node, list):
        for one in node:
            _describe(one, name)
    elif isinstance(node, dict):
        name = str(node.get("title", name)) if isinstance(node.get("title", ""), str) else name
        titles = CODE_TITLES.get(name.replace(" ", ""))
        if titles is not None and isinstance(node.get("enum"), list):
            _add(node, titles)
        for key, one in node.items():
            if key not in {"example", "examples", "default"}:
                _describe(one, name)


def _add(schema: dict[str, Any], titles: Titles) -> None:
    values = [str(value) for value in schema["enum"]]
    schema["x-enum-descriptions"] = [" / ".join(titles[value]) for value in values]
    if all(_NUMBERED.fullmatch(value) for value in values):
        schema["x-enum-varnames"] = [constant(titles[value][1]) for value in values]
    lines = [f"- `{value}`: {' / '.join(titles[value])}" for value in values]
    schema["description"] = "\n\n".join(filter(None, (schema.get("description"), "\n".join(lines))))


def constant(title: str) -> str:
    """A title as the name of a constant, such as `INVALID_NEWER_EXISTS`; with `N` before a number."""
    name = re.sub(r"[^A-Z0-9]+", "_", title.upper()).strip("_")
    return f"N{name}" if name[:1].isdecimal() else name
