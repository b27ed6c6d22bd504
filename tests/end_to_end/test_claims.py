"""`payer-mock load-claims` from scratch: a stack of its own, a small population's claims up to the histories."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders.load_laboratory import run_population_load
from tests.depth import at_night

PEOPLE, MONTHS = 300, 2
_FOREIGN = ("DATABASE_URL", "FUND_", "JPKI_", "PAYER_", "TERMINAL_")


pytestmark = at_night(
    "tests/integration/test_claim_ingest.py reads files, and tests/unit/payer_mock/load runs the command"
)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder of a load test, and the JSON that it printed."""
    folder = tmp_path_factory.mktemp("claims")
    people = ("--people", str(PEOPLE), "--months", str(MONTHS), "--seed", "4")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return folder, run_population_load(environment, "load-claims", *people, "--folder", str(folder))


def test_every_claim_of_every_file_is_accepted_and_its_member_known(
    loaded: tuple[Path, dict[str, Any]],
) -> None:
    folder, report = loaded
    files = sorted((folder / "claims").iterdir())
    claims = sum(file.read_bytes().count(b"\r\nRE,") for file in files)
    assert (report["files"], report["claims"], report["good"]) == (len(files), claims, claims)
    assert (report["unmatched"], report["faults"]) == (0, {})
    assert claims > PEOPLE * MONTHS * 0.8


def test_rates_and_times_are_reported(loaded: tuple[Path, dict[str, Any]]) -> None:
    _, report = loaded
    assert report["people"] == PEOPLE
    assert report["claims_per_s"] > 0
    assert set(report["seconds"]) == {
        "start", "residents", "population", "admission", "members", "files", "claims",
    }  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")
def test_memory_and_cpu_time_are_those_of_the_whole_fund(loaded: tuple[Path, dict[str, Any]]) -> None:
    _, report = loaded
    assert report["claims_per_core_s"] > 0
    assert 0 < report["peak_mib"] < 500
    # The loader, and of the fund two API workers, job runner, scheduler and their supervisor.
    assert len(report["peaks_mib"]) >= 6


@pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")
def test_no_process_of_the_stack_is_left_running(loaded: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = loaded
    running = (
        path.read_text(errors="replace") for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()
    )
    assert not any(str(folder / "stack") in words for words in running)
