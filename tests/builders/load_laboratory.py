"""Runs `loadtest` as a process and returns its JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

PROGRAM = "from loadtest.cli import main; main()"
ALL_ERRORS = ("-W", "error")


def run_loadtest(
    environment: Mapping[str, str],
    *arguments: str,
    warnings: Sequence[str] = ALL_ERRORS,
    exit_codes: Sequence[int] = (0,),
    timeout: float = 600,
) -> tuple[int, dict[str, Any]]:
    """Run a command with `--json`; returns its exit code and the printed object.

    The exit code must be one of `exit_codes`. `warnings`: options of the interpreter; by default every
    warning is an error.
    """
    done = subprocess.run(
        [sys.executable, *warnings, "-c", PROGRAM, *arguments, "--json"],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    assert done.returncode in exit_codes, done.stderr + done.stdout
    printed = json.loads(done.stdout)
    assert isinstance(printed, dict)
    return done.returncode, printed
