"""`loadtest run --fault`: which errors a fault causes, and what survives it.

Speed during the fault is not tested.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.builders.load_laboratory import run_loadtest
from tests.builders.stack import PopulatedStack

SECONDS = 21.0


def run(fault: str, environment: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Run a tenth of the level L0 with a fault. The exit code may be 1, since it depends on speed, too."""
    arguments = [
        "run", "--level", "L0", "--minutes", str(SECONDS / 60), "--scale", "0.1", "--people", "300",
        "--cards", "60", "--terminals", "8", "--fault", fault, "--out", str(folder),
    ]  # fmt: skip
    _, report = run_loadtest(environment, *arguments, exit_codes=(0, 1))
    assert (report["wrong_answers"], report["fault"]["name"]) == (0, fault)
    return report


def test_a_killed_database_restarts_and_every_answer_has_its_record(
    stack: PopulatedStack, tmp_path: Path
) -> None:
    # Without the stack's variables the run starts its own stack, which may be broken.
    own = {name: value for name, value in stack.environment.items() if name not in stack.wiring}
    report = run("database-restart", own, tmp_path)
    fault = report["fault"]
    assert report["errors"].keys() <= {"database-unavailable", "overloaded"}
    assert fault["database_restarted_after_s"] is not None
    assert fault["answers_compared_with_records"] > 100
    assert "record" not in fault["verdict"]
    assert fault["after"]["answered_share"] == 1.0


def test_a_stale_client_is_refused_with_a_reason_and_affects_no_other(
    stack: PopulatedStack, tmp_path: Path
) -> None:
    report = run("stale-client", stack.environment, tmp_path)
    fault = report["fault"]
    assert report["errors"] == {}
    assert fault["answered_as_expected"] == fault["stale_client_requests"] > 13
