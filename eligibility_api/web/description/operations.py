"""The names of operations and tags, by `operations.toml`, and which operations need no token."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

_TAGS: dict[str, dict[str, Any]] = tomllib.loads(
    files(__package__).joinpath("operations.toml").read_text(encoding="utf-8")
)
OPERATION_IDS: dict[str, str] = {
    operation: name for tag in _TAGS.values() for name, operation in tag["operations"].items()
}
"""The id of every operation by its method and path, such as `POST /v1/token`."""


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of a document: method in capitals, path, description."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def describe_operations(document: dict[str, Any]) -> None:
    """Name the operations and tags of a document; an operation without a scheme of security needs none."""
    for method, path, operation in operations(document):
        operation["operationId"] = OPERATION_IDS.get(f"{method} {path}", operation["operationId"])
        operation.setdefault("security", [])
    document["tags"] = [
        {"name": name, "description": f"{tag['ja']} / {tag['en']}"} for name, tag in _TAGS.items()
    ]
