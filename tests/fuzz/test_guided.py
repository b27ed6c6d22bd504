"""The readers of messages, fuzzed by atheris where it is installed: no crash, no hang."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.depth import DEEP

pytestmark = pytest.mark.skipif(
    not DEEP or find_spec("atheris") is None,
    reason="minutes; `make deep` where the extra `fuzz` is installed",
)

ROOT = Path(__file__).parents[2]
SECONDS = 240


@pytest.mark.parametrize("form", ["xml", "json"])
def test_no_input_that_coverage_finds_ends_the_reader(form: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz.guided", form, str(SECONDS)]
    ended = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-5_000:]
    executed = re.search(r"stat::number_of_executed_units: (\d+)", ended.stderr)
    assert executed is not None
    assert int(executed[1]) > 1_000
    assert list(tmp_path.iterdir()) == []
