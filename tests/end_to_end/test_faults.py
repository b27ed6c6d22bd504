"""`loadtest run --fault`: which errors a fault causes, and what survives it.

Speed during the fault is not tested. A run beside a stale client is in `test_load_run.py`.
"""

from __future__ import annotations

from pathlib import Path

from tests.builders.load_laboratory import NATION, run_loadtest
from tests.builders.stack import PopulatedStack

SECONDS = 8.0


def test_a_killed_database_restarts_and_every_answer_has_its_record(
    killed_stack: PopulatedStack, tmp_path: Path
) -> None:
    """Of a tenth of the level L0. The exit code may be 1, since it depends on speed, too."""
    arguments = [
        "run", "--level", "L0", "--minutes", str(SECONDS / 60), "--scale", "0.1", "--people", str(NATION),
        "--cards", "60", "--terminals", "8", "--fault", "database-restart", "--out", str(tmp_path),
    ]  # fmt: skip
    _, report = run_loadtest(killed_stack.environment, *arguments, exit_codes=(0, 1))
    fault = report["fault"]
    assert (report["wrong_answers"], fault["name"]) == (0, "database-restart")
    assert report["errors"].keys() <= {"database-unavailable", "overloaded"}
    assert fault["database_restarted_after_s"] is not None
    assert fault["answers_compared_with_records"] > 100
    assert "record" not in fault["verdict"]
    assert fault["after"]["answered_share"] == 1.0
