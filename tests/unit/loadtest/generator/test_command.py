"""`loadtest generate` as a process."""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import Any

import pytest

from loadtest.generator.command import STOPPED
from loadtest.generator.pool import LOCAL_COMMAND


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"input": b"an order\n"}, "a generator does not understand its order: Invalid JSON"),
        ({"stdin": subprocess.DEVNULL}, "a generator takes its order through a pipe"),
    ],
)
def test_what_is_no_order_is_told_in_one_line(given: dict[str, Any], why: str) -> None:
    done = subprocess.run(shlex.split(LOCAL_COMMAND), capture_output=True, check=False, timeout=60, **given)
    assert (done.returncode, done.stderr) == (STOPPED, b"")
    [line] = done.stdout.splitlines()
    assert json.loads(line)["why"].startswith(why)
