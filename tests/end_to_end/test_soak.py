"""`loadtest soak` on a stack of its own, for three minutes: log, back-ups, claims, and records across a month's end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.builders.load_laboratory import run_loadtest
from tests.depth import DEEP

HOLDS = {"answers", "log", "backup", "claims", "month-end"}
"""What must be met at any speed of the machine, and in a soak of any length."""


@pytest.mark.skipif(not DEEP, reason="six minutes; the parts are in tests/unit/loadtest/soak; `make deep`")
def test_a_short_soak_keeps_answers_log_and_back_ups_right(tmp_path: Path) -> None:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("FUND_", "TERMINAL_"))
    }
    arguments = (
        "soak", "--hours", "0.05", "--scale", "0.05", "--people", "2000", "--cards", "100", "--terminals", "8",
        "--out", str(tmp_path),
    )  # fmt: skip
    _, report = run_loadtest(environment, *arguments, exit_codes=(0, 1), timeout=1200)
    judged = {one["name"]: one for one in report["judgements"]}
    assert {name: one for name, one in judged.items() if name in HOLDS and not one["met"]} == {}
    assert judged.keys() >= HOLDS
    assert len(report["phases"]) == 3
    assert len(report["readings"]) == 4
    assert report["closing"]["backups"] == 2
    assert (tmp_path / "soak.json").exists()
