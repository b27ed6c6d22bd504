"""The process name shown by the operating system."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.skipif(sys.platform != "linux", reason="the name is Linux's")
def test_a_process_sets_its_name() -> None:
    program = (
        "from pathlib import Path\n"
        "from eligibility_api.processes.process import name_process\n"
        "name_process('fund-scheduler')\n"
        "print(Path('/proc/self/comm').read_text().strip())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "fund-scheduler"
