"""What the terminal's tests may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.clinic_terminal.builders import credential
from tests.unit.clinic_terminal.set_up import Desk


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Desk:
    path = tmp_path / "terminal.json"
    credential().save(path)
    monkeypatch.setenv("TERMINAL_CREDENTIAL", str(path))
    monkeypatch.setenv("TERMINAL_FUND_URL", "http://127.0.0.1:8000")
    monkeypatch.setenv("TERMINAL_HOME", str(tmp_path / "home"))
    return Desk()
