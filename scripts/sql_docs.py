"""Render the busiest statements whole, for review: each is composed of parts that several statements share."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from textwrap import fill

from eligibility_api.app import busiest_statements
from eligibility_api.platform.sql import Statement

MAX_WIDTH = 130

HEADER = """\
-- Rendered by `make docs` from the parts in the code; do not edit.
"""


def rendered(statement: Statement) -> str:
    """A statement on lines of at most `MAX_WIDTH` characters, without empty ones; with the names of its parameters."""
    joined = re.sub(r"\s*\n\s*,[ ]*\n", ",\n", statement.source)
    lines = [line.rstrip() for line in joined.splitlines() if line.strip()]
    names = ", ".join(f":{name}" for name in statement.names) or "none"
    wrapped = [part for line in lines for part in _wrapped(line)]
    parameters = fill(names, MAX_WIDTH, initial_indent="-- Parameters: ", subsequent_indent="--   ")
    return f"{HEADER}{parameters}.\n" + "\n".join(wrapped) + ";\n"


def _wrapped(line: str) -> list[str]:
    """A line, broken after commas where it is too long."""
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    lines = [""]
    for part in re.split(r"(?<=,) ", line) if not line.lstrip().startswith("--") else [line]:
        if lines[-1] and len(lines[-1]) + 1 + len(part) > MAX_WIDTH:
            lines.append(indent + part)
        else:
            lines[-1] = f"{lines[-1]} {part}" if lines[-1] else part
    return lines


FILES: dict[str, Callable[[], str]] = {
    f"{name}.sql": partial(rendered, statement) for name, statement in busiest_statements().items()
}
"""The files in `eligibility_api/sql/`, each with its text."""
