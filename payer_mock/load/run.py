"""The load of members: a first load of a whole country, a month later another."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from payer_mock.clock import month_before, this_month
from payer_mock.country.month import play_month
from payer_mock.load.nation import Nation
from payer_mock.load.report import LoadReport
from payer_mock.load.surroundings import surroundings


def run_load(people: int, seed: int, folder: Path) -> LoadReport:
    """Load a country of so many people. Everything that it makes lies in `folder`.

    Raises LoadError, ShikakuError, OSError.
    """
    report = LoadReport(people)
    with ExitStack() as stack:
        with report.timed("start"):
            there = stack.enter_context(surroundings(folder))
        _load(report, Nation(report, there, folder), seed)
    return report


def _load(report: LoadReport, nation: Nation, seed: int) -> None:
    # The month before this one, so that the month which is played lies in the past altogether.
    made = nation.settle(seed, month_before(this_month()))
    report.first = nation.enrol("first_load", made.month)
    nation.look_at_memory()
    with report.timed("month"):
        played = play_month(nation.country_folder)
    report.monthly = nation.enrol("monthly", played.country.month)
    nation.look_at_memory()
