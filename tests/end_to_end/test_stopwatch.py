"""The first right answer in under five minutes, for somebody who has a clone and reads the README."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.benchmarks.first_answer import ROOT, demo_command, first_programs, first_request, measure
from tests.depth import DEEP

FIVE_MINUTES = 300


@pytest.mark.skipif(not DEEP, reason="installs and plays the whole demo: in `make deep`")
@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_first_right_answer_comes_within_five_minutes_of_the_clone(tmp_path: Path) -> None:
    seconds = measure(tmp_path / "clone")
    assert set(seconds) == {"curl", "Python", "JavaScript"}
    assert max(seconds.values()) < FIVE_MINUTES, seconds


def test_what_the_stopwatch_needs_is_in_the_readme(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert demo_command(readme) == ["make", "demo", "PORTS=free"]
    command, expected = first_request(readme)
    assert command.startswith(". var/demo.env\n")
    assert expected["validity"] == "1"
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "first-answer.md", tmp_path / "docs")
    programs, printed = first_programs(tmp_path, readme)
    assert list(programs) == ["Python", "JavaScript"]
    assert printed == ["1 試験　有効"] * 2
    assert "FundClient" in (tmp_path / "first_answer.py").read_text(encoding="utf-8")
    assert "signIn" in (tmp_path / "first-answer.mjs").read_text(encoding="utf-8")
