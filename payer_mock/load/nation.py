"""What every load begins with: residents into J-LIS, a country of them, its insurers admitted, their members enrolled."""

from __future__ import annotations

from pathlib import Path

from payer_mock.country.files import UNREPORTED, Country, member_file
from payer_mock.country.make import make_country
from payer_mock.load.keys import Keys
from payer_mock.load.processes import fund_peaks, own_peak
from payer_mock.load.report import Measured, Wave
from payer_mock.load.surroundings import Surroundings
from payer_mock.load.wave import run_wave


class Nation:
    """A country in a folder, on its way into a fund."""

    def __init__(self, report: Measured, there: Surroundings, folder: Path) -> None:
        self.country_folder = folder / "country"
        self.keys = Keys(there.fund_url, folder / "programs", folder / "approvers")
        self._residents = folder / "residents.jsonl"
        self._report = report
        self._there = there

    def settle(self, seed: int, month: str) -> Country:
        """Make the residents and their country as of a month (YYYY-MM), and admit the insurers. Raises LoadError."""
        with self._report.timed("residents"):
            numbers = ("--people", str(self._report.people), "--seed", str(seed))
            self._there.run("jpki-mock", "residents", *numbers, "--out", self._residents)
        with self._report.timed("country"):
            country = make_country(self._residents, self.country_folder, seed=seed, month=month)
        with self._report.timed("admission"):
            insurers = self.country_folder / "insurers.csv"
            places = ("--out-dir", self.keys.programs, "--approvers-out-dir", self.keys.approvers)
            self._there.run("eligibility-api", "insurer", "add", "--from", insurers, *places)
        return country

    def enrol(self, part: str, month: str) -> Wave:
        """Send and publish the member files of a month. Raises LoadError, ShikakuError."""
        folder = self.country_folder / month
        unreported = member_file(folder, UNREPORTED)
        files = [path for path in folder.iterdir() if path != unreported]
        self._report.insurers = len(files)
        with self._report.timed(part):
            return run_wave(files, self.keys)

    def look_at_memory(self) -> None:
        """Keep how much memory everybody has had so far."""
        peaks = self._report.peaks
        peaks["loader"] = own_peak()
        if self._there.house is not None:
            peaks |= {f"fund {pid}": peak for pid, peak in fund_peaks(self._there.house).items()}
