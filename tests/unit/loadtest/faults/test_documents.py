"""Every fault has its line in the laboratory's document, and every measured one exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

from loadtest.faults.catalogue import FAULTS
from loadtest.faults.cluster_faults import CLUSTER_FAULTS
from loadtest.outages.catalogue import OUTAGES

DOCS = Path(__file__).parents[4] / "docs"


def named_in_table(page: str) -> list[str]:
    """The names in the first column of the table under the heading Faults."""
    section = (DOCS / page).read_text(encoding="utf-8").split("\n## Faults\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([a-z][a-z-]+)` \|", section, re.MULTILINE)


def test_the_laboratorys_table_has_every_fault_in_the_catalogues_order() -> None:
    assert named_in_table("load-laboratory.md") == list(FAULTS)


def test_the_table_of_a_cluster_s_faults_has_each_with_its_limit() -> None:
    section = (
        (DOCS / "load-laboratory.md").read_text(encoding="utf-8").split("\n## A cluster of three nodes\n")[1]
    )
    rows = re.findall(
        r"^\| `([a-z-]+)` \|.*\| (?:(\d+) s|no tap fails.*) \|$", section.split("\n## ")[0], re.MULTILINE
    )
    limits = [(name, cast(Any, fault.injector).limit_s) for name, fault in CLUSTER_FAULTS.items()]
    assert [(name, float(seconds or 0)) for name, seconds in rows] == limits


def test_every_outage_was_measured() -> None:
    assert named_in_table("benchmarks.md") == list(OUTAGES)
