"""`payer-mock load` into the running stack: a small population's member files of two months, and the report.

`test_claims.py` has what concerns a stack of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loadtest.dataset.nation import SEED
from tests.builders.load_laboratory import NATION, run_population_load
from tests.builders.stack import PopulatedStack


@pytest.fixture(scope="module")
def loaded(stack: PopulatedStack, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder of a load of the nation that the stack's other loads have too, and the JSON that it printed."""
    folder = tmp_path_factory.mktemp("load")
    people = ("--people", str(NATION), "--seed", SEED)
    return folder, run_population_load(stack.environment, "load", *people, "--folder", str(folder))


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
    assert report["first_load"]["rows"] > NATION


def test_rates_and_times_are_reported(loaded: tuple[Path, dict[str, Any]]) -> None:
    _, report = loaded
    assert report["people"] == NATION
    for name in ("upload_check_per_s", "first_load_per_s", "monthly_per_s"):
        assert report[name] > 0
    assert report["upload_check_per_s"] >= report["first_load_per_s"]
    assert set(report["seconds"]) == {
        "start", "residents", "population", "admission", "first_load", "month", "monthly",
    }  # fmt: skip
