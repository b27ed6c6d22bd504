"""The last release has a day and a commit that a clone has, and the program is a later one."""

from __future__ import annotations

import subprocess
import tomllib

import pytest
from packaging.version import Version

from shikaku.processes import ROOT
from tests.builders.released import last_release


def test_the_program_is_later_than_the_last_release() -> None:
    version, _ = last_release()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert Version(project["version"]) > Version(version)


def test_the_last_release_is_in_the_history() -> None:
    _, commit = last_release()
    found = subprocess.run(
        ["git", "-C", str(ROOT), "merge-base", "--is-ancestor", commit, "HEAD"],
        capture_output=True,
        check=False,
    )
    if found.returncode not in (0, 1):
        pytest.skip("the history here does not have the last release's commit")
    assert found.returncode == 0
