"""`scripts/system-packages`: a distribution that lacks a package still has the others, and the CI installs all of them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
STUBS = {
    "id": "echo 0",
    "dpkg-query": "exit 1",
    "apt-get": 'echo "$*" >> "$CALLS"; case "$*" in *nginx-light*) exit 100;; esac',
    "promtool": "",
}
"""Programs in place of the system's: root of a Debian that has nothing, whose apt-get knows no nginx."""


def test_a_package_that_cannot_be_installed_does_not_prevent_the_others(tmp_path: Path) -> None:
    for name, script in STUBS.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    calls = tmp_path / "calls"
    done = subprocess.run(
        ["sh", ROOT / "scripts" / "system-packages"],
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": str(calls)},
        capture_output=True,
        text=True,
        check=True,
    )
    installed = [call.split()[-1] for call in calls.read_text().splitlines() if " install " in call]
    assert {"nginx-light", "poppler-utils", "vsmartcard-vpcd"} <= set(installed)
    assert "could not install nginx-light: tests that need it will be skipped" in done.stderr
    assert "could not install poppler-utils" not in done.stderr


def test_the_public_ci_installs_them_as_root_before_its_checks() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    commands = [step["run"] for step in workflow["jobs"]["test"]["steps"] if "run" in step]
    assert commands == ["sudo sh scripts/system-packages", ".ci/run"]
