"""`loadtest run` on a real cluster of three nodes: what was answered survives each fault, and the log does not fork.

Of a small load, so that every answer is compared with its record. The speed of checks is not tested, so that the exit code
may be 1; how soon taps are right again is.
"""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from loadtest.faults.cluster_faults import CLUSTER_FAULTS
from tests.builders.load_laboratory import run_loadtest
from tests.depth import DEEP

pytestmark = [
    pytest.mark.skipif(not DEEP, reason="three database servers of its own, two minutes for each fault"),
    pytest.mark.skipif(shutil.which("etcd") is None, reason="etcd is not installed"),
    pytest.mark.skipif(find_spec("patroni") is None, reason="Patroni is not installed"),
]

SIZE = ("--people", "300", "--cards", "20", "--terminals", "8", "--scale", "0.03", "--workers", "1")
SECONDS_UNTIL_RIGHT = {
    "primary-lost": 5,
    "primary-hangs": 25,
    "switchover": 5,
    "replica-lost": 10,
    "etcd-lost": 0,
}
_OURS = ("DATABASE_URL", "FUND_", "TERMINAL_", "PAYER_", "JPKI_")


def environment(folder: Path) -> dict[str, str]:
    """Of no running stack: the command starts its own, with all files in a folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return kept | {"TMPDIR": str(folder)}


def processes_of(folder: Path) -> list[psutil.Process]:
    """The processes whose command line names a folder."""
    return [one for one in psutil.process_iter() if str(folder) in " ".join(_command_line(one))]


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


@pytest.mark.parametrize("name", CLUSTER_FAULTS)
def test_what_was_answered_survives_and_taps_are_right_again(name: str, tmp_path: Path) -> None:
    minutes = max(45.0, CLUSTER_FAULTS[name].min_seconds) / 60
    chosen = ("--minutes", str(minutes), "--fault", name, "--out", str(tmp_path / "report"))
    _, report = run_loadtest(environment(tmp_path), "run", "--level", "L0", *chosen, *SIZE, exit_codes=(0, 1))
    fault = report["fault"]
    for violation in ("take hold", "recomputed", "does not verify", "right again", "not whole"):
        assert violation not in fault["verdict"]
    assert report["wrong_answers"] == 0
    assert report["errors"].keys() <= {"database-unavailable", "overloaded"}
    assert fault["taps"] > 100
    assert fault["answers_compared_with_records"] > fault["taps"] - fault["taps_refused"]
    assert fault["checkpoints_compared_with_log"] > 3
    assert fault["taps_right_again_after_s"] <= SECONDS_UNTIL_RIGHT[name]
    assert processes_of(tmp_path) == []


def test_a_restarted_database_is_another_primary_of_the_cluster(tmp_path: Path) -> None:
    chosen = (
        "--minutes",
        "0.5",
        "--cluster",
        "--fault",
        "database-restart",
        "--out",
        str(tmp_path / "report"),
    )
    _, report = run_loadtest(environment(tmp_path), "run", "--level", "L0", *chosen, *SIZE, exit_codes=(0, 1))
    fault = report["fault"]
    assert fault["database_restarted_after_s"] < 30
    assert "recomputed" not in fault["verdict"]
    assert report["wrong_answers"] == 0
