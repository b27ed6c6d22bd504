"""The whole load: residents into J-LIS, a country of them, its insurers admitted, a first load, a month later another."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

from payer_mock.clock import this_month
from payer_mock.country.files import UNREPORTED, member_file
from payer_mock.country.make import make_country
from payer_mock.country.month import play_month
from payer_mock.load.memory import fund_peaks, own_peak
from payer_mock.load.report import LoadReport, Wave
from payer_mock.load.surroundings import Surroundings, surroundings
from payer_mock.load.wave import Keys, run_wave


def run_load(people: int, seed: int, folder: Path) -> LoadReport:
    """Load a country of so many people. Everything that it makes lies in `folder`.

    Raises LoadError, ShikakuError, OSError.
    """
    report = LoadReport(people)
    with ExitStack() as stack:
        with report.timed("start"):
            there = stack.enter_context(surroundings(folder))
        _load(report, there, people, seed, folder)
    return report


def _load(report: LoadReport, there: Surroundings, people: int, seed: int, folder: Path) -> None:
    residents, country = folder / "residents.jsonl", folder / "country"
    keys = Keys(there.fund_url, folder / "programs", folder / "approvers")
    with report.timed("residents"):
        numbers = ("--people", str(people), "--seed", str(seed))
        there.run("jpki-mock", "residents", *numbers, "--out", residents)
    with report.timed("country"):
        made = make_country(residents, country, seed=seed, month=_month_before_last())
    with report.timed("admission"):
        places = ("--out-dir", keys.programs, "--approvers-out-dir", keys.approvers)
        there.run("eligibility-api", "insurer", "add", "--from", country / "insurers.csv", *places)
    report.first = _wave(report, "first_load", country / made.month, keys)
    _look_at_memory(report, there)
    with report.timed("month"):
        played = play_month(country)
    report.monthly = _wave(report, "monthly", country / played.country.month, keys)
    _look_at_memory(report, there)


def _wave(report: LoadReport, part: str, files: Path, keys: Keys) -> Wave:
    unreported = member_file(files, UNREPORTED)
    paths = [path for path in files.iterdir() if path != unreported]
    report.insurers = len(paths)
    with report.timed(part):
        return run_wave(paths, keys)


def _look_at_memory(report: LoadReport, there: Surroundings) -> None:
    report.peaks["loader"] = own_peak()
    if there.house is not None:
        report.peaks |= {f"fund {pid}": peak for pid, peak in fund_peaks(there.house).items()}


def _month_before_last() -> str:
    """So that the month which is played lies in the past altogether."""
    month = date.fromisoformat(f"{this_month()}-01")
    return f"{month - timedelta(days=1):%Y-%m}"
