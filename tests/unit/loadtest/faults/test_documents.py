"""Every fault has its line in the laboratory's document, and every measured one exists."""

from __future__ import annotations

import re
from pathlib import Path

from loadtest.faults.catalogue import FAULTS

DOCS = Path(__file__).parents[4] / "docs"


def named_in_table(page: str) -> list[str]:
    """The names in the first column of the table under the heading Faults."""
    section = (DOCS / page).read_text(encoding="utf-8").split("\n## Faults\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([a-z][a-z-]+)` \|", section, re.MULTILINE)


def test_the_laboratorys_table_has_every_fault_in_the_catalogues_order() -> None:
    assert named_in_table("load-laboratory.md") == list(FAULTS)


def test_measured_runs_are_of_faults_that_exist() -> None:
    measured = named_in_table("benchmarks.md")
    assert measured
    assert set(measured) <= FAULTS.keys()
