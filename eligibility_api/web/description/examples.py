"""Requests about test persons as examples: each says what it is answered, and a test sends it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

Examples = dict[str, dict[str, dict[str, Any]]]
"""By the operation's path (of a POST) and the test person: `summary`, `request`, `answer`."""


def read_examples() -> Examples:
    """The examples in `examples.json`, which `make docs` writes."""
    examples: Examples = json.loads(files(__package__).joinpath("examples.json").read_text(encoding="utf-8"))
    return examples


def describe_examples(document: dict[str, Any]) -> None:
    """Add these examples to the operations of a document."""
    for path, examples in read_examples().items():
        if path not in document["paths"]:
            continue
        operation = document["paths"][path]["post"]
        for content, part in (
            (operation["requestBody"]["content"]["application/json"], "request"),
            (operation["responses"]["200"]["content"]["application/json"], "answer"),
        ):
            content["examples"] = {
                name: {"summary": example["summary"], "value": example[part]}
                for name, example in examples.items()
            }
    # That of the model has lost its members that are null: the framework leaves them out.
    document["components"]["schemas"].get("EligibilityAnswer", {}).pop("examples", None)
