"""The result of one scene, and how scenes run a command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shikaku.processes import StackError
from shikaku.stack import Stack


@dataclass(frozen=True, slots=True)
class DemoStep:
    """One step of the demo: its title, the lines shown, and whether the result is the expected one."""

    title: str
    lines: tuple[str, ...]
    as_expected: bool


def run_json(
    stack: Stack,
    program: str,
    *arguments: str | Path,
    stdin: str = "",
    variables: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Run a command and return its JSON output. The exit code is not checked: a refusal has JSON output too.

    Raises StackError when there is none.
    """
    done = stack.run(program, *arguments, stdin=stdin, check=False, variables=variables)
    try:
        output: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise StackError(
            f"{program} {arguments[0]} ended without JSON output:\n{done.stderr.strip()}"
        ) from error
    return output


def headline(report: Mapping[str, Any]) -> tuple[str, str]:
    """The headline of a terminal's report: a Japanese line and an English one."""
    return report["headline"]["ja"], report["headline"]["en"]
