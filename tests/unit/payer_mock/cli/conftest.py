"""Settings of an insurer's program and of its approver, for every test here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.payer_mock.builders import FUND, INSURER, credential


@pytest.fixture(autouse=True)
def _set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = credential()
    program.save(tmp_path / "payer.json")
    program.model_copy(update={"client_id": f"approver-{INSURER}"}).save(tmp_path / "approver.json")
    monkeypatch.setenv("PAYER_CREDENTIAL", str(tmp_path / "payer.json"))
    monkeypatch.setenv("PAYER_APPROVER", str(tmp_path / "approver.json"))
    monkeypatch.setenv("PAYER_FUND_URL", FUND)
