"""SQL scripts in migrations: the driver takes one statement at a time."""

from __future__ import annotations

from collections.abc import Iterator


def statements(script: str) -> Iterator[str]:
    """The statements of `script`: each ends in `;` at the end of a line (not between `$$`), or with the script."""
    statement = ""
    for line in script.strip().splitlines(keepends=True):
        statement += line
        if line.split("--")[0].rstrip().endswith(";") and statement.count("$$") % 2 == 0:
            yield statement
            statement = ""
    if statement:
        yield statement
