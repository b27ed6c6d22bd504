"""`loadtest run --fault`: what the fund refuses and keeps while something goes wrong. How fast it is meanwhile is not asked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.builders.stack import PopulatedStack

SECONDS = 21.0


def run(fault: str, environment: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """What a run at a tenth of the level L0 printed. Whether it was quick enough decides its exit code too."""
    words = [
        "run", "--level", "L0", "--minutes", str(SECONDS / 60), "--scale", "0.1", "--people", "300",
        "--cards", "60", "--terminals", "8", "--fault", fault, "--json", "--out", str(folder),
    ]  # fmt: skip
    program = "from loadtest.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode in (0, 1), done.stderr + done.stdout
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    assert (told["wrong_answers"], told["fault"]["name"]) == (0, fault)
    return told


def test_a_killed_database_comes_back_and_every_answer_has_its_record(
    stack: PopulatedStack, tmp_path: Path
) -> None:
    # Without the house's wiring the run starts one of its own, which may be broken.
    own = {name: value for name, value in stack.environment.items() if name not in stack.wiring}
    told = run("database-restart", own, tmp_path)
    fault = told["fault"]
    assert told["errors"].keys() <= {"database-unavailable", "overloaded"}
    assert fault["another_postmaster_after_s"] is not None
    assert fault["answers_held_against_their_records"] > 100
    assert "record" not in fault["verdict"]
    assert fault["after"]["answered_share"] == 1.0


def test_an_old_client_is_told_what_is_wrong_and_disturbs_nobody(
    stack: PopulatedStack, tmp_path: Path
) -> None:
    told = run("old-client", stack.environment, tmp_path)
    fault = told["fault"]
    assert told["errors"] == {}
    assert fault["answered_as_expected"] == fault["requests_of_the_old_client"] > 13
