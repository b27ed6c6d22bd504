"""`loadtest generator` as a process."""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import Any

import pytest

from loadtest.generator.command import STOPPED
from loadtest.generator.process import LOCAL_COMMAND


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"input": b"an assignment\n"}, "malformed assignment: Invalid JSON"),
        ({"stdin": subprocess.DEVNULL}, "a generator reads its assignment from a pipe"),
    ],
)
def test_an_invalid_input_is_reported_in_one_line(given: dict[str, Any], reason: str) -> None:
    done = subprocess.run(shlex.split(LOCAL_COMMAND), capture_output=True, check=False, timeout=60, **given)
    assert (done.returncode, done.stderr) == (STOPPED, b"")
    [line] = done.stdout.splitlines()
    assert json.loads(line)["reason"].startswith(reason)
