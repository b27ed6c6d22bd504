"""`payer-mock load` from scratch: a stack of its own, a small population's member files, and the report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shikaku.processes import command_line

PEOPLE = 2000
_FOREIGN = ("DATABASE_URL", "FUND_", "JPKI_", "PAYER_", "TERMINAL_")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder of a load test, and the JSON that it printed."""
    folder = tmp_path_factory.mktemp("load")
    arguments = ["load", "--people", str(PEOPLE), "--seed", "4", "--folder", str(folder), "--json"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    done = subprocess.run(
        command_line("payer-mock", arguments),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert isinstance(report, dict)
    return folder, report


def test_every_row_is_loaded_and_again_a_month_later(
    loaded: tuple[Path, dict[str, Any]],
) -> None:
    folder, report = loaded
    months = sorted(path for path in (folder / "population").iterdir() if path.is_dir())
    for part, month in zip(("first_load", "monthly"), months, strict=True):
        files = month.glob("members-[0-9]*.csv")
        rows = sum(len(file.read_text(encoding="utf-8").splitlines()) - 1 for file in files)
        assert rows > 0
        assert (report[part]["rows"], report[part]["bad_rows"]) == (rows, 0)
    assert report["first_load"]["rows"] > PEOPLE


def test_rates_and_times_are_reported(loaded: tuple[Path, dict[str, Any]]) -> None:
    _, report = loaded
    assert report["people"] == PEOPLE
    for name in ("upload_check_per_s", "first_load_per_s", "monthly_per_s"):
        assert report[name] > 0
    assert report["upload_check_per_s"] >= report["first_load_per_s"]
    assert set(report["seconds"]) == {
        "start", "residents", "population", "admission", "first_load", "month", "monthly",
    }  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_every_process_stays_below_500_mib(loaded: tuple[Path, dict[str, Any]]) -> None:
    _, report = loaded
    assert 0 < report["peak_mib"] < 500
    # The loader, and the fund's two API processes, jobs, scheduler and supervisor.
    assert len(report["peaks_mib"]) >= 6


@pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")
def test_no_process_of_the_stack_is_left_running(loaded: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = loaded
    running = (
        path.read_text(errors="replace") for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()
    )
    assert not any(str(folder / "stack") in words for words in running)
