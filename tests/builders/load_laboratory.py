"""Runs `loadtest`, and the load tests of `payer-mock`, as processes and returns their JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from shikaku.processes import command_line

NATION = 300
"""The people who come from member files in every load of the session's stack: it accepts one nation only."""

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


def run_population_load(environment: Mapping[str, str], *arguments: str) -> dict[str, Any]:
    """Run a load test of `payer-mock` with `--json`; returns the printed object."""
    done = subprocess.run(
        command_line("payer-mock", [*arguments, "--json"]),
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert (done.returncode, done.stderr) == (0, "")
    printed = json.loads(done.stdout)
    assert isinstance(printed, dict)
    return printed
