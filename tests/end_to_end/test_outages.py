"""`loadtest outage` against the running stack: the component breaks, the counter shows it, and no answer is wrong.

Speed during an outage is not tested, so that the exit code may be 1.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loadtest.outages.catalogue import OUTAGES
from tests.builders.load_laboratory import NATION, run_loadtest
from tests.builders.stack import PopulatedStack
from tests.depth import DEEP

SIZE = ("--people", str(NATION), "--cards", "8", "--terminals", "4")

NO_LOAD = {
    "wrong-numbers",
    "blank-burden",
    "reader-update",
    "cloud-vendor-down",
    "certificates-swapped",
    "ocsp-overloaded",
}
"""The outages that no terminal but those concerned may notice."""


def replay(stack: PopulatedStack, folder: Path, *arguments: str) -> list[dict[str, Any]]:
    """The reports of some outages."""
    arguments = ("outage", *arguments, *SIZE, "--out", str(folder))
    _, printed = run_loadtest(stack.environment, *arguments, exit_codes=(0, 1))
    outages: list[dict[str, Any]] = printed["outages"]
    return outages


def test_swapped_certificates_are_refused_and_nobody_else_notices(
    stack: PopulatedStack, tmp_path: Path
) -> None:
    [report] = replay(stack, tmp_path, "certificates-swapped", "--minutes", "0.05", "--scale", "0.05")
    fault = report["fault"]
    assert (report["name"], report["wrong_answers"], report["errors"]) == ("certificates-swapped", 0, {})
    assert fault["answered_as_expected"] == fault["cases_sent"] >= 8
    assert fault["answers_compared"] >= 2
    assert "take hold" not in fault["verdict"]
    assert (tmp_path / "certificates-swapped" / "report.html").exists()


@pytest.mark.skipif(not DEEP, reason="five minutes; one outage is replayed above; `make deep`")
def test_every_outage_takes_hold_and_no_answer_is_wrong(stack: PopulatedStack, tmp_path: Path) -> None:
    reports = replay(stack, tmp_path, "--minutes", "0.4", "--scale", "0.02")
    assert [report["name"] for report in reports] == list(OUTAGES)
    assert [
        (report["name"], report["fault"]["verdict"])
        for report in reports
        if "take hold" in report["fault"]["verdict"]
    ] == []
    assert {report["name"]: report["wrong_answers"] for report in reports} == dict.fromkeys(OUTAGES, 0)
    assert {report["name"]: report["errors"] for report in reports if report["name"] in NO_LOAD} == {
        name: {} for name in NO_LOAD
    }
