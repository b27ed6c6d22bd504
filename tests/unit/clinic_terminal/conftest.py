"""Fixtures of the terminal's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.clinic.samples import credential
from tests.builders.clinic.terminal import TerminalRunner


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TerminalRunner:
    path = tmp_path / "terminal.json"
    credential().save(path)
    monkeypatch.setenv("TERMINAL_CREDENTIAL", str(path))
    monkeypatch.setenv("TERMINAL_FUND_URL", "http://127.0.0.1:8000")
    monkeypatch.setenv("TERMINAL_HOME", str(tmp_path / "home"))
    return TerminalRunner()
